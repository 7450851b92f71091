import type { RouteExtension } from '../apiserver/api-handler.ts'
import type { BeatIntake } from '../apiserver/ports.ts'
import { createPrefectEvents } from '../apiserver/prefect/prefect-events.ts'
import { createHeartbeatRoute } from '../apiserver/routes/heartbeats.ts'
import type { Tokens } from '../apiserver/tokens.ts'
import { readSubject } from '../controllers/run-subject.ts'
import type { Clock } from '../lib/clock.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import type { Store } from '../store/types.ts'

export interface IntakeRoutesDeps {
  readonly store: Store
  readonly clock: Clock
  readonly log: Log
  readonly tokens: Tokens
  readonly beats: BeatIntake
}

/** What tasks send to, on whichever listener: heartbeats, and Prefect's events. */
export function createIntakeRoutes({ store, clock, log, tokens, beats }: IntakeRoutesDeps): {
  readonly routes: readonly RouteExtension[]
  /** To be stopped before the listeners. */
  readonly part: Part
} {
  const events = createPrefectEvents({
    store,
    clock,
    log,
    beats,
    subjectOf: (runUid) => readSubject(store, runUid),
    verifyToken: (token) => tokens.verify(token, clock.nowMs()),
  })
  return {
    routes: [createHeartbeatRoute(events.recorded(beats)), events.route],
    part: events.part,
  }
}
