import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import { type Clock, sleep } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import { createServer } from '../lib/http.ts'
import type { Random } from '../lib/random.ts'
import type { Emulator } from './emulator.ts'
import { AwsError } from './errors.ts'
import { type AccessRules, accessProblem, isLoopback } from './http-access.ts'
import { type HttpAnswer, parseHttpRequest, renderError, renderReply } from './wire.ts'

export interface ServeOptions {
  readonly emulator: Emulator
  readonly clock: Clock
  readonly random: Random
  /** Address to listen on; loopback by default, because RunTask can run programs here. */
  readonly host?: string
  /** 0, the default: any free port. */
  readonly port?: number
  /** When given, requests must be signed with this access key id. */
  readonly accessKeyId?: string
}

export interface ServedEmulator {
  readonly url: string
  readonly port: number
  /** Stops listening and breaks open connections. */
  close(): Promise<void>
}

/** More than the largest body of the emulated services (a PutLogEvents batch of 1 MiB as JSON). */
const MAX_BODY_BYTES = 4 * 1024 * 1024

/** Serves the emulator over HTTP: one address for all services, as AWS_ENDPOINT_URL wants it. */
export async function serveEmulator(options: ServeOptions): Promise<ServedEmulator> {
  const { host = '127.0.0.1', port = 0, accessKeyId } = options
  const rules: AccessRules = {
    checkHost: isLoopback(host),
    ...(accessKeyId !== undefined && { accessKeyId }),
  }
  const server = createServer((request, response) => {
    void answer(options, rules, request, response)
  })
  await listen(server, host, port)
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const name = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${name}:${address.port}`,
    port: address.port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

async function answer(
  options: ServeOptions,
  rules: AccessRules,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const requestId = options.random.uuid()
  try {
    const body = await readBody(request)
    const reply = await handle(options, rules, request, { body, requestId })
    if (reply === 'Reset') request.socket.resetAndDestroy()
    else send(response, reply, requestId)
  } catch (error) {
    // A fault of the emulator itself, or a caller that went away in the middle of its request.
    if (response.destroyed || request.errored) response.destroy()
    else send(response, renderError(internalFailure(error), 'ecs', requestId), requestId)
  }
}

async function handle(
  { emulator, clock }: ServeOptions,
  rules: AccessRules,
  request: IncomingMessage,
  { body, requestId }: { readonly body: string | undefined; readonly requestId: string },
): Promise<HttpAnswer | 'Reset'> {
  const problem = accessProblem(request.headers, rules) ?? sizeProblem(body)
  if (problem) return renderError(problem, 'ecs', requestId)
  const parsed = parseHttpRequest(request.method, request.headers, body ?? '')
  if (parsed.type === 'Refused') return renderError(parsed.error, parsed.service, requestId)
  const reply = emulator.handle(parsed.request)
  if (reply.delayMs > 0) await sleep(clock, reply.delayMs)
  return reply.type === 'Reset' ? 'Reset' : renderReply(parsed.request, reply, requestId)
}

function send(response: ServerResponse, reply: HttpAnswer, requestId: string): void {
  const body = Buffer.from(reply.body)
  response.writeHead(reply.status, {
    'content-type': reply.contentType,
    'content-length': body.length,
    'x-amzn-RequestId': requestId,
  })
  response.end(body)
}

/** The body as text; undefined when it is too large. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request) {
    const buffer = Buffer.from(chunk as Uint8Array)
    bytes += buffer.length
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(buffer)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function sizeProblem(body: string | undefined): AwsError | undefined {
  if (body !== undefined) return undefined
  return new AwsError(
    'RequestEntityTooLargeException',
    `The body is over ${MAX_BODY_BYTES} bytes.`,
    413,
  )
}

function internalFailure(error: unknown): AwsError {
  return new AwsError('InternalFailure', `The emulator failed: ${errorMessage(error)}`, 500)
}
