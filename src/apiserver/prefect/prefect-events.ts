import type { Clock } from '../../lib/clock.ts'
import type { Log } from '../../runtime/logger.ts'
import type { Part } from '../../runtime/manager.ts'
import type { RouteExtension } from '../api-handler.ts'
import type { BeatIntake } from '../ports.ts'
import type { User } from '../request.ts'
import type { AdmissionPorts } from './admit-event.ts'
import { EventIntake } from './event-intake.ts'
import { createPrefectEventHandler, isPrefectPath } from './event-routes.ts'
import { createEventTail } from './event-tail.ts'
import { createPrefectSockets } from './sockets.ts'

export interface PrefectEventsDeps extends AdmissionPorts {
  readonly clock: Clock
  readonly log: Log
  /** Absent: no run has a token, and nobody judges heartbeats. */
  readonly beats?: BeatIntake
  /** Tokens of the API. */
  readonly verifyToken: (token: string) => User | undefined
}

/** Prefect's event API, for every listener that takes it in. */
export interface PrefectEvents {
  readonly route: RouteExtension
  /** Ends the WebSockets; to be stopped before the listeners. */
  readonly part: Part
  /** The same intake of beats, with those that do not come as events kept in the event log as well. */
  readonly recorded: (beats: BeatIntake) => BeatIntake
}

/** HTTP and WebSockets below `/api/events`, as Prefect's server has them. */
export function createPrefectEvents(deps: PrefectEventsDeps): PrefectEvents {
  const { clock, log } = deps
  const { eventLog } = deps.store
  const intake = new EventIntake(deps)
  const handle = createPrefectEventHandler({ eventLog, clock, intake, senders: deps })
  const tail = createEventTail(eventLog)
  const sockets = createPrefectSockets({ intake, clock, log, eventLog, tail, senders: deps })
  return {
    route: {
      isPublic: isPrefectPath,
      handle: (request) => (isPrefectPath(request.path) ? handle(request) : undefined),
      upgrade: (request, socket, head) => sockets.upgrade(request, socket, head),
    },
    recorded: (beats) => ({
      verifyRunToken: (token) => beats.verifyRunToken(token),
      beat(runUid, target) {
        const answer = beats.beat(runUid, target)
        const { source, index, attempt } = target
        if (answer === 'Accepted' && source === 'Http') {
          intake.recordBeat(runUid, {
            ...(index !== undefined && { index }),
            ...(attempt !== undefined && { attempt }),
          })
        }
        return answer
      },
    }),
    part: { name: 'event sockets', start: () => {}, stop: () => sockets.close() },
  }
}
