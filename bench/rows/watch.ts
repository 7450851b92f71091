import { type IncomingMessage, request } from 'node:http'
import { makeDatabase } from '../harness/database.ts'
import { startEndpoint } from '../harness/endpoint.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { ask, startUp } from '../harness/program.ts'
import { percentile, report, round } from '../harness/sample.ts'

// A thousand watchers of all runs and fifty changes a second: from the PATCH until a watcher has the event.
// Then the same with one watcher that does not read.
const WATCHERS = Number(process.argv[2] ?? 1_000)
const SECONDS = Number(process.argv[3] ?? 10)
const PER_SECOND = 50
const WARM_UP_SECONDS = 1
const RUNS = 1_000
const SETTLE_MS = 1_000
const MARK = /"sent":"([0-9.]+)"/g

const folder = temporaryFolder()
const endpoint = await startEndpoint()
await makeDatabase(folder, RUNS, endpoint.url)
const controller = await startUp({ folder, endpoint: endpoint.url })
const { socket } = controller
const runs = '/apis/capstan.dev/v1/namespaces/default/runs'
const { text } = await ask({ socket, path: `${runs}?limit=1` })
const from = (JSON.parse(text) as { metadata: { resourceVersion: string } }).metadata
let waits: number[] = []
for (let n = 0; n < WATCHERS; n += 1) listen(await watch())
// The first write of all compiles the schema of Runs: a fifth of a second, once in the life of a process.
await changeAndWait(WARM_UP_SECONDS)
controller.forgetStalls()
const cpuBefore = controller.cpuMs()
const calm = await changeAndWait(SECONDS)
const cpuMs = controller.cpuMs() - cpuBefore
const stalled = await watch()
stalled.pause()
const disturbed = await changeAndWait(SECONDS)
const stallMs = round(await controller.stop())
report({
  name: 'watch-p99',
  value: round(percentile(calm, 0.99), 1),
  unit: 'ms',
  target: 100,
  better: 'lower',
  cpuMs: round(cpuMs / calm.length, 4),
  stallMs,
  beside: {
    p50Ms: round(percentile(calm, 0.5), 1),
    received: calm.length,
    sent: WATCHERS * PER_SECOND * SECONDS,
    p99WithOneStalledMs: round(percentile(disturbed, 0.99), 1),
  },
})
endpoint.close()
process.exit(0)

function watch(): Promise<IncomingMessage> {
  const path = `${runs}?watch=1&resourceVersion=${from.resourceVersion}`
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: socket, path })
    call.once('error', reject)
    call.once('response', resolve)
    call.end()
  })
}

/** Marks are short and events are written whole, so one that is cut in two is rare, and is not counted. */
function listen(stream: IncomingMessage): void {
  stream.setEncoding('latin1').on('data', (chunk: string) => {
    const nowMs = performance.now()
    for (const [, sent] of chunk.matchAll(MARK)) waits.push(nowMs - Number(sent))
  })
  stream.on('error', () => {})
}

async function changeAndWait(seconds: number): Promise<readonly number[]> {
  waits = []
  for (let n = 0; n < PER_SECOND * seconds; n += 1) {
    const sent = performance.now().toFixed(2)
    const body = { metadata: { annotations: { sent } } }
    void ask({ socket, path: `${runs}/run-${n % RUNS}`, method: 'PATCH', body })
    await pause(1_000 / PER_SECOND)
  }
  await pause(SETTLE_MS)
  return waits
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
