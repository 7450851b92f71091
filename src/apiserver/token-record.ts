import { isJsonObject } from '../lib/json.ts'
import { ROLES, type Role } from './request.ts'

/** `capstan kubeconfig` issues tokens by the way; Named ones were asked for with `capstan token create`. */
export const TOKEN_ORIGINS = ['Kubeconfig', 'Named'] as const
export type TokenOrigin = (typeof TOKEN_ORIGINS)[number]

/** A token as it is kept. Times are wall time. */
export interface TokenRecord {
  /** Names it in lists, and when it is revoked. */
  readonly id: string
  /** SHA-256 of its text. */
  readonly hash: string
  /** Whom it was given to, for the log and `auth whoami`. */
  readonly name: string
  readonly role: Role
  readonly origin: TokenOrigin
  readonly issuedAtMs: number
  readonly expiresAtMs?: number
  /** To the hour. */
  readonly lastUsedAtMs?: number
}

/** Reads what is stored; entries that make no sense are left out, so they open nothing. */
export function parseTokenRecords(text: string | undefined): readonly TokenRecord[] {
  const parsed: unknown = JSON.parse(text ?? '[]')
  if (!Array.isArray(parsed)) return []
  return parsed.flatMap((entry: unknown) => parseRecord(entry) ?? [])
}

function parseRecord(entry: unknown): TokenRecord | undefined {
  if (!isJsonObject(entry)) return undefined
  const { hash, name, id } = entry
  const role = ROLES.find((candidate) => candidate === entry['role'])
  const origin = TOKEN_ORIGINS.find((candidate) => candidate === entry['origin'])
  if (typeof hash !== 'string' || typeof name !== 'string' || !role) return undefined
  return {
    // Those of earlier versions have neither id nor origin.
    id: typeof id === 'string' ? id : hash.slice(0, 10),
    hash,
    name,
    role,
    origin: origin ?? 'Kubeconfig',
    issuedAtMs: Number(entry['issuedAtMs']),
    ...optionalTime('expiresAtMs', entry['expiresAtMs']),
    ...optionalTime('lastUsedAtMs', entry['lastUsedAtMs']),
  }
}

function optionalTime<Key extends string>(
  key: Key,
  value: unknown,
): { readonly [K in Key]?: number } {
  return (typeof value === 'number' ? { [key]: value } : {}) as { readonly [K in Key]?: number }
}
