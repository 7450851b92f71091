import type { BeatIntake } from '../ports.ts'
import type { Role, User } from '../request.ts'
import type { Rate } from './rate-book.ts'

/** Who sends or reads events: the tasks of one run, or somebody with a token of the API. */
export type Sender =
  | { readonly type: 'Run'; readonly uid: string }
  | { readonly type: 'User'; readonly name: string; readonly role: Role }

export interface SenderPorts {
  /** Absent: no run has a token. */
  readonly beats?: Pick<BeatIntake, 'verifyRunToken'>
  /** Tokens of the API. */
  readonly verifyToken: (token: string) => User | undefined
}

/** Tokens of runs and of the API are all shorter. */
const MAX_TOKEN_LENGTH = 512

/** Whose token it is; undefined: nobody's. */
export function senderOfToken(ports: SenderPorts, token: string): Sender | undefined {
  if (token === '' || token.length > MAX_TOKEN_LENGTH) return undefined
  const runUid = ports.beats?.verifyRunToken(token)
  if (runUid !== undefined) return { type: 'Run', uid: runUid }
  const user = ports.verifyToken(token)
  return user && senderOfUser(user)
}

export function senderOfUser({ name, role }: User): Sender {
  return { type: 'User', name, role }
}

/**
 * The token in an Authorization header: as Bearer (Prefect's API keys), or as Basic, which is how its
 * clients send PREFECT_API_AUTH_STRING: the whole of it, or what stands behind `user:`.
 */
export function senderOfHeader(ports: SenderPorts, header: string | undefined): Sender | undefined {
  const [, scheme = '', text = ''] = /^(Bearer|Basic)\s+(\S+)$/i.exec(header ?? '') ?? []
  if (scheme.toLowerCase() === 'bearer') return senderOfToken(ports, text)
  if (scheme === '') return undefined
  return senderOfAuthString(ports, Buffer.from(text, 'base64').toString('utf8'))
}

/** PREFECT_API_AUTH_STRING is a token, or `anything:token`, which is how Prefect's own look. */
export function senderOfAuthString(ports: SenderPorts, text: string): Sender | undefined {
  const colon = text.indexOf(':')
  const whole = senderOfToken(ports, text)
  return whole ?? (colon < 0 ? undefined : senderOfToken(ports, text.slice(colon + 1)))
}

/** Reading needs a token of the API: what one task may know of the others is nothing. */
export function mayRead(sender: Sender): boolean {
  return sender.type === 'User'
}

export function maySend(sender: Sender): boolean {
  return sender.type === 'Run' || sender.role !== 'view'
}

/** By which a sender is counted. */
export function senderKey(sender: Sender): string {
  return sender.type === 'Run' ? `run/${sender.uid}` : `user/${sender.name}`
}

/** A client resends up to 700 events at once; in the long run a run has a few each second, if any. */
const RATE_OF_RUN: Rate = { burst: 1_000, perSecond: 20 }
/** One token may serve a whole fleet. */
const RATE_OF_USER: Rate = { burst: 10_000, perSecond: 500 }

export function rateOf(sender: Sender): Rate {
  return sender.type === 'Run' ? RATE_OF_RUN : RATE_OF_USER
}
