import { makeDatabase } from '../harness/database.ts'
import { startEndpoint, totalOf } from '../harness/endpoint.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { writeParkedRuns } from '../harness/manifests.ts'
import { startUp } from '../harness/program.ts'
import { report, round } from '../harness/sample.ts'

// What a controller costs that has nothing to do: memory with many finished runs, and CPU with a folder of
// many files beside them.
const RUNS = Number(process.argv[2] ?? 100_000)
const SECONDS = Number(process.argv[3] ?? 60)
const FILES = RUNS / 10
/** Until start-up is over: the first look at every run, and what it leaves behind. */
const SETTLE_MS = 30_000

const folder = temporaryFolder()
const endpoint = await startEndpoint()
await makeDatabase(folder, RUNS, endpoint.url)
const root = writeParkedRuns(folder, FILES)
const controller = await startUp({
  folder,
  directories: [root],
  endpoint: endpoint.url,
  unprobed: true,
})
await pause(SETTLE_MS)
const cpuBefore = controller.cpuMs()
const callsBefore = totalOf(await endpoint.counters())
await pause(SECONDS * 1_000)
const cpuMs = controller.cpuMs() - cpuBefore
const calls = totalOf(await endpoint.counters()) - callsBefore
const { now, peak } = controller.memory()
await controller.stop()
report({
  name: 'idle-memory',
  value: now,
  unit: 'MB RSS',
  target: 300,
  better: 'lower',
  beside: { peakMb: peak },
})
report({
  name: 'idle-cpu',
  value: round(cpuMs / 10 / SECONDS, 2),
  unit: '% of a core',
  target: 0.3,
  better: 'lower',
  cpuMs: round(cpuMs / SECONDS),
  calls,
})
endpoint.close()
process.exit(0)

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
