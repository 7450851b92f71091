import type { Clock } from '../lib/clock.ts'
import type { Log } from '../runtime/logger.ts'
import type { RouteExtension } from './api-handler.ts'
import { ApiError, noSuchPath } from './errors.ts'
import { HttpListener } from './listener.ts'
import { toRefusal } from './refusal.ts'
import { ANONYMOUS, type ApiRequest, type ApiResponse } from './request.ts'
import { errorResponse } from './status.ts'

export interface IntakeParts {
  /** Only their paths that check their callers themselves are served. */
  readonly routes: readonly RouteExtension[]
  readonly clock: Clock
  readonly log: Log
}

/**
 * A plain HTTP listener for what tasks send: heartbeats and events, each with a token of its own. Nothing of the
 * API can be reached through it, whatever token somebody has.
 */
export function createIntakeListener({ routes, clock, log }: IntakeParts): HttpListener {
  const publicRoutes = (path: string): readonly RouteExtension[] =>
    routes.filter((route) => route.isPublic?.(path))
  return new HttpListener({
    clock,
    log,
    admit: () => ANONYMOUS,
    maxBodyBytes: (path) => maxBodyBytes(publicRoutes(path), path),
    upgrade: (request, socket, head) =>
      publicRoutes(pathOf(request.url)).some(
        (route) => route.upgrade?.(request, socket, head) ?? false,
      ),
    handle: (request) => answer(publicRoutes(request.path), request, log),
  })
}

/** The smallest that one of the routes names; undefined: what the API takes. */
export function maxBodyBytes(routes: readonly RouteExtension[], path: string): number | undefined {
  const limits = routes.flatMap((route) => route.maxBodyBytes?.(path) ?? [])
  return limits.length === 0 ? undefined : Math.min(...limits)
}

function pathOf(url = '/'): string {
  return url.split('?')[0] ?? url
}

async function answer(
  routes: readonly RouteExtension[],
  request: ApiRequest,
  log: Log,
): Promise<ApiResponse> {
  try {
    for (const route of routes) {
      const response = await route.handle(request)
      if (response) return response
    }
    throw noSuchPath()
  } catch (error) {
    const refusal = toRefusal(error)
    if (!(refusal instanceof ApiError)) {
      log.error('request failed', { error, method: request.method, path: request.path })
    }
    return errorResponse(refusal)
  }
}
