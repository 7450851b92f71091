import { decideRun } from '../../src/controllers/run/decide.ts'
import type { HeartbeatFacts, RunWorld } from '../../src/controllers/run/world.ts'
import { parseIsoTime } from '../../src/lib/instant.ts'
import type { AttemptRow } from '../../src/store/types.ts'
import type { World } from '../world/world.ts'
import type { BeatMistake } from './beat-simulate.ts'

/** A mistake in judging silence; the simulator must find every one of them. */
export interface BeatBug {
  readonly name: string
  /** The class of bugs that it stands for. */
  readonly because: string
  readonly plant: () => BeatMistake
}

type Signs = NonNullable<ReturnType<HeartbeatFacts['signs']>>

/** What is decided on, after the signs of each attempt were changed. */
function hearing(
  change: (
    signs: Signs | undefined,
    seen: RunWorld,
    world: World,
    attempt: AttemptRow,
  ) => Signs | undefined,
): BeatMistake {
  return {
    decide: (world) => (seen, nowMs) => {
      const signs: HeartbeatFacts['signs'] = (attempt) =>
        change(seen.heartbeat.signs(attempt), seen, world, attempt)
      return decideRun({ ...seen, heartbeat: { ...seen.heartbeat, signs } }, nowMs)
    },
  }
}

/** Milliseconds since the last beat that status shows, as `nowMs` has it. */
function sinceShown({ run }: RunWorld, nowMs: number): number | undefined {
  const atMs = parseIsoTime(run.status?.heartbeat?.lastBeatAt)
  return atMs === undefined ? undefined : nowMs - atMs
}

export const BEAT_BUGS: readonly BeatBug[] = [
  {
    name: 'silence is counted across a restart',
    because: 'while the controller was away nobody could hear (prefect#20887)',
    plant: () => {
      const heardMs = new Map<string, number>()
      return hearing((signs, _, { clock }, { clientToken }) => {
        const nowMs = clock.monotonicMs()
        if (signs?.isHeard) heardMs.set(clientToken, nowMs - signs.silentMs)
        const beforeMs = heardMs.get(clientToken)
        if (beforeMs === undefined) return signs
        const unseen = { hasBeaten: true, isHeard: false, lookedAgoMs: undefined }
        return { ...(signs ?? unseen), silentMs: nowMs - beforeMs }
      })
    },
  },
  {
    name: 'silence is measured by the wall clock',
    because: 'clocks are set; healthy runs are crashed, or the dead live on',
    plant: () =>
      hearing((signs, seen, world) => {
        const silentMs = sinceShown(seen, world.clock.nowMs())
        return signs && silentMs !== undefined ? { ...signs, silentMs } : signs
      }),
  },
  {
    name: 'who never beats is never missed',
    because: 'the gap in Prefect: stuck before the first beat',
    plant: () => hearing((signs) => (signs?.hasBeaten ? signs : undefined)),
  },
  {
    name: 'the first beat changes nothing',
    because: 'the patience of the start goes on for the whole life',
    plant: () => hearing((signs) => signs && { ...signs, hasBeaten: false }),
  },
  {
    name: 'an outage of the intake is not noticed',
    because: 'silence is judged though nothing could be heard',
    plant: () => ({ isDeafUnknown: true }),
  },
  {
    name: 'a silent run is only marked',
    because: 'Prefect marks, and the container goes on working',
    plant: () => ({
      decide: () => (seen, nowMs) => {
        const plan = decideRun(seen, nowMs)
        const isStop = plan.call?.type === 'StopTask' && plan.call.cause === 'HeartbeatLost'
        return isStop
          ? { ...plan, call: undefined, writes: [], outcome: { type: 'AwaitChange' } }
          : plan
      },
    }),
  },
]
