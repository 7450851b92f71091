import type { ClientRequest, IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import { errorMessage } from '../lib/errors.ts'
import { request as requestHttp } from '../lib/http.ts'
import { parseJson } from '../lib/json.ts'
import type { Endpoint, SocketEndpoint, UrlEndpoint } from './endpoint.ts'
import {
  AbsentControllerError,
  ApiError,
  CliError,
  parseStatus,
  UnreachableError,
} from './errors.ts'

export interface ApiRequest {
  readonly method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  readonly path: string
  /** Members that are undefined are left out. */
  readonly query?: Readonly<Record<string, string | undefined>>
  readonly accept?: string
  readonly contentType?: string
  /** Sent as JSON. */
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}

/** The Kubernetes API over HTTP. Refusals are thrown as ApiError; an API that is not there as CliError. */
export interface ApiClient {
  /** The parsed JSON body of the answer. */
  json(request: ApiRequest): Promise<unknown>
  /** The body as it arrives: watches and logs. */
  stream(request: ApiRequest): Promise<AsyncIterable<Buffer>>
}

/** Bound on one answer: a page of 500 objects of the largest size that the API takes is half of it. */
const MAX_ANSWER_BYTES = 3 * 2 ** 29

/** `onWarning` gets the text of each Warning header. */
export function createApiClient(endpoint: Endpoint, onWarning: (text: string) => void): ApiClient {
  async function open(request: ApiRequest): Promise<AsyncIterable<Buffer>> {
    const response = await send(endpoint, request)
    for (const text of parseWarnings(response.headers['warning'])) onWarning(text)
    const code = response.statusCode ?? 0
    const body = explained(endpoint, response)
    if (code < 400) return body
    throw new ApiError(parseStatus(parseJson(await readAll(body)), code))
  }
  return {
    async json(request) {
      const text = await readAll(await open(request))
      const value = parseJson(text)
      if (value === undefined) {
        throw new CliError(`the server's answer to ${request.path} is not JSON: is it Capstan?`)
      }
      return value
    },
    stream: open,
  }
}

async function send(endpoint: Endpoint, request: ApiRequest): Promise<IncomingMessage> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body)
  const outgoing = await startRequest(endpoint, request, headersOf(request, body))
  return new Promise((resolve, reject) => {
    outgoing.on('response', resolve)
    outgoing.on('error', (error) => reject(explainConnection(endpoint, error)))
    outgoing.end(body)
  })
}

function headersOf(request: ApiRequest, body: string | undefined): Record<string, string> {
  const headers = { accept: request.accept ?? 'application/json', 'user-agent': 'capstan' }
  if (body === undefined) return headers
  return {
    ...headers,
    'content-type': request.contentType ?? 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  }
}

async function startRequest(
  endpoint: Endpoint,
  request: ApiRequest,
  headers: Record<string, string>,
): Promise<ClientRequest> {
  const path = request.path + renderQuery(request.query ?? {})
  // One request per connection: a command makes few, and nothing is left to keep the process alive.
  const common = {
    method: request.method ?? 'GET',
    agent: false as const,
    ...(request.signal ? { signal: request.signal } : {}),
  }
  if (endpoint.type === 'Socket') {
    return requestHttp({ ...common, socketPath: endpoint.location.path, path, headers })
  }
  const url = new URL(endpoint.url.replace(/\/+$/, '') + path)
  const authorized = endpoint.token
    ? { ...headers, authorization: `Bearer ${endpoint.token}` }
    : headers
  if (url.protocol === 'http:') return requestHttp(url, { ...common, headers: authorized })
  // TLS takes a while to load, and the socket needs none.
  const https = await import('node:https')
  return https.request(url, { ...common, headers: authorized, ...tlsOptions(endpoint) })
}

function tlsOptions(endpoint: UrlEndpoint): RequestOptions {
  return {
    ...(endpoint.certificateAuthority ? { ca: endpoint.certificateAuthority } : {}),
    ...(endpoint.clientCertificate ? { cert: endpoint.clientCertificate } : {}),
    ...(endpoint.clientKey ? { key: endpoint.clientKey } : {}),
    ...(endpoint.tlsServerName ? { servername: endpoint.tlsServerName } : {}),
    rejectUnauthorized: endpoint.insecureSkipTlsVerify !== true,
  }
}

function renderQuery(query: Readonly<Record<string, string | undefined>>): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined) parameters.set(name, value)
  }
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** The body; a connection that breaks while it comes is told as one that cannot be made. */
async function* explained(
  endpoint: Endpoint,
  body: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer, void> {
  try {
    yield* body
  } catch (error) {
    if (!(error instanceof Error) || error.name === 'AbortError') throw error
    throw new UnreachableError(
      `the connection to the controller at ${placeOf(endpoint)} broke: ${error.message}`,
      { cause: error },
    )
  }
}

async function readAll(stream: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MAX_ANSWER_BYTES) throw new CliError('the answer of the server is too large')
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** The texts of `299 - "text"` warnings (RFC 7234 5.5), with the quoting taken off. */
export function parseWarnings(header: string | readonly string[] | undefined): readonly string[] {
  const text = typeof header === 'string' ? header : (header ?? []).join(', ')
  return [...text.matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) =>
    quoted.replace(/\\(.)/g, '$1'),
  )
}

/** Codes of a controller that is not there: no socket file, nobody listening, a path nobody can bind. */
const ABSENT_CODES: readonly string[] = ['ENOENT', 'ECONNREFUSED', 'ENOTSOCK', 'EINVAL']

/** Codes of a certificate whose authority Node does not know: the controller's own one, as a rule. */
const UNTRUSTED_CODES: readonly string[] = [
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
]

function explainConnection(endpoint: Endpoint, error: NodeJS.ErrnoException): Error {
  if (error.name === 'AbortError') return error
  if (endpoint.type === 'Socket' && ABSENT_CODES.includes(error.code ?? '')) {
    return new AbsentControllerError(explainAbsentController(endpoint), { cause: error })
  }
  const why =
    endpoint.type === 'Url' && UNTRUSTED_CODES.includes(error.code ?? '')
      ? 'its certificate is of an authority that is not trusted here: name the file of that authority with --certificate-authority (tls/ca.crt in the data directory), or use --kubeconfig with what capstan kubeconfig prints'
      : errorMessage(error)
  return new UnreachableError(`cannot reach the controller at ${placeOf(endpoint)}: ${why}`, {
    cause: error,
  })
}

function placeOf(endpoint: Endpoint): string {
  return endpoint.type === 'Socket' ? endpoint.location.path : endpoint.url
}

function explainAbsentController(endpoint: SocketEndpoint): string {
  const { path, source } = endpoint.location
  const why = source === 'found' || source === 'default' ? '' : ` (from ${source})`
  return [
    `no controller is running at ${path}${why}`,
    'Start one here:         capstan up DIR           (without an AWS account: capstan up DIR --local)',
    'Or name a running one:  --data DIR, --socket PATH, CAPSTAN_SOCKET, or --kubeconfig FILE',
  ].join('\n')
}
