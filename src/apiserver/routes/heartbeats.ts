import { HEARTBEAT_PATH } from '../../kinds/heartbeat.ts'
import { assertNever } from '../../lib/assert.ts'
import type { RouteExtension } from '../api-handler.ts'
import { ApiError, forbidden, methodNotAllowed } from '../errors.ts'
import type { BeatIntake } from '../ports.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'

/** What a program may say with a beat is not looked at; more than this is none. */
const MAX_BEAT_BYTES = 16 * 1024
/** A beat that was one too many may come again after this long. */
const RETRY_AFTER_SECONDS = 1

/**
 * `POST /capstan/heartbeats/<run uid>/<index>/<attempt>` with the run's own bearer token: 204. The token opens
 * nothing else, and nothing else opens this. The body does not matter.
 */
export function createHeartbeatRoute(beats: BeatIntake): RouteExtension {
  return {
    isPublic: isOurs,
    maxBodyBytes: (path) => (isOurs(path) ? MAX_BEAT_BYTES : undefined),
    handle: (request) => (isOurs(request.path) ? answer(beats, request) : undefined),
  }
}

function isOurs(path: string): boolean {
  return path.startsWith(`${HEARTBEAT_PATH}/`)
}

function answer(beats: BeatIntake, { method, path, headers, body }: ApiRequest): ApiResponse {
  if (method !== 'POST') throw methodNotAllowed()
  if (body.length > MAX_BEAT_BYTES) {
    throw new ApiError('RequestEntityTooLarge', `limit is ${MAX_BEAT_BYTES} bytes`)
  }
  const token = /^Bearer\s+(\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
  const holder = token === undefined ? undefined : beats.verifyRunToken(token)
  if (holder === undefined) throw new ApiError('Unauthorized', 'Unauthorized')
  const { runUid, index, attempt } = parseTarget(path)
  if (holder !== runUid) throw forbidden('the token is of another run')
  const answered = beats.beat(runUid, { index, attempt, source: 'Http' })
  switch (answered) {
    case 'Accepted':
      return { status: 204, headers: {}, body: '' }
    case 'UnknownRun':
      throw new ApiError('NotFound', 'there is no such run')
    case 'Finished':
      throw new ApiError('Gone', 'this attempt is over: nobody waits for its heartbeats any more')
    case 'TooFast':
      throw new ApiError('TooManyRequests', 'beats come too fast; the run counts as alive', {
        retryAfterSeconds: RETRY_AFTER_SECONDS,
      })
    default:
      return assertNever(answered)
  }
}

interface Target {
  readonly runUid: string
  readonly index: number
  readonly attempt: number
}

function parseTarget(path: string): Target {
  const pattern = /^\/([0-9a-f-]{36})\/(\d{1,9})\/(\d{1,9})$/
  const [, runUid = '', index, attempt] = pattern.exec(path.slice(HEARTBEAT_PATH.length)) ?? []
  if (runUid === '') {
    throw new ApiError('NotFound', `write ${HEARTBEAT_PATH}/RUN-UID/INDEX/ATTEMPT`)
  }
  return { runUid, index: Number(index), attempt: Number(attempt) }
}
