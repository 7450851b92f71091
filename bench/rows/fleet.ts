import { AWS_PACE } from '../../src/controllers/run/observer-schedule.ts'
import { settleMicrotasks } from '../../test/world/fake-clock.ts'
import { World } from '../../test/world/world.ts'
import { aliveMb } from '../harness/heap.ts'
import { report, round } from '../harness/sample.ts'

// Two thousand deployments for up to a virtual week: what a run costs must not depend on how many there were.
// `node bench/rows/fleet.ts 1000000` is the week; by default the first tenth of a day.
const RUNS = Number(process.argv[2] ?? 10_000)
const DEPLOYMENTS = 2_000
/** 1,000,000 runs a week: each deployment every 20 minutes. */
const INTERVAL_SECONDS = 1_200
const TASK_MS = 120_000
const STEP_MS = 60_000

interface Mark {
  readonly runs: number
  readonly cpuMs: number
  readonly calls: number
}

const world = new World({
  pace: AWS_PACE,
  settle: settleMicrotasks,
  behave: () => ({ runMs: TASK_MS, exitCode: 0 }),
  config: { ledgerLimit: 10_000 },
})
for (let n = 0; n < DEPLOYMENTS; n += 1) {
  world.addDeployment(`deployment-${n}`, {
    schedules: [{ interval: INTERVAL_SECONDS, jitterSeconds: INTERVAL_SECONDS - 1 }],
    template: { image: 'busybox', family: `family-${n}` },
  })
}
await world.boot()
await world.clock.advance(STEP_MS)
let last = mark()
const marks: { readonly runs: number; readonly cpuPerRun: number }[] = []
for (let goal = 1_000; goal <= RUNS; goal *= 10) {
  while (mark().runs < goal) await world.clock.advance(STEP_MS)
  const now = mark()
  const runs = now.runs - last.runs
  marks.push({ runs: goal, cpuPerRun: (now.cpuMs - last.cpuMs) / runs })
  report({
    name: `fleet-${goal}`,
    value: round((now.cpuMs - last.cpuMs) / runs, 3),
    unit: 'ms CPU/run',
    better: 'lower',
    cpuMs: round((now.cpuMs - last.cpuMs) / runs, 3),
    calls: round((now.calls - last.calls) / runs, 3),
    beside: {
      // Beside the heap the database is in this process, and history keeps a row of each run.
      heapMb: aliveMb(),
      rssMb: megabytes(process.memoryUsage.rss()),
      databaseMb: megabytes(world.store.serialize().length),
      objects: world.store.objects.count('Run'),
      virtualHours: round(world.clock.monotonicMs() / 3_600_000, 1),
    },
  })
  last = now
}
// The first ten thousand fill the histories of the deployments; from then on nothing may grow.
const [, settled, ...later] = marks
if (settled && later.length > 0) {
  report({
    name: 'fleet-growth',
    value: round((later.at(-1)?.cpuPerRun ?? 0) / settled.cpuPerRun, 2),
    unit: 'times the cost of a run at 10,000',
    target: 1.2,
    better: 'lower',
    // Of cost = a * runs ** exponent: 0 is a constant cost, 1 one that doubles with the runs.
    beside: { exponent: round(exponentOf([settled, ...later]), 3) },
  })
}
world.close()

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}

/** Least squares in the logarithms. */
function exponentOf(points: typeof marks): number {
  const xs = points.map(({ runs }) => Math.log(runs))
  const ys = points.map(({ cpuPerRun }) => Math.log(cpuPerRun))
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length
  const [x, y] = [mean(xs), mean(ys)]
  const slope = xs.reduce((sum, value, index) => sum + (value - x) * ((ys[index] ?? y) - y), 0)
  return slope / xs.reduce((sum, value) => sum + (value - x) ** 2, 0)
}

function mark(): Mark {
  const { user, system } = process.cpuUsage()
  const calls = world.totalCalls()
  return { runs: world.calls('RunTask'), cpuMs: (user + system) / 1_000, calls }
}
