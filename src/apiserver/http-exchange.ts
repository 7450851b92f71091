import type { IncomingMessage, ServerResponse } from 'node:http'
import { MAX_BODY_BYTES } from './body.ts'
import { ApiError, badRequest } from './errors.ts'
import type { ApiRequest, ApiResponse, StreamBody, StreamSink, User } from './request.ts'

/** Turns node's messages into the API's requests and its answers back; knows no routes. */

/** Go's clients send about ten. Many small ones fit into the limit of bytes and cost more than it says. */
const MAX_HEADERS = 256

/** Throws a refusal for more headers than anyone needs. */
export function checkHeaderCount({ rawHeaders }: IncomingMessage): void {
  if (rawHeaders.length / 2 > MAX_HEADERS) {
    throw badRequest(`the request has more than ${MAX_HEADERS} headers`)
  }
}

/** Reads the body and takes the URL apart. Rejects with 413 for a body over the limit. */
export async function readRequest(
  message: IncomingMessage,
  user: User,
  maxBytes: number = MAX_BODY_BYTES,
): Promise<ApiRequest> {
  const { path, query } = splitUrl(message.url ?? '/')
  const body = await readBody(message, maxBytes)
  return { method: message.method ?? 'GET', path, query, headers: flatHeaders(message), body, user }
}

/** The path as sent, and the query. An absolute-form target (a proxy's) is cut to its path. */
export function splitUrl(target: string): {
  readonly path: string
  readonly query: URLSearchParams
} {
  const origin = /^https?:\/\/[^/?#]*/.exec(target)?.[0] ?? ''
  const rest = target.slice(origin.length)
  const mark = rest.indexOf('?')
  const path = mark < 0 ? rest : rest.slice(0, mark)
  if (!path.startsWith('/')) throw badRequest('the request target has no path')
  return { path, query: new URLSearchParams(mark < 0 ? '' : rest.slice(mark + 1)) }
}

export function flatHeaders(message: IncomingMessage): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(message.headers).flatMap(([name, value]) => {
      if (value === undefined) return []
      return [[name, Array.isArray(value) ? value.join(', ') : value]]
    }),
  )
}

/**
 * How much of a body that is too large is read and thrown away: a client that is still sending when the connection
 * is closed may never see why. Twice what is taken; a client that sends more is cut off.
 */
const MAX_DISCARDED_BYTES = 2 * MAX_BODY_BYTES

async function readBody(message: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const announced = Number(message.headers['content-length'] ?? 0)
  if (announced > maxBytes + MAX_DISCARDED_BYTES) throw bodyTooLarge(maxBytes)
  let chunks: Buffer[] = []
  let length = 0
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > maxBytes + MAX_DISCARDED_BYTES) break
    if (announced > maxBytes || length > maxBytes) chunks = []
    else chunks.push(chunk)
  }
  if (length > maxBytes) throw bodyTooLarge(maxBytes)
  return chunks.length === 1 ? (chunks[0] ?? Buffer.alloc(0)) : Buffer.concat(chunks)
}

function bodyTooLarge(maxBytes: number): ApiError {
  return new ApiError('RequestEntityTooLarge', `limit is ${maxBytes} bytes`)
}

/** Is told how much was handed over to be sent. */
export type OnWrite = (bytes: number) => void

/** Writes an answer. Returns what ends it early when it streams. */
export function writeResponse(
  answer: ApiResponse,
  response: ServerResponse,
  onWrite: OnWrite,
): (() => void) | undefined {
  if (response.destroyed) {
    // The client left before the answer began.
    if (typeof answer.body === 'function') dropStream(answer.body)
    return undefined
  }
  for (const [name, value] of Object.entries(answer.headers)) {
    response.setHeader(name, typeof value === 'string' ? value : [...value])
  }
  response.setHeader('cache-control', answer.headers['cache-control'] ?? 'no-cache, private')
  if (typeof answer.body !== 'function') {
    response.writeHead(answer.status)
    response.end(answer.body)
    onWrite(answer.body.length)
    return undefined
  }
  response.writeHead(answer.status)
  response.flushHeaders()
  return startStream(answer.body, response, onWrite)
}

/** Starts a stream for nobody and ends it, so that it lets go of what it holds. */
export function dropStream(body: StreamBody): void {
  body(NULL_SINK)()
}

const NULL_SINK: StreamSink = {
  write: () => undefined,
  end: () => undefined,
  bufferedBytes: () => 0,
  drained: () => Promise.resolve(),
}

function startStream(body: StreamBody, response: ServerResponse, onWrite: OnWrite): () => void {
  const stop = body(createSink(response, onWrite))
  let stopped = false
  const stopOnce = (): void => {
    if (stopped) return
    stopped = true
    stop()
  }
  response.once('close', stopOnce)
  return () => {
    stopOnce()
    response.end()
  }
}

function createSink(response: ServerResponse, onWrite: OnWrite): StreamSink {
  return {
    write(chunk) {
      if (response.destroyed || response.writableEnded) return
      response.write(chunk)
      onWrite(chunk.length)
    },
    end() {
      if (!response.writableEnded) response.end()
    },
    bufferedBytes: () => response.writableLength,
    drained() {
      return new Promise((resolve) => {
        // Even with room to write, others get their turn before the next page is made.
        if (!response.writableNeedDrain || response.destroyed) {
          setImmediate(resolve)
          return
        }
        response.once('drain', resolve)
        response.once('close', resolve)
      })
    },
  }
}
