import { openAccounts, openBenchStore, startControllers } from '../harness/controller.ts'
import { startEndpoint, totalOf } from '../harness/endpoint.ts'
import { fillNewRuns } from '../harness/fill.ts'
import { startMeter } from '../harness/meter.ts'
import { rawCallsPerSecond } from '../harness/raw-calls.ts'
import { report, round } from '../harness/sample.ts'

// Launches a second without a limit on the calls: controllers over a database on disk against an endpoint
// in another process, from the first look at a new Run until ECS has its RunTask.
const RUNS = Number(process.argv[2] ?? 4_000)
/** The first launches register the definition and warm the code up. */
const WARM_UP = RUNS / 4
const LOOK_MS = 10

const endpoint = await startEndpoint()
const raw = await rawCallsPerSecond(openAccounts(endpoint.url), { calls: 1_000, atOnce: 64 })
const single = await rawCallsPerSecond(openAccounts(endpoint.url), { calls: 200, atOnce: 1 })
const before = await endpoint.counters()
const store = openBenchStore()
fillNewRuns(store, RUNS)
await startControllers(store, openAccounts(endpoint.url))
const launched = async (): Promise<number> =>
  ((await endpoint.counters())['RunTask'] ?? 0) - (before['RunTask'] ?? 0)
await reach(WARM_UP)
const meter = startMeter()
const begin = await launched()
await reach(RUNS)
const { wallMs, cpuMs, stallMs } = meter.stop()
const calls = totalOf(await endpoint.counters()) - totalOf(before)
const rate = ((RUNS - begin) / wallMs) * 1_000
report({
  name: 'launches',
  value: round(rate, 0),
  unit: 'launches/s',
  target: 1_000,
  better: 'higher',
  cpuMs: round((cpuMs / (RUNS - begin)) * 1_000, 0) / 1_000,
  calls: round(calls / RUNS, 3),
  stallMs,
  beside: {
    rawCallsPerSecond: round(raw.perSecond, 0),
    rawCpuMsPerCall: round(raw.cpuMs, 3),
    oneAtATimePerSecond: round(single.perSecond, 0),
    shareOfRaw: round(rate / raw.perSecond, 3),
  },
})
endpoint.close()
process.exit(0)

async function reach(count: number): Promise<void> {
  while ((await launched()) < count) await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
}
