import { isJsonObject } from '../lib/json.ts'
import { sha256 } from '../lib/names.ts'
import type { Random } from '../lib/random.ts'
import type { Store } from '../store/types.ts'
import { ROLES, type Role, type User } from './request.ts'

/** Identity key under which tokens are kept, as hashes. */
const TOKENS_KEY = 'api-tokens'
const TOKEN_PREFIX = 'capstan_'
const TOKEN_BYTES = 32
/** Every `capstan kubeconfig` issues one; the oldest goes when there are more than this. */
const MAX_TOKENS = 200

interface TokenRecord {
  readonly hash: string
  /** Whom it was given to, for the log and `auth whoami`. */
  readonly name: string
  readonly role: Role
  readonly issuedAtMs: number
}

/** Bearer tokens of the HTTPS listener. A token's text is known to its holder alone. */
export interface Tokens {
  /** Makes a token and returns its text, which cannot be had again. */
  issue(holder: { readonly name: string; readonly role: Role }, nowMs: number): string
  verify(token: string): User | undefined
}

export function createTokens(store: Store, random: Random): Tokens {
  let records = parseRecords(store.identity.get(TOKENS_KEY))
  let byHash = new Map(records.map((record) => [record.hash, record]))

  return {
    issue({ name, role }, nowMs) {
      const token = `${TOKEN_PREFIX}${random.hex(TOKEN_BYTES)}`
      records = [...records, { hash: sha256(token), name, role, issuedAtMs: nowMs }].slice(
        -MAX_TOKENS,
      )
      byHash = new Map(records.map((record) => [record.hash, record]))
      store.transaction(() => store.identity.set(TOKENS_KEY, JSON.stringify(records)))
      return token
    },
    verify(token) {
      // Looking a hash up leaks no prefix of the token through timing.
      const record = byHash.get(sha256(token))
      return record && toUser(record)
    },
  }
}

function toUser({ name, role }: TokenRecord): User {
  const masters = role === 'admin' ? ['system:masters'] : []
  return {
    name: `capstan:${name}`,
    groups: [...masters, `capstan:${role}`, 'system:authenticated'],
    role,
  }
}

function parseRecords(text: string | undefined): readonly TokenRecord[] {
  const parsed: unknown = JSON.parse(text ?? '[]')
  if (!Array.isArray(parsed)) return []
  return parsed.flatMap((entry: unknown): TokenRecord[] => {
    if (!isJsonObject(entry)) return []
    const { hash, name, issuedAtMs } = entry
    const role = ROLES.find((candidate) => candidate === entry['role'])
    if (typeof hash !== 'string' || typeof name !== 'string' || !role) return []
    return [{ hash, name, role, issuedAtMs: Number(issuedAtMs) }]
  })
}
