import type { Heartbeat, Scalar } from './generated.ts'

/** Prefect's names for the frequency; the first one that is set counts. */
export const HEARTBEAT_ENV = [
  'PREFECT_FLOWS_HEARTBEAT_FREQUENCY',
  'PREFECT_RUNNER_HEARTBEAT_FREQUENCY',
] as const

/** What Capstan tells a task about its heartbeats. These names are its own: values of a template do not count. */
export const OWN_HEARTBEAT_ENV = {
  url: 'CAPSTAN_HEARTBEAT_URL',
  token: 'CAPSTAN_HEARTBEAT_TOKEN',
  seconds: 'CAPSTAN_HEARTBEAT_SECONDS',
  runUid: 'CAPSTAN_RUN_UID',
} as const

/** Below this path of an intake stands `/<run uid>/<index>/<attempt>`. */
export const HEARTBEAT_PATH = '/capstan/heartbeats'

/** Prefect refuses faster beats. */
const MIN_FREQUENCY_SECONDS = 30

/** Beats that may be missed when nothing else is said. */
const DEFAULT_MISSED = 3

/**
 * A beat that comes this late is not missed: without it the window would end with the very beat that it waits
 * for. Half a period of the fastest lease.
 */
export const LATE_SECONDS = 15

/** Code is fetched and packages are installed before a program beats for the first time. */
const MIN_DEFAULT_FIRST_BEAT_SECONDS = 300

export type EnvHeartbeat =
  | { readonly type: 'Off' }
  | { readonly type: 'On'; readonly name: string; readonly heartbeat: Heartbeat }
  | { readonly type: 'Invalid'; readonly name: string; readonly message: string }

type Env = Readonly<Record<string, Scalar>>

/** The heartbeat that Prefect's own environment variables switch on. */
export function heartbeatOfEnv(env: Env | undefined): EnvHeartbeat {
  const name = HEARTBEAT_ENV.find((candidate) => (env?.[candidate] ?? null) !== null)
  if (env === undefined || name === undefined) return { type: 'Off' }
  const frequencySeconds = toSeconds(env[name])
  if (Number.isInteger(frequencySeconds) && frequencySeconds >= MIN_FREQUENCY_SECONDS) {
    return { type: 'On', name, heartbeat: { frequencySeconds } }
  }
  // Other values of env never stand in a message; a number under this name is no secret.
  const found = Number.isFinite(frequencySeconds) ? `, found ${frequencySeconds}` : ''
  const message = `${name} must be a whole number of seconds, at least ${MIN_FREQUENCY_SECONDS}${found}`
  return { type: 'Invalid', name, message }
}

function toSeconds(value: Scalar | undefined): number {
  if (typeof value === 'number') return value
  return typeof value === 'string' && value.trim() !== '' ? Number(value) : Number.NaN
}

/**
 * What is wrong with a heartbeat beside a frequency in env: a program that beats more rarely than its lease
 * expects is crashed although it is well.
 */
export function heartbeatConflict(
  heartbeat: Heartbeat | undefined,
  env: Env | undefined,
): string | undefined {
  const told = heartbeatOfEnv(env)
  if (heartbeat === undefined || told.type !== 'On') return undefined
  const beatsEverySeconds = told.heartbeat.frequencySeconds
  const { frequencySeconds } = heartbeat
  if (beatsEverySeconds <= frequencySeconds) return undefined
  return `heartbeat.frequencySeconds is ${frequencySeconds}, but env.${told.name} makes the program beat every ${beatsEverySeconds} s: give both the same value, or only one of them`
}

/** What an attempt owes, and since when its silence counts. Frozen with the launch. */
export interface LeaseTerms {
  readonly frequencySeconds: number
  /** Silence for longer than this is too long. Follows from the frequency, so that it cannot be too short for it. */
  readonly windowSeconds: number
  /** From RUNNING to the first beat. */
  readonly firstBeatSeconds: number
  readonly source: NonNullable<Heartbeat['source']>
  readonly onMissed: NonNullable<Heartbeat['onMissed']>
  /** The intake that the task was told of; absent: none is known, so its silence says nothing. */
  readonly url?: string
}

/** The lease that a heartbeat setting asks for. */
export function leaseTerms(heartbeat: Heartbeat, url: string | undefined): LeaseTerms {
  const { frequencySeconds, missed = DEFAULT_MISSED, source = 'Http' } = heartbeat
  const windowSeconds = frequencySeconds * missed + LATE_SECONDS
  return {
    frequencySeconds,
    windowSeconds,
    firstBeatSeconds:
      heartbeat.firstBeatSeconds ?? Math.max(windowSeconds, MIN_DEFAULT_FIRST_BEAT_SECONDS),
    source,
    onMissed: heartbeat.onMissed ?? 'Crash',
    ...(source === 'Http' && url !== undefined && { url }),
  }
}

/** What the environment of a task says of its beats over HTTP. */
export interface ToldHeartbeat {
  readonly frequencySeconds: number
  /** Of the intake; absent: it was told of none. */
  readonly url?: string
}

/** The inverse of `heartbeatEnv`: undefined where a task was told nothing. */
export function toldHeartbeat(
  valueOf: (name: string) => string | undefined,
): ToldHeartbeat | undefined {
  const seconds = valueOf(OWN_HEARTBEAT_ENV.seconds)
  if (seconds === undefined) return undefined
  const frequencySeconds = toSeconds(seconds)
  if (!Number.isInteger(frequencySeconds) || frequencySeconds < MIN_FREQUENCY_SECONDS) {
    return undefined
  }
  const [url, path] = valueOf(OWN_HEARTBEAT_ENV.url)?.split(HEARTBEAT_PATH) ?? []
  return { frequencySeconds, ...(url !== undefined && path !== undefined && { url }) }
}

/**
 * The environment of a task that is to beat. Prefect's flows are told the frequency unless the template
 * does, or says by null that they are not to be.
 */
export function heartbeatEnv(
  terms: Pick<LeaseTerms, 'frequencySeconds' | 'source' | 'url'>,
  task: {
    readonly runUid: string
    readonly index: number
    readonly attempt: number | string
    readonly token: string
    /** Of its template. */
    readonly env: Env | undefined
  },
): Readonly<Record<string, string>> {
  const { runUid, index, attempt, token, env = {} } = task
  if (terms.source !== 'Http') return {}
  const isTold = HEARTBEAT_ENV.some((name) => name in env)
  const address = `${terms.url}${HEARTBEAT_PATH}/${runUid}/${index}/${attempt}`
  return {
    ...(!isTold && { [HEARTBEAT_ENV[0]]: String(terms.frequencySeconds) }),
    ...(terms.url !== undefined && { [OWN_HEARTBEAT_ENV.url]: address }),
    [OWN_HEARTBEAT_ENV.token]: token,
    [OWN_HEARTBEAT_ENV.seconds]: String(terms.frequencySeconds),
    [OWN_HEARTBEAT_ENV.runUid]: runUid,
  }
}
