import { startMeter } from '../harness/meter.ts'
import { createPacedWorld } from '../harness/paced-world.ts'
import { report, round } from '../harness/sample.ts'

// Calls to ECS for a run of ten minutes in a fleet of a thousand, launched as fast as AWS allows: all of
// them, from the first look until every run is over.
const RUNS = Number(process.argv[2] ?? 1_000)
const TASK_MS = 600_000
const STEP_MS = 10_000
/** What a loop makes that launches one run and looks every six seconds, as other tools do. */
const POLLING_CALLS = 1 + TASK_MS / 6_000

const limits = {
  fargateLaunch: { burst: 18, perSecond: 18 },
  clusterModify: { burst: 90, perSecond: 36 },
  clusterRead: { burst: 90, perSecond: 18 },
} as const
const { world } = createPacedWorld({ limits, config: { throttle: 'aws' }, runMs: TASK_MS })
for (let run = 0; run < RUNS; run += 1) {
  world.addRun(`run-${run}`, { template: { image: 'busybox', family: 'bench' } })
}
const meter = startMeter()
await world.boot()
while (world.store.objects.unfinishedRunKeys().length > 0) await world.clock.advance(STEP_MS)
const { cpuMs } = meter.stop()
const calls = ecsCalls() / RUNS
report({
  name: 'calls-per-run',
  value: round(calls, 3),
  unit: 'calls',
  target: 1.3,
  better: 'lower',
  cpuMs: round(cpuMs / RUNS, 3),
  calls: round(calls, 3),
  beside: { onePerTaskAndPoll: POLLING_CALLS },
})
report({
  name: 'launch-calls-per-run',
  value: round(world.calls('RunTask') / RUNS, 3),
  unit: 'RunTask calls',
  target: 1,
  better: 'lower',
  calls: round(world.calls('RunTask') / RUNS, 3),
})
world.close()

/** EC2 is asked every five minutes in the program, whatever the fleet; this world keeps no answers. */
function ecsCalls(): number {
  const ec2 = world.calls('DescribeVpcs') + world.calls('DescribeSubnets')
  return world.totalCalls() - ec2
}
