import type { Clock } from '../lib/clock.ts'

/** Milliseconds since each part last did its work; undefined: there is no such part. */
export interface PartAges {
  /** A request came through to the heartbeat listener. */
  readonly intake: number | undefined
  /** ECS answered a look at tasks, while there are any. */
  readonly observer: number
  /** The folder that was looked at the longest time ago. */
  readonly sources: number | undefined
  /** The database could be relied on. */
  readonly store: number
}

export interface PartAgesDeps {
  readonly clock: Clock
  readonly observer: { staleMs(): number }
  readonly intake: { staleMs(): number | undefined }
  readonly sources: { staleMs(): number | undefined }
  readonly storeProblem: () => unknown
}

/** What `/readyz` judges and `/metrics` shows. */
export function createPartAges(deps: PartAgesDeps): () => PartAges {
  const { clock, observer, intake, sources, storeProblem } = deps
  let wellMs = clock.monotonicMs()
  return () => {
    if (storeProblem() === undefined) wellMs = clock.monotonicMs()
    return {
      intake: intake.staleMs(),
      observer: observer.staleMs(),
      sources: sources.staleMs(),
      store: clock.monotonicMs() - wellMs,
    }
  }
}
