import { DEFAULT_NAMESPACE } from '../../kinds/meta.ts'
import type { Clock } from '../../lib/clock.ts'
import type { RouteExtension } from '../api-handler.ts'
import { ApiError, forbidden, methodNotAllowed } from '../errors.ts'
import { renderKubeconfig } from '../kubeconfig.ts'
import { wordQuery } from '../query.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'
import { ROLES } from '../request.ts'
import type { Tokens } from '../tokens.ts'

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

/** `GET /capstan/kubeconfig?role=admin&namespace=default`: a kubeconfig with a token of its own, for admins. */
export function createKubeconfigRoute(parts: KubeconfigParts): RouteExtension {
  return {
    handle(request) {
      return request.path === KUBECONFIG_PATH ? answer(parts, request) : undefined
    },
  }
}

function answer({ tokens, clock, endpoint }: KubeconfigParts, request: ApiRequest): ApiResponse {
  if (request.method !== 'GET') throw methodNotAllowed()
  if (request.user.role !== 'admin') throw forbidden('only an admin may make kubeconfigs')
  const where = endpoint()
  if (!where) {
    throw new ApiError(
      'ServiceUnavailable',
      'the controller serves its unix socket alone: start it with --listen HOST:PORT to use kubectl',
    )
  }
  const role = wordQuery(request.query, 'role', ROLES) ?? 'admin'
  const namespace = request.query.get('namespace') || DEFAULT_NAMESPACE
  const token = tokens.issue({ name: `kubeconfig-${role}`, role }, clock.nowMs())
  return {
    status: 200,
    headers: { 'content-type': 'application/yaml' },
    body: renderKubeconfig({ ...where, token, namespace }),
  }
}
