import { defaultConfig, type EmulatorConfig } from '../../src/emulator/config.ts'
import type { ApiLimits } from '../../src/kinds/generated.ts'
import type { World } from '../../test/world/world.ts'
import { startMeter } from '../harness/meter.ts'
import { createPacedWorld } from '../harness/paced-world.ts'
import { report, round } from '../harness/sample.ts'

// Launches against a rate that AWS allows, in virtual time: as a share of what was allowed, and how many
// calls were throttled.
const SECONDS = Number(process.argv[2] ?? 300)
const SECOND = 1_000
/** Capstan's own figure for 20 a second: 90 %. */
const DEFAULT: ApiLimits = { fargateLaunch: { burst: 18, perSecond: 18 } }
const TASK_MS = 60_000
const SUBNET = defaultConfig.vpcs[0]?.subnets[0]?.id ?? ''

interface Scenario {
  readonly name: string
  /** What AWS allows, a burst and a second. */
  readonly truth: number
  /** Calls a second that another client makes, from a second on. */
  readonly other: { readonly perSecond: number; readonly fromSecond: number } | undefined
  /** Launches that are possible, as Capstan is configured or as AWS allows. */
  readonly possible: number
  readonly target: number
}

const SCENARIOS: readonly Scenario[] = [
  { name: 'fixed', truth: 20, other: undefined, possible: 18 + 18 * SECONDS, target: 0.99 },
  { name: 'unknown', truth: 5, other: undefined, possible: 5 + 5 * SECONDS, target: 0.9 },
  {
    name: 'shared',
    truth: 20,
    other: { perSecond: 10, fromSecond: 0 },
    possible: 10 * SECONDS,
    target: 0.9,
  },
  {
    name: 'changed',
    truth: 20,
    other: { perSecond: 15, fromSecond: SECONDS / 2 },
    possible: (18 + 5) * (SECONDS / 2),
    target: 0.9,
  },
]

for (const scenario of SCENARIOS) {
  const meter = startMeter()
  const { launched, throttled } = await play(scenario)
  const { cpuMs } = meter.stop()
  report({
    name: `rate-${scenario.name}`,
    value: round(launched / scenario.possible, 4),
    unit: 'of the rate',
    target: scenario.target,
    better: 'higher',
    cpuMs: round(cpuMs / launched, 3),
    calls: round((launched + throttled) / launched, 4),
    beside: { launched, throttledShare: round(throttled / (launched + throttled), 4) },
  })
}

async function play({ truth, other }: Scenario) {
  const bucket = { burst: truth, perSecond: truth }
  const config: Partial<EmulatorConfig> = { throttle: { fargateRunTask: bucket } }
  const { world, buckets } = createPacedWorld({ limits: DEFAULT, config, runMs: TASK_MS })
  for (let run = 0; run < 20 * SECONDS; run += 1) {
    world.addRun(`run-${run}`, { template: { image: 'busybox', family: 'bench' } })
  }
  await world.boot()
  for (let second = 0; second < SECONDS; second += 1) {
    const calls = other && second >= other.fromSecond ? other.perSecond : 0
    for (let call = 0; call < Math.max(1, calls); call += 1) {
      if (calls > 0) callOnce(world)
      await world.clock.advance(SECOND / Math.max(1, calls))
    }
  }
  const { granted = 0, throttled = 0 } =
    buckets.metrics().find(({ bucket: name }) => name === 'fargateLaunch') ?? {}
  world.close()
  return { launched: granted - throttled, throttled }
}

/** As another client of the account would. */
function callOnce({ emulator }: World): void {
  const input = {
    taskDefinition: 'bench:1',
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: [SUBNET] } },
  }
  emulator.handle({ service: 'ecs', operation: 'RunTask', input })
}
