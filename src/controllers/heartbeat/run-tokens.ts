import { createHmac, timingSafeEqual } from 'node:crypto'

/** Tokens with which the tasks of a run may beat, and do nothing else. */
export interface RunTokens {
  /** The same at every launch, because it is part of requests that are sent again unchanged. */
  tokenOf(runUid: string): string
  /** The uid of the run that the token was made for; undefined for anything else. Takes the same time for every text of one length. */
  verify(token: string): string | undefined
}

/** Longer texts are no tokens; a uid has 36 characters. */
const MAX_TOKEN_LENGTH = 256

/** `<run uid>.<HMAC-SHA256 of it>`: nothing is stored but the key, so a lost database silences nobody. */
export function createRunTokens(key: Uint8Array): RunTokens {
  const macOf = (runUid: string): Buffer =>
    createHmac('sha256', key).update(`capstan heartbeat ${runUid}`).digest()
  return {
    tokenOf: (runUid) => `${runUid}.${macOf(runUid).toString('base64url')}`,
    verify(token) {
      if (token.length > MAX_TOKEN_LENGTH) return undefined
      const dot = token.lastIndexOf('.')
      if (dot < 1) return undefined
      const runUid = token.slice(0, dot)
      const [given, right] = [Buffer.from(token.slice(dot + 1), 'base64url'), macOf(runUid)]
      return given.length === right.length && timingSafeEqual(given, right) ? runUid : undefined
    },
  }
}
