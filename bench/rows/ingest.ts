import { startEndpoint } from '../harness/endpoint.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { writeParkedRuns } from '../harness/manifests.ts'
import { ask, type Controller, startUp } from '../harness/program.ts'
import { report, round } from '../harness/sample.ts'

// A folder of many manifests, a file each: until all of them are objects, and again when nothing has changed.
// Beside it until each run was looked at as well, which goes on when the folder is read.
const FILES = Number(process.argv[2] ?? 100_000)
const LOOK_MS = 100
const QUEUE = /^capstan_queue_keys\{kind="Run",state="(?:ready|processing)"\} (\d+)$/gm

const folder = temporaryFolder()
const root = writeParkedRuns(folder, FILES)
const endpoint = await startEndpoint()
const cold = await startUp({ folder, directories: [root], endpoint: endpoint.url })
const coldCpuMs = cold.cpuMs()
const coldBeside = await untilLookedAt(cold)
const { peak } = cold.memory()
const stallMs = round(await cold.stop())
const warm = await startUp({ folder, directories: [root], endpoint: endpoint.url })
const warmCpuMs = warm.cpuMs()
const warmBeside = await untilLookedAt(warm)
report({
  name: `ingest-${FILES}-cold`,
  value: round(cold.readyMs / 1_000, 1),
  unit: 's',
  target: 40,
  better: 'lower',
  cpuMs: coldCpuMs,
  stallMs,
  beside: coldBeside,
})
report({
  name: `ingest-${FILES}-peak-memory`,
  value: peak,
  unit: 'MB RSS',
  target: 300,
  better: 'lower',
})
report({
  name: `ingest-${FILES}-unchanged`,
  value: round(warm.readyMs / 1_000, 1),
  unit: 's',
  target: 4,
  better: 'lower',
  cpuMs: warmCpuMs,
  beside: warmBeside,
})
await warm.stop()
endpoint.close()
process.exit(0)

/** No run waits for its look any more: seconds since the start, and CPU time. */
async function untilLookedAt(controller: Controller): Promise<Record<string, number>> {
  const startedMs = performance.now() - controller.readyMs
  for (;;) {
    const { text } = await ask({ socket: controller.socket, path: '/metrics' })
    const found = text.matchAll(QUEUE)
    const waiting = Array.from(found, ([, count]) => Number(count))
    if (waiting.every((count) => count === 0)) {
      const lookedS = round((performance.now() - startedMs) / 1_000, 1)
      return { lookedS, lookedCpuMs: controller.cpuMs() }
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
  }
}
