import type { Heartbeat, Scalar } from './generated.ts'

/** The peer's names for the frequency; the first one that is set counts. */
export const HEARTBEAT_ENV = [
  'PREFECT_FLOWS_HEARTBEAT_FREQUENCY',
  'PREFECT_RUNNER_HEARTBEAT_FREQUENCY',
] as const

/** The peer refuses faster beats. */
const MIN_FREQUENCY_SECONDS = 30

export type EnvHeartbeat =
  | { readonly type: 'Off' }
  | { readonly type: 'On'; readonly name: string; readonly heartbeat: Heartbeat }
  | { readonly type: 'Invalid'; readonly name: string; readonly message: string }

/** The heartbeat that the peer's own environment variables switch on (DESIGN 6). */
export function heartbeatOfEnv(env: Readonly<Record<string, Scalar>> | undefined): EnvHeartbeat {
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
