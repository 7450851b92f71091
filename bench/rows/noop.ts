import { openAccounts, openBenchStore, startControllers } from '../harness/controller.ts'
import { fillFinishedRuns } from '../harness/fill.ts'
import { startMeter } from '../harness/meter.ts'
import { report, round } from '../harness/sample.ts'

// A full pass over runs that are over, which is what happens at each start and when the clock is set: the
// database knows which of them need nothing. Beside it what one look costs when each is looked at all the
// same, as if nobody knew; nothing is called, and but for the mark nothing is written.
const RUNS = Number(process.argv[2] ?? 100_000)
const LOOK_MS = 5

const store = openBenchStore()
fillFinishedRuns(store, RUNS)
// Nothing listens there: a call would be an error.
const assembly = await startControllers(store, openAccounts('http://127.0.0.1:9'))
const looking = startMeter()
await pass()
const look = looking.stop()
const version = store.resourceVersion()
const meter = startMeter()
assembly.wakeAll()
await pass()
const { wallMs, cpuMs, stallMs } = meter.stop()
report({
  name: 'noop-reconcile',
  value: round((cpuMs / RUNS) * 1_000, 2),
  unit: 'µs CPU/run',
  target: 5,
  better: 'lower',
  cpuMs: round(cpuMs / RUNS, 4),
  calls: 0,
  stallMs,
  beside: {
    passMs: round(wallMs, 0),
    writes: store.resourceVersion() - version,
    cpuUsPerLook: round((look.cpuMs / RUNS) * 1_000, 1),
  },
})
process.exit(0)

/** Until nothing is left to look at. */
async function pass(): Promise<void> {
  for (;;) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    const { ready, processing } = assembly.stats().Run
    if (ready + processing === 0) return
  }
}
