import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Validator } from '../manifest/validator.ts'
import type { Log } from '../runtime/logger.ts'
import type { Store } from '../store/types.ts'
import type { WatchHub } from './watch-hub.ts'

/** Checks a whole object (metadata, spec) against its kind: Validator.object of the manifest layer. */
export type ValidateObject = Validator['object']

export interface LogRequest {
  readonly namespace: string
  readonly run: string
  /** Number in status.attempts. */
  readonly attempt: number
  /** Place in an array; absent for a plain run. */
  readonly index?: number
  /** A sidecar; the container that decides the run's outcome when absent. */
  readonly container?: string
  /** Wait for more until the attempt has ended. */
  readonly follow: boolean
  /** At most so many lines, the newest ones. */
  readonly tailLines?: number
  /** Nothing older than this wall time. */
  readonly sinceMs?: number
}

export interface LogLine {
  readonly timestampMs: number
  readonly message: string
  readonly container: string
}

/** Thrown by the log port when there is nothing to read from; `message` says which setting is missing. */
export class LogsUnavailableError extends Error {
  override readonly name = 'LogsUnavailableError'
}

/** Lines of one attempt, oldest first. Ends when the log is complete, or at once unless `follow`. */
export type ReadLogs = (request: LogRequest, signal: AbortSignal) => AsyncIterable<LogLine>

export interface HealthCheck {
  readonly name: string
  readonly ok: boolean
  readonly message?: string
}

export interface HealthPort {
  /** Whether the process works at all. */
  live(): readonly HealthCheck[]
  /** Whether it can do its job now. */
  ready(): readonly HealthCheck[]
}

/**
 * What became of a sign of life. Finished: nothing that it could stand for is alive any more. TooFast: it
 * was one too many; the run counts as alive all the same.
 */
export type BeatAnswer = 'Accepted' | 'UnknownRun' | 'Finished' | 'TooFast'

/** Whose sign of life it is: what is left out stands for every task of the run that is alive. */
export interface BeatTarget {
  /** Place in an array; 0 for a plain run. */
  readonly index?: number
  /** Number in status.attempts. */
  readonly attempt?: number
  /** By which way it came. */
  readonly source: 'Http' | 'Events'
}

/** Takes signs of life of runs. Synchronous and cheap: nothing is written for a single beat. */
export interface BeatIntake {
  beat(runUid: string, target: BeatTarget): BeatAnswer
  /** The uid of the run that the token was made for; undefined for anything that is no such token. */
  verifyRunToken(token: string): string | undefined
}

export interface ApiContext {
  readonly store: Store
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly validate: ValidateObject
  readonly readLogs: ReadLogs
  readonly health: HealthPort
  /** Capstan's own version, like `0.1.0`. */
  readonly version: string
  readonly hub: WatchHub
}
