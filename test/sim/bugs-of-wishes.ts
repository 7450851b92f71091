import { decideRun } from '../../src/controllers/run/decide.ts'
import type { RunPlan, RunWorld } from '../../src/controllers/run/world.ts'
import type { RunSpec } from '../../src/kinds/generated.ts'
import type { ObjectMeta } from '../../src/kinds/meta.ts'
import type { Run } from '../../src/kinds/run.ts'
import type { Bug } from './bugs.ts'

/** Mistakes in doing what people want: stop, wait, go, go again. */
export const WISH_BUGS: readonly Bug[] = [
  {
    name: 'a deleted run is let go while its task runs',
    because: 'finalizer lost',
    plant: () => ({
      decide: (world, nowMs) => decideRun(isDeleted(world) ? withoutLiveTask(world) : world, nowMs),
    }),
  },
  {
    name: 'cancelling forgets the task',
    because: 'orphan: cancelled is said before stopped is seen',
    plant: () => ({
      decide: (world, nowMs) =>
        decideRun(world.run.spec.cancel === true ? withoutLiveTask(world) : world, nowMs),
    }),
  },
  {
    name: 'a cancelled run goes on',
    because: 'unobserved state: a wish is overlooked',
    plant: () => overlooking(({ cancel: _, ...spec }) => spec),
  },
  {
    name: 'a suspended run goes on',
    because: 'unobserved state: a wish is overlooked',
    plant: () => overlooking(({ suspend: _, ...spec }) => spec),
  },
  {
    name: 'a deleted run runs to its end',
    because: 'unobserved state: a wish is overlooked',
    plant: () => seeingMeta(({ deletionTimestamp: _, ...metadata }) => metadata),
  },
  {
    name: 'nobody runs again',
    because: 'unobserved state: a wish is overlooked',
    plant: () => seeingMeta(({ annotations: _, ...metadata }) => metadata),
  },
  {
    name: 'a stop that failed is not repeated',
    because: 'lost effect: one failed call is for ever',
    plant: () => ({
      ecs: (ecs) => ({
        stopTask: (request, signal) => ecs.stopTask(request, signal).catch(() => undefined),
      }),
      decide: (world, nowMs) => withoutRepeatedStop(decideRun(world, nowMs)),
    }),
  },
]

function isDeleted(world: RunWorld): boolean {
  return world.run.metadata.deletionTimestamp !== undefined
}

/** The world as one sees it who takes living attempts for ended ones. */
function withoutLiveTask(world: RunWorld): RunWorld {
  const ended = world.attempts.filter(({ phase }) => phase !== 'Intent' && phase !== 'Launched')
  return { ...world, attempts: ended }
}

function seeingRun(change: (run: Run) => Run): ReturnType<Bug['plant']> {
  return { decide: (world, nowMs) => decideRun({ ...world, run: change(world.run) }, nowMs) }
}

function overlooking(change: (spec: RunSpec) => RunSpec): ReturnType<Bug['plant']> {
  return seeingRun((run) => ({ ...run, spec: change(run.spec) }))
}

function seeingMeta(change: (metadata: ObjectMeta) => ObjectMeta): ReturnType<Bug['plant']> {
  return seeingRun((run) => ({ ...run, metadata: change(run.metadata) }))
}

function withoutRepeatedStop(plan: RunPlan): RunPlan {
  const { call } = plan
  const isRepeated = call?.type === 'StopTask' && call.attempt.stopRequestedAtMs !== undefined
  return isRepeated ? { ...plan, call: undefined, outcome: { type: 'AwaitChange' } } : plan
}
