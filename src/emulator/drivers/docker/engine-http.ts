import type { IncomingMessage, RequestOptions } from 'node:http'
import type { Clock } from '../../../lib/clock.ts'
import { errorMessage } from '../../../lib/errors.ts'
import { request } from '../../../lib/http.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts'
import type { EngineAddress } from './engine-address.ts'

/** The engine's answer was no: `message` is its own. */
export class EngineRefusal extends Error {
  override readonly name = 'EngineRefusal'
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

/** No answer came: the engine is not there, or it does not answer in time. */
export class EngineUnreachable extends Error {
  override readonly name = 'EngineUnreachable'
}

export interface EngineRequest {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly body?: JsonObject
  /** Until the answer begins; for `callEngine` until it has ended. Absent: CALL_TIMEOUT_MS. */
  readonly timeoutMs?: number | 'none'
  readonly signal?: AbortSignal
}

export interface EngineClient {
  readonly address: EngineAddress
  readonly clock: Clock
}

/** Answers of an engine that is well come within milliseconds; one that is starving under load still within this. */
export const CALL_TIMEOUT_MS = 60_000
/** Longest JSON answer that is read: a list of all containers of a busy machine is far below. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024

/** A call whose answer is read whole; undefined for an empty one. Throws EngineRefusal and EngineUnreachable. */
export async function callEngine(
  client: EngineClient,
  call: EngineRequest,
): Promise<Json | undefined> {
  return withTimeout(client, call, async (signal) => {
    const response = await send(client, { ...call, signal })
    const text = await readAll(response)
    return text === '' ? undefined : parseJson(text)
  })
}

/** A call whose answer is read as it comes. The time limit counts until it begins. */
export async function streamEngine(
  client: EngineClient,
  call: EngineRequest,
): Promise<IncomingMessage> {
  const { signal } = call
  return withTimeout(client, { ...call, timeoutMs: call.timeoutMs ?? 'none' }, (own) =>
    send(client, { ...call, signal: signal ?? own }),
  )
}

async function withTimeout<T>(
  { address, clock }: EngineClient,
  { timeoutMs = CALL_TIMEOUT_MS, signal, path }: EngineRequest,
  act: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = new AbortController()
  const cancel =
    timeoutMs === 'none'
      ? (): void => {}
      : clock.after(timeoutMs, () => {
          const text = `the container engine at ${address.text} has not answered ${path.split('?')[0]} within ${timeoutMs} ms`
          limit.abort(new EngineUnreachable(text))
        })
  try {
    return await act(signal ? AbortSignal.any([signal, limit.signal]) : limit.signal)
  } catch (error) {
    throw limit.signal.aborted ? limit.signal.reason : error
  } finally {
    cancel()
  }
}

function send(client: EngineClient, call: EngineRequest): Promise<IncomingMessage> {
  const { address } = client
  const body = call.body && JSON.stringify(call.body)
  return new Promise((resolve, reject) => {
    const outgoing = request(toOptions(address, call, body), (response) => {
      const { statusCode = 0 } = response
      if (statusCode < 400) resolve(response)
      else refuse(response, statusCode).catch(reject)
    })
    outgoing.once('error', (error) => reject(unreachable(address, error)))
    outgoing.end(body)
  })
}

function toOptions(
  address: EngineAddress,
  { method, path, signal }: EngineRequest,
  body: string | undefined,
): RequestOptions {
  const to =
    address.type === 'Socket'
      ? { socketPath: address.path }
      : { host: address.host, port: address.port }
  const headers = {
    host: 'engine',
    ...(body !== undefined && {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
    }),
  }
  // A connection of its own per call: a stale one would fail a call that changes something.
  return { ...to, method, path, headers, agent: false, ...(signal && { signal }) }
}

async function refuse(response: IncomingMessage, status: number): Promise<never> {
  const answer = parseJson(await readAll(response))
  const said = isJsonObject(answer) ? answer['message'] : undefined
  throw new EngineRefusal(status, typeof said === 'string' ? said.trim() : `HTTP ${status}`)
}

function unreachable(address: EngineAddress, error: Error): Error {
  if (error.name === 'AbortError') return error
  const text = `Cannot connect to the container engine at ${address.text}. Is it running? (${errorMessage(error)})`
  return new EngineUnreachable(text, { cause: error })
}

async function readAll(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      bytes += chunk.length
      if (bytes > MAX_ANSWER_BYTES) throw new Error(`its answer is over ${MAX_ANSWER_BYTES} bytes`)
      chunks.push(chunk)
    }
  } catch (error) {
    throw new EngineUnreachable(`the container engine broke off: ${errorMessage(error)}`, {
      cause: error,
    })
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseJson(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return text
  }
}
