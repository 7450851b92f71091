import { createRateBuckets, type RateBuckets } from '../../src/aws/buckets.ts'
import { createCall } from '../../src/aws/call.ts'
import type { EcsPort } from '../../src/aws/ports.ts'
import { AWS_PACE } from '../../src/controllers/run/observer-schedule.ts'
import type { EmulatorConfig } from '../../src/emulator/config.ts'
import type { ApiLimits } from '../../src/kinds/generated.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { settleMicrotasks } from '../../test/world/fake-clock.ts'
import { World } from '../../test/world/world.ts'

export interface PacedWorld {
  readonly world: World
  readonly buckets: RateBuckets
}

/** A controller in virtual time whose calls pass the rate buckets, as they do on their way to AWS. */
export function createPacedWorld(settings: {
  readonly limits: ApiLimits
  readonly config?: Partial<EmulatorConfig>
  readonly runMs: number
}): PacedWorld {
  const clock: Clock = {
    nowMs: () => world.clock.nowMs(),
    monotonicMs: () => world.clock.monotonicMs(),
    after: (delayMs, fire) => world.clock.after(delayMs, fire),
  }
  const world = new World({
    pace: AWS_PACE,
    settle: settleMicrotasks,
    behave: () => ({ runMs: settings.runMs, exitCode: 0 }),
    ...(settings.config && { config: settings.config }),
    distortions: [{ ecs: (ecs) => paced(ecs, () => buckets) }],
  })
  const buckets = createRateBuckets(clock, settings.limits)
  return { world, buckets }
}

/** The calls that a fleet's runs make; the rest is too rare to matter. */
function paced(ecs: EcsPort, buckets: () => RateBuckets): Partial<EcsPort> {
  return {
    runTask: (body, signal) => {
      const ticket = { user: 'RunTaskOnFargate', priority: 'Normal', signal } as const
      return createCall(buckets())(ticket, () => ecs.runTask(body, signal))
    },
    stopTask: (request, signal) => {
      const ticket = { user: 'StopTask', priority: 'Urgent', signal } as const
      return createCall(buckets())(ticket, () => ecs.stopTask(request, signal))
    },
    describeTasks: (cluster, arns, signal, priority = 'Normal') => {
      const ticket = { user: 'DescribeTasks', priority, signal } as const
      return createCall(buckets())(ticket, () => ecs.describeTasks(cluster, arns, signal, priority))
    },
  }
}
