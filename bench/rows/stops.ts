import { openAccounts, openBenchStore, startControllers } from '../harness/controller.ts'
import { startEndpoint } from '../harness/endpoint.ts'
import { fillNewRuns } from '../harness/fill.ts'
import { startMeter } from '../harness/meter.ts'
import { percentile, report, round } from '../harness/sample.ts'

// How long a cancelled run's StopTask takes to arrive while thousands of launches wait for the same bucket.
const WAITING = Number(process.argv[2] ?? 10_000)
const STOPS = 50
const PAUSE_MS = 150
/** The rates of AWS's larger regions, at 90 % as by default. */
const LIMITS = {
  clusterModify: { burst: 90, perSecond: 36 },
  fargateLaunch: { burst: 18, perSecond: 18 },
  clusterRead: { burst: 90, perSecond: 18 },
} as const

const endpoint = await startEndpoint()
const store = openBenchStore()
fillNewRuns(store, WAITING)
await startControllers(store, openAccounts(endpoint.url, LIMITS))
while (launchedRuns().length < STOPS) await pause(PAUSE_MS)
const cancelled = new Map<string, number>()
const meter = startMeter()
for (let stop = 0; stop < STOPS; stop += 1) {
  const next = launchedRuns().find(({ arn }) => !cancelled.has(arn))
  if (!next) throw new Error('no run is left that could be cancelled')
  cancelled.set(next.arn, performance.timeOrigin + performance.now())
  cancel(next.name)
  await pause(PAUSE_MS)
}
await pause(2_000)
const { cpuMs, stallMs } = meter.stop()
const waits = (await endpoint.arrivals()).flatMap(([operation, arn, atMs]) => {
  const askedMs = cancelled.get(arn)
  return operation === 'StopTask' && askedMs !== undefined ? [atMs - askedMs] : []
})
report({
  name: 'stop-behind-launches-p99',
  value: waits.length < STOPS ? Number.POSITIVE_INFINITY : round(percentile(waits, 0.99), 1),
  unit: 'ms',
  target: 1_000,
  better: 'lower',
  cpuMs: round(cpuMs / STOPS),
  stallMs,
  beside: { stops: waits.length, p50Ms: round(percentile(waits, 0.5), 1) },
})
endpoint.close()
process.exit(0)

function launchedRuns(): readonly { readonly name: string; readonly arn: string }[] {
  return store.attempts
    .live()
    .flatMap(({ runName, taskArn }) =>
      taskArn === undefined ? [] : [{ name: runName, arn: taskArn }],
    )
}

function cancel(name: string): void {
  const run = store.objects.get({ kind: 'Run', namespace: 'default', name })
  if (!run) throw new Error(`${name} is gone`)
  store.transaction(() => store.objects.update({ ...run, spec: { ...run.spec, cancel: true } }))
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms))
}
