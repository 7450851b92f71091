import { Agent, request } from 'node:http'
import { makeDatabase } from '../harness/database.ts'
import { startEndpoint } from '../harness/endpoint.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startUp } from '../harness/program.ts'
import { percentile, report, round } from '../harness/sample.ts'

// GET of one object, a thousand times a second whether the answers come or not, and pages of 500.
const RUNS = Number(process.argv[2] ?? 100_000)
const SECONDS = Number(process.argv[3] ?? 10)
const PER_SECOND = 1_000
const PAGES = 50
const TICK_MS = 5

const folder = temporaryFolder()
const endpoint = await startEndpoint()
await makeDatabase(folder, RUNS, endpoint.url)
const controller = await startUp({ folder, endpoint: endpoint.url })
const agent = new Agent({ keepAlive: true, maxSockets: 256 })
const path = '/apis/capstan.dev/v1/namespaces/default/runs'
for (let n = 0; n < 500; n += 1) await get(`${path}/run-${n}`)
controller.forgetStalls()
const cpuBefore = controller.cpuMs()
const waits = await openLoop(PER_SECOND * SECONDS)
const cpuMs = (controller.cpuMs() - cpuBefore) / waits.length
const pages: number[] = []
for (let page = 0; page < PAGES; page += 1) pages.push(await get(`${path}?limit=500`))
const stallMs = round(await controller.stop())
report({
  name: 'api-get-p99',
  value: round(percentile(waits, 0.99)),
  unit: 'ms',
  target: 10,
  better: 'lower',
  cpuMs: round(cpuMs, 3),
  stallMs,
  beside: { p50Ms: round(percentile(waits, 0.5)) },
})
report({
  name: 'api-page-500-p99',
  value: round(percentile(pages, 0.99)),
  unit: 'ms',
  target: 40,
  better: 'lower',
  beside: { p50Ms: round(percentile(pages, 0.5)) },
})
endpoint.close()
process.exit(0)

/** Requests leave when they are due; a late answer holds none of them up. */
async function openLoop(count: number): Promise<readonly number[]> {
  const startedMs = performance.now()
  const answers: Promise<number>[] = []
  while (answers.length < count) {
    const due = Math.min(count, ((performance.now() - startedMs) / 1_000) * PER_SECOND)
    while (answers.length < due) {
      answers.push(get(`${path}/run-${(answers.length * 7919) % RUNS}`))
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
  return Promise.all(answers)
}

function get(target: string): Promise<number> {
  const startedMs = performance.now()
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: controller.socket, path: target, agent })
    call.once('error', reject)
    call.once('response', (response) => {
      response.resume().once('end', () => {
        if (response.statusCode === 200) resolve(performance.now() - startedMs)
        else reject(new Error(`${target}: ${response.statusCode}`))
      })
    })
    call.end()
  })
}
