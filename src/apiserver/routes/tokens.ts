import type { Clock } from '../../lib/clock.ts'
import { isoTime } from '../../lib/instant.ts'
import type { RouteExtension } from '../api-handler.ts'
import { parseObjectBody } from '../body.ts'
import { ApiError, badRequest, forbidden, methodNotAllowed } from '../errors.ts'
import { type ApiRequest, type ApiResponse, jsonResponse, ROLES, type Role } from '../request.ts'
import { isExpired, type TokenInfo, type Tokens } from '../tokens.ts'

/** Where `capstan token` works. */
export const TOKENS_PATH = '/capstan/tokens'

/** Names stand in `auth whoami` as `capstan:NAME`, in lists and in logs. */
const TOKEN_NAME = /^[a-z0-9]([-a-z0-9._]{0,61}[a-z0-9])?$/
/** A shorter life is a slip of the unit. */
const MIN_LIFETIME_SECONDS = 60
const MAX_LIFETIME_SECONDS = 10 * 366 * 86_400

export interface TokenRouteParts {
  readonly tokens: Tokens
  readonly clock: Clock
}

/**
 * `GET /capstan/tokens` lists, `POST` makes one (the only answer that ever holds its text), `DELETE
 * /capstan/tokens/ID-OR-NAME` takes it back. For admins: a token of another role could give itself more.
 */
export function createTokenRoute(parts: TokenRouteParts): RouteExtension {
  return {
    handle(request) {
      const { path } = request
      if (path !== TOKENS_PATH && !path.startsWith(`${TOKENS_PATH}/`)) return undefined
      if (request.user.role !== 'admin') throw forbidden('only an admin may manage tokens')
      return path === TOKENS_PATH ? answerAll(parts, request) : answerOne(parts, request)
    },
  }
}

function answerAll(parts: TokenRouteParts, request: ApiRequest): ApiResponse {
  const { tokens, clock } = parts
  if (request.method === 'GET') {
    const nowMs = clock.nowMs()
    return jsonResponse(200, { items: tokens.list().map((info) => renderToken(info, nowMs)) })
  }
  if (request.method === 'POST') return create(parts, request)
  throw methodNotAllowed()
}

function create({ tokens, clock }: TokenRouteParts, request: ApiRequest): ApiResponse {
  const { name, role = 'view', expiresInSeconds } = parseObjectBody(request)
  const nowMs = clock.nowMs()
  const holder = {
    name: parseTokenName(name),
    role: parseRole(role),
    ...expiryAfter(expiresInSeconds, nowMs),
  }
  const token = tokens.issue({ ...holder, origin: 'Named' }, nowMs)
  const info = tokens.list().at(-1)
  return jsonResponse(201, { ...(info && renderToken(info, nowMs)), token })
}

function parseTokenName(name: unknown): string {
  if (typeof name === 'string' && TOKEN_NAME.test(name)) return name
  throw badRequest(
    'name: a token needs a name of at most 63 lower case letters, digits, "-", "_" and ".", which says who holds it',
  )
}

function parseRole(role: unknown): Role {
  const known = ROLES.find((candidate) => candidate === role)
  if (known) return known
  throw badRequest(`role: ${JSON.stringify(role)} is none: use one of ${ROLES.join(', ')}`)
}

/** `expiresInSeconds` of a request as a wall time; nothing for a token that does not expire. */
export function expiryAfter(
  seconds: unknown,
  nowMs: number,
): { readonly expiresAtMs: number } | Record<string, never> {
  if (seconds === undefined || seconds === null) return {}
  const isFair =
    typeof seconds === 'number' &&
    seconds >= MIN_LIFETIME_SECONDS &&
    seconds <= MAX_LIFETIME_SECONDS
  if (isFair) return { expiresAtMs: nowMs + Math.round(seconds * 1_000) }
  throw badRequest(
    `expiresInSeconds: ${JSON.stringify(seconds)} is not a number from ${MIN_LIFETIME_SECONDS} to ${MAX_LIFETIME_SECONDS}`,
  )
}

function answerOne({ tokens, clock }: TokenRouteParts, request: ApiRequest): ApiResponse {
  if (request.method !== 'DELETE') throw methodNotAllowed()
  const named = decodeName(request.path.slice(TOKENS_PATH.length + 1))
  const gone = tokens.revoke(named)
  if (gone.length === 0) {
    throw new ApiError('NotFound', `tokens "${named}" not found`, { name: named, kind: 'tokens' })
  }
  const nowMs = clock.nowMs()
  return jsonResponse(200, { items: gone.map((info) => renderToken(info, nowMs)) })
}

function decodeName(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    throw badRequest('the name of the token is not percent-encoded correctly')
  }
}

function renderToken(info: TokenInfo, nowMs: number): object {
  const { id, name, role, origin, issuedAtMs, expiresAtMs, lastUsedAtMs } = info
  return {
    id,
    name,
    role,
    origin,
    createdAt: isoTime(issuedAtMs),
    ...(expiresAtMs === undefined ? {} : { expiresAt: isoTime(expiresAtMs) }),
    ...(isExpired(info, nowMs) ? { expired: true } : {}),
    ...(lastUsedAtMs === undefined ? {} : { lastUsedAt: isoTime(lastUsedAtMs) }),
  }
}
