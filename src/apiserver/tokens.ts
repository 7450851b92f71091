import { sha256 } from '../lib/names.ts'
import type { Random } from '../lib/random.ts'
import type { Store } from '../store/types.ts'
import { ApiError } from './errors.ts'
import type { Role, User } from './request.ts'
import { parseTokenRecords, type TokenOrigin, type TokenRecord } from './token-record.ts'

/** Identity key under which tokens are kept, as hashes. */
const TOKENS_KEY = 'api-tokens'
const TOKEN_PREFIX = 'capstan_'
const TOKEN_BYTES = 32
/** Enough to tell tokens apart in a list; it is no part of the token. */
const ID_BYTES = 5
/** Every `capstan kubeconfig` issues one; the longest unused goes when there are more than this. */
const MAX_KUBECONFIG_TOKENS = 200
/** Tokens that people asked for by name never go by themselves, so more than this are refused. */
const MAX_NAMED_TOKENS = 1_000
/** The last use of a token is known to the hour: a finer grain would make a write of every read. */
const USE_GRAIN_MS = 3_600_000
/** What has expired is still listed for this long, so that people see why something stopped working. */
const EXPIRED_KEPT_MS = 7 * 86_400_000

/** What may be told of a token: everything but its text and hash. */
export type TokenInfo = Omit<TokenRecord, 'hash'>

export interface TokenHolder {
  readonly name: string
  readonly role: Role
  /** Wall time after which it is refused; absent: never. */
  readonly expiresAtMs?: number
  /** How it came about; Kubeconfig when absent. */
  readonly origin?: TokenOrigin
}

/** Bearer tokens of the HTTPS listener. A token's text is known to its holder alone. */
export interface Tokens {
  /**
   * Makes a token and returns its text, which cannot be had again. Throws an ApiError when a live
   * token has the name already (origin Named), or when there are too many.
   */
  issue(holder: TokenHolder, nowMs: number): string
  /** Whose token it is; undefined for one that is unknown, revoked or expired. Notes the use. */
  verify(token: string, nowMs: number): User | undefined
  /** Oldest first. */
  list(): readonly TokenInfo[]
  /** Takes back the token with this id, or all with this name; returns them. */
  revoke(idOrName: string): readonly TokenInfo[]
}

export function createTokens(store: Store, random: Random): Tokens {
  let records = parseTokenRecords(store.identity.get(TOKENS_KEY))
  let byHash = new Map(records.map((record) => [record.hash, record]))

  function save(next: readonly TokenRecord[]): void {
    store.transaction(() => store.identity.set(TOKENS_KEY, JSON.stringify(next)))
    records = next
    byHash = new Map(next.map((record) => [record.hash, record]))
  }

  return {
    issue({ name, role, expiresAtMs, origin = 'Kubeconfig' }, nowMs) {
      if (origin === 'Named') requireFreeName(records, name, nowMs)
      const token = `${TOKEN_PREFIX}${random.hex(TOKEN_BYTES)}`
      const record: TokenRecord = {
        id: random.hex(ID_BYTES),
        hash: sha256(token),
        name,
        role,
        origin,
        issuedAtMs: nowMs,
        ...(expiresAtMs === undefined ? {} : { expiresAtMs }),
      }
      save(withinLimits([...withoutLongExpired(records, nowMs), record]))
      return token
    },
    verify(token, nowMs) {
      // Looking a hash up leaks no prefix of the token through timing.
      const record = byHash.get(sha256(token))
      if (!record || isExpired(record, nowMs)) return undefined
      if (nowMs - (record.lastUsedAtMs ?? 0) >= USE_GRAIN_MS) {
        const lastUsedAtMs = nowMs - (nowMs % USE_GRAIN_MS)
        save(records.map((other) => (other === record ? { ...record, lastUsedAtMs } : other)))
      }
      return toUser(record)
    },
    list: () => records.map(toInfo),
    revoke(idOrName) {
      const byId = records.filter(({ id }) => id === idOrName)
      const gone = byId.length > 0 ? byId : records.filter(({ name }) => name === idOrName)
      if (gone.length > 0) save(records.filter((record) => !gone.includes(record)))
      return gone.map(toInfo)
    },
  }
}

function requireFreeName(records: readonly TokenRecord[], name: string, nowMs: number): void {
  const named = records.filter(({ origin }) => origin === 'Named')
  if (named.some((record) => record.name === name && !isExpired(record, nowMs))) {
    throw new ApiError(
      'AlreadyExists',
      `tokens "${name}" already exists: revoke it, or choose another name`,
      { name, kind: 'tokens' },
    )
  }
  if (named.length >= MAX_NAMED_TOKENS) {
    throw new ApiError(
      'Forbidden',
      `there are ${named.length} tokens, the most that are kept: revoke those that nobody needs`,
    )
  }
}

function withoutLongExpired(
  records: readonly TokenRecord[],
  nowMs: number,
): readonly TokenRecord[] {
  return records.filter(({ expiresAtMs = nowMs }) => nowMs - expiresAtMs <= EXPIRED_KEPT_MS)
}

/** The newest is never the one to go: its holder has only just been given it. */
function withinLimits(records: readonly TokenRecord[]): readonly TokenRecord[] {
  const newest = records.at(-1)
  const kubeconfigs = records.filter((record) => record.origin === 'Kubeconfig')
  const surplus = kubeconfigs.length - MAX_KUBECONFIG_TOKENS
  if (surplus <= 0) return records
  const lastSignMs = ({ lastUsedAtMs = 0, issuedAtMs }: TokenRecord): number =>
    Math.max(lastUsedAtMs, issuedAtMs)
  const gone = kubeconfigs
    .filter((record) => record !== newest)
    .toSorted((a, b) => lastSignMs(a) - lastSignMs(b))
    .slice(0, surplus)
  return records.filter((record) => !gone.includes(record))
}

export function isExpired(
  { expiresAtMs }: Pick<TokenRecord, 'expiresAtMs'>,
  nowMs: number,
): boolean {
  return expiresAtMs !== undefined && nowMs >= expiresAtMs
}

function toInfo({ hash: _hash, ...info }: TokenRecord): TokenInfo {
  return info
}

function toUser({ name, role }: TokenRecord): User {
  const masters = role === 'admin' ? ['system:masters'] : []
  return {
    name: `capstan:${name}`,
    groups: [...masters, `capstan:${role}`, 'system:authenticated'],
    role,
  }
}
