import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { finishForegroundDeletion } from '../store/cascade.ts'
import type { Store } from '../store/types.ts'
import { createDispatcher } from './dispatch.ts'
import { ApiError, forbidden } from './errors.ts'
import type { ApiContext } from './ports.ts'
import { toRefusal } from './refusal.ts'
import type { ApiRequest, ApiResponse } from './request.ts'
import { errorResponse } from './status.ts'
import { createWatchHub } from './watch-hub.ts'

export interface ApiHandlerParts extends Omit<ApiContext, 'hub'> {
  /** Paths outside of the Kubernetes API: metrics, heartbeats, the event log. First answer wins. */
  readonly extensions?: readonly RouteExtension[]
  /** Called for every answer; for a stream when it begins. */
  readonly onAnswer?: (method: string, status: number) => void
}

/** Answers the requests to its own paths; undefined for all others. */
export interface RouteExtension {
  /** Paths that it answers without a bearer token; it checks its callers itself. */
  isPublic?(path: string): boolean
  /** Largest body that it takes at a path of its own; undefined for all others. */
  maxBodyBytes?(path: string): number | undefined
  handle(request: ApiRequest): ApiResponse | Promise<ApiResponse> | undefined
  /** Takes a connection over (WebSocket); returns whether it did. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): boolean
}

export interface ApiHandler {
  /** Answers one request. Never rejects: what goes wrong becomes a Status. */
  readonly handle: (request: ApiRequest) => Promise<ApiResponse>
  close(): void
}

/** The API without any socket. */
export function createApiHandler(parts: ApiHandlerParts): ApiHandler {
  const { store, log, extensions = [] } = parts
  const hub = createWatchHub(store)
  const context: ApiContext = { ...parts, hub }
  const dispatch = createDispatcher(context)
  const unsubscribe = finishForegroundDeletions(store)

  function answer(request: ApiRequest): ApiResponse | Promise<ApiResponse> {
    refuseImpersonation(request)
    for (const extension of extensions) {
      const response = extension.handle(request)
      if (response) return response
    }
    return dispatch(request)
  }

  async function answerAnything(request: ApiRequest): Promise<ApiResponse> {
    try {
      return await answer(request)
    } catch (error) {
      const refusal = toRefusal(error)
      if (!(refusal instanceof ApiError)) {
        log.error('request failed', { error, method: request.method, path: request.path })
      }
      return errorResponse(refusal)
    }
  }

  return {
    async handle(request) {
      const response = await answerAnything(request)
      parts.onAnswer?.(request.method, response.status)
      return response
    },
    close() {
      unsubscribe()
      hub.close()
    },
  }
}

/** kubectl's --as must be honoured or refused, never ignored. */
function refuseImpersonation({ headers }: ApiRequest): void {
  if (Object.keys(headers).some((name) => name.startsWith('impersonate-'))) {
    throw forbidden('impersonation is not supported')
  }
}

/** An owner that is deleted in the foreground goes after the last object that it owned. */
function finishForegroundDeletions(store: Store): () => void {
  return store.subscribe((changes) => {
    for (const { type, object } of changes) {
      if (type !== 'DELETED') continue
      for (const { uid } of object?.metadata.ownerReferences ?? [])
        finishForegroundDeletion(store, uid)
    }
  })
}
