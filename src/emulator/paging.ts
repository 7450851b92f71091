import { invalidParameter } from './errors.ts'

export interface PageInput {
  readonly nextToken?: string | undefined
  readonly maxResults?: number | undefined
}

export interface Page<T> {
  readonly items: readonly T[]
  readonly nextToken?: string
}

/** What a page begins after; tokens are opaque to clients, so they only have to be stable. */
export function encodeToken(position: string | number): string {
  return Buffer.from(String(position)).toString('base64url')
}

export function decodeToken(token: string | undefined): string | undefined {
  return token === undefined ? undefined : Buffer.from(token, 'base64url').toString()
}

/** The position of a token that was made of a number; `start` without a token. */
export function decodeNumber(token: string | undefined, start: number): number {
  const text = decodeToken(token)
  if (text === undefined) return start
  if (!/^\d+$/.test(text)) throw invalidParameter('Invalid token.')
  return Number(text)
}

/**
 * One page of a list in a fixed order. The token names the last key of the page before and its place,
 * which counts when that key has left the list meanwhile (it took one place with it).
 */
export function paginate(keys: readonly string[], input: PageInput, max: number): Page<string> {
  const start = startOf(keys, input.nextToken)
  const size = pageSize(input.maxResults, max)
  const items = keys.slice(start, start + size)
  const end = start + items.length
  const more = items.length > 0 && end < keys.length
  return { items, ...(more && { nextToken: encodeToken(`${end}:${items.at(-1)}`) }) }
}

function startOf(keys: readonly string[], token: string | undefined): number {
  const text = decodeToken(token)
  if (text === undefined) return 0
  const match = /^(\d+):(.*)$/.exec(text)
  if (!match) throw invalidParameter('Invalid token.')
  const index = keys.indexOf(match[2] ?? '')
  return index === -1 ? Math.max(0, Number(match[1]) - 1) : index + 1
}

/** The page size that was asked for, 1 to `max`; `max` without one. */
export function pageSize(maxResults: number | undefined, max: number): number {
  if (maxResults === undefined) return max
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > max) {
    throw invalidParameter(`maxResults must be between 1 and ${max}.`)
  }
  return maxResults
}
