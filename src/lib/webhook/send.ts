import type { IncomingMessage, RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { LookupFunction } from 'node:net'
import type { Clock } from '../clock.ts'
import { errorMessage } from '../errors.ts'
import { request as requestHttp, validateHeaderName, validateHeaderValue } from '../http.ts'
import type { AllowRule } from './address.ts'
import { createGuard, type Resolve, type Target } from './guard.ts'
import { isOwnHeader } from './own-headers.ts'

export interface WebhookRequest {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: none is sent. */
  readonly body: string | undefined
}

export type WebhookResult =
  | { readonly type: 'Delivered'; readonly status: number }
  /** Sending it again would end in the same way. */
  | { readonly type: 'Rejected'; readonly why: string }
  /** Whether it arrived is not known, or it may be taken later. */
  | { readonly type: 'Failed'; readonly why: string }

export interface WebhookSender {
  /** Sends once; never rejects. Texts name the host alone: paths, queries and headers may be secrets. */
  send(request: WebhookRequest, signal: AbortSignal): Promise<WebhookResult>
}

export interface WebhookSenderOptions {
  readonly allow: readonly AllowRule[]
  readonly resolve: Resolve
  readonly clock: Clock
}

/** From the first packet to the answer's status: receivers that need longer should answer first and work then. */
export const SEND_TIMEOUT_MS = 10_000

/** Bodies are messages, not files. */
export const MAX_BODY_BYTES = 262_144

/** Answers that ask for another try, besides every 5xx. */
const TRY_AGAIN: readonly number[] = [408, 425, 429]

export function createWebhookSender(options: WebhookSenderOptions): WebhookSender {
  const admit = createGuard(options)
  return {
    async send(request, signal) {
      const bytes = Buffer.byteLength(request.body ?? '')
      if (bytes > MAX_BODY_BYTES) {
        const why = `the body has ${bytes} bytes: at most ${MAX_BODY_BYTES} are sent`
        return { type: 'Rejected', why }
      }
      const wrong = headerProblem(request.headers)
      if (wrong !== undefined) return { type: 'Rejected', why: wrong }
      const admission = await admit(request.url)
      if (admission.type === 'Refused') return { type: 'Rejected', why: admission.why }
      if (admission.type === 'Unresolved') return { type: 'Failed', why: admission.why }
      return exchange(options.clock, request, admission.target, signal)
    },
  }
}

/** Names the header at fault; values may be secrets. */
function headerProblem(headers: WebhookRequest['headers']): string | undefined {
  for (const [name, value] of Object.entries(headers)) {
    try {
      validateHeaderName(name)
      validateHeaderValue(name, value)
    } catch {
      return `the header ${JSON.stringify(name)} cannot be sent: its name or its value holds a character that HTTP does not have`
    }
  }
  return undefined
}

async function exchange(
  clock: Clock,
  request: WebhookRequest,
  target: Target,
  signal: AbortSignal,
): Promise<WebhookResult> {
  const { host } = target.url
  const giveUp = new AbortController()
  const cancel = clock.after(SEND_TIMEOUT_MS, () =>
    giveUp.abort(new Error(`no answer within ${SEND_TIMEOUT_MS / 1000} s`)),
  )
  try {
    const status = await ask(request, target, AbortSignal.any([signal, giveUp.signal]))
    return verdict(host, status)
  } catch (error) {
    const reason: unknown = giveUp.signal.aborted ? giveUp.signal.reason : error
    return { type: 'Failed', why: `${host}: ${errorMessage(reason)}` }
  } finally {
    cancel()
  }
}

function verdict(host: string, status: number): WebhookResult {
  if (status >= 200 && status < 300) return { type: 'Delivered', status }
  const why = `${host} answered ${status}`
  if (status >= 300 && status < 400) {
    return { type: 'Rejected', why: `${why}: redirects are not followed` }
  }
  if (status >= 500 || TRY_AGAIN.includes(status)) return { type: 'Failed', why }
  return { type: 'Rejected', why }
}

/** The answer's status. Its body is not read: the connection is closed, however much would follow. */
function ask(request: WebhookRequest, target: Target, signal: AbortSignal): Promise<number> {
  return new Promise((resolve, reject) => {
    const onAnswer = (answer: IncomingMessage): void => {
      resolve(answer.statusCode ?? 0)
      answer.destroy()
    }
    const send = target.url.protocol === 'https:' ? requestHttps : requestHttp
    const outgoing = send(target.url, requestOptions(request, target, signal), onAnswer)
    outgoing.on('error', reject)
    outgoing.end(request.body)
  })
}

function requestOptions(
  { method, headers, body }: WebhookRequest,
  { address, family }: Target,
  signal: AbortSignal,
): RequestOptions {
  const allowed = Object.entries(headers).filter(([name]) => !isOwnHeader(name))
  return {
    method,
    signal,
    // One connection for one request: none is kept that was checked for another.
    agent: false,
    lookup: pinned(address, family),
    headers: {
      ...Object.fromEntries(allowed),
      ...(body !== undefined && { 'Content-Length': String(Buffer.byteLength(body)) }),
    },
  }
}

/** Answers every question of the connection with the address that was checked. */
function pinned(address: string, family: 4 | 6): LookupFunction {
  return (_host, options, callback) => {
    if (options.all) callback(null, [{ address, family }])
    else callback(null, address, family)
  }
}
