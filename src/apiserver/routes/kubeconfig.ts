import { DEFAULT_NAMESPACE } from '../../kinds/meta.ts'
import type { Clock } from '../../lib/clock.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { RouteExtension } from '../api-handler.ts'
import { bodyText, parseObjectBody } from '../body.ts'
import { ApiError, badRequest, forbidden, methodNotAllowed } from '../errors.ts'
import { renderKubeconfig } from '../kubeconfig.ts'
import { countQuery, wordQuery } from '../query.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'
import { ROLES } from '../request.ts'
import type { Tokens } from '../tokens.ts'
import { expiryAfter } from './tokens.ts'

/** Where `capstan kubeconfig` gets it from. */
export const KUBECONFIG_PATH = '/capstan/kubeconfig'

export interface KubeconfigParts {
  readonly tokens: Tokens
  readonly clock: Clock
  /** Where the HTTPS listener is; undefined while there is none. */
  readonly endpoint: () =>
    | { readonly server: string; readonly certificateAuthority: string }
    | undefined
}

/**
 * `POST /capstan/kubeconfig?role=admin&namespace=default&expiresInSeconds=N`: a kubeconfig with a token
 * of its own, for admins; with a body `{token}` one that holds that token. It makes a token, so it is no GET.
 */
export function createKubeconfigRoute(parts: KubeconfigParts): RouteExtension {
  return {
    handle(request) {
      return request.path === KUBECONFIG_PATH ? answer(parts, request) : undefined
    },
  }
}

function answer(parts: KubeconfigParts, request: ApiRequest): ApiResponse {
  if (request.method !== 'POST') throw methodNotAllowed()
  if (request.user.role !== 'admin') throw forbidden('only an admin may make kubeconfigs')
  const where = parts.endpoint()
  if (!where) {
    throw new ApiError(
      'ServiceUnavailable',
      'the controller serves its unix socket alone: start it with --listen HOST:PORT to use kubectl',
    )
  }
  const namespace = request.query.get('namespace') || DEFAULT_NAMESPACE
  return {
    status: 200,
    headers: { 'content-type': 'application/yaml' },
    body: renderKubeconfig({ ...where, token: tokenFor(parts, request), namespace }),
  }
}

function tokenFor({ tokens, clock }: KubeconfigParts, request: ApiRequest): string {
  const nowMs = clock.nowMs()
  const given = givenToken(request)
  if (given === undefined) {
    const role = wordQuery(request.query, 'role', ROLES) ?? 'admin'
    const expiry = expiryAfter(countQuery(request.query, 'expiresInSeconds'), nowMs)
    return tokens.issue({ name: `kubeconfig-${role}`, role, ...expiry }, nowMs)
  }
  if (tokens.verify(given, nowMs)) return given
  throw badRequest('the token is not one of this controller’s, was revoked, or has expired')
}

function givenToken(request: ApiRequest): string | undefined {
  if (bodyText(request).trim() === '') return undefined
  const { token }: JsonObject = parseObjectBody(request)
  return typeof token === 'string' ? token : undefined
}
