import { type ApiHandler, createApiHandler } from '../../src/apiserver/api-handler.ts'
import { type LogLine, type LogRequest, LogsUnavailableError } from '../../src/apiserver/ports.ts'
import type { ApiResponse, Role, StreamSink, User } from '../../src/apiserver/request.ts'
import { KINDS } from '../../src/kinds/meta.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { SqliteStore } from '../../src/store/open.ts'
import { FakeClock } from './fake-clock.ts'
import { recordingLog } from './recording-log.ts'
import { seededRandom } from './seeded-random.ts'
import { openTestStore } from './test-store.ts'
import { validator } from './validator.ts'

// biome-ignore lint/suspicious/noExplicitAny: answers are looked into without a type
// oxlint-disable-next-line typescript/no-explicit-any
export type Answer = any

export interface RequestOptions {
  /** Objects go as JSON, text and bytes as they are. */
  readonly body?: unknown
  readonly type?: string
  readonly accept?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly role?: Role
}

export interface Reply {
  readonly status: number
  readonly headers: ApiResponse['headers']
  /** Parsed where it is JSON. */
  readonly body: Answer
}

/** An open watch or log. Frames are the parsed lines so far. */
export interface OpenStream {
  readonly response: ApiResponse
  readonly text: () => string
  readonly frames: () => readonly Answer[]
  readonly isEnded: () => boolean
  /** What the client has not taken yet; set it to play a slow one. */
  bufferedBytes: number
  stop(): void
}

/** The API without sockets over a real store in memory; time stands still. */
export interface ApiWorld {
  readonly store: SqliteStore
  readonly clock: FakeClock
  readonly log: ReturnType<typeof recordingLog>
  /** What the log port gives, and what it was asked. */
  readonly lines: LogLine[]
  readonly logRequests: LogRequest[]
  logProblem: string | undefined
  send(method: string, target: string, options?: RequestOptions): Promise<Reply>
  open(target: string, options?: RequestOptions): Promise<OpenStream>
  close(): void
}

export const PREFIX = '/apis/capstan.dev/v1/namespaces/default'
export const RUNS = `${PREFIX}/runs`
export const POOLS = `${PREFIX}/workpools`
export const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json'
export const MERGE = 'application/merge-patch+json'
export const JSON_PATCH = 'application/json-patch+json'
export const APPLY = 'application/apply-patch+yaml'

export function createApiWorld(): ApiWorld {
  const store = openTestStore()
  const clock = new FakeClock()
  store.transaction(() => store.objects.ensureNamespace('default', 'uid-default', clock.nowMs()))
  const log = recordingLog()
  const lines: LogLine[] = []
  const logRequests: LogRequest[] = []
  const handler = createApiHandler({
    store,
    clock,
    random: seededRandom(7),
    log,
    validate: validator.object,
    version: '1.2.3',
    health: {
      live: () => [{ name: 'ping', ok: true }],
      ready: () => [
        { name: 'store', ok: true },
        { name: 'sources', ok: false, message: 'not read yet' },
      ],
    },
    async *readLogs(request) {
      logRequests.push(request)
      if (world.logProblem !== undefined) throw new LogsUnavailableError(world.logProblem)
      yield* lines
    },
  })
  const world: ApiWorld = {
    store,
    clock,
    log,
    lines,
    logRequests,
    logProblem: undefined,
    send: (method, target, options = {}) => send(handler, { method, target }, options),
    open: (target, options = {}) => open(handler, target, options),
    close() {
      handler.close()
      store.close()
    },
  }
  return world
}

function userOf(role: Role): User {
  return { name: `test:${role}`, groups: [], role }
}

function call(
  handler: ApiHandler,
  { method, target }: { readonly method: string; readonly target: string },
  { body, type, accept, headers = {}, role = 'admin' }: RequestOptions,
): Promise<ApiResponse> {
  const [path = '', query = ''] = target.split('?')
  return handler.handle({
    method,
    path,
    query: new URLSearchParams(query),
    headers: {
      ...(type === undefined ? {} : { 'content-type': type }),
      ...(accept === undefined ? {} : { accept }),
      'user-agent': 'test/1.0',
      ...headers,
    },
    body: toBytes(body),
    user: userOf(role),
  })
}

function toBytes(body: unknown): Uint8Array {
  if (body === undefined) return new Uint8Array()
  if (body instanceof Uint8Array) return body
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
}

async function send(
  handler: ApiHandler,
  request: { readonly method: string; readonly target: string },
  options: RequestOptions,
): Promise<Reply> {
  const { status, headers, body } = await call(handler, request, options)
  if (typeof body === 'function') throw new Error(`${request.target} streams: open it`)
  const type = String(headers['content-type'] ?? '')
  const isJson = type.startsWith('application/json') && typeof body === 'string'
  return { status, headers, body: isJson ? JSON.parse(body) : body }
}

async function open(
  handler: ApiHandler,
  target: string,
  options: RequestOptions,
): Promise<OpenStream> {
  const response = await call(handler, { method: 'GET', target }, options)
  if (typeof response.body !== 'function') {
    throw new Error(`${target} does not stream: ${String(response.body)}`)
  }
  let text = ''
  let ended = false
  let stopBody = (): void => {}
  const stream: OpenStream = {
    response,
    text: () => text,
    frames: () =>
      text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line)),
    isEnded: () => ended,
    bufferedBytes: 0,
    stop: () => stopBody(),
  }
  const sink: StreamSink = {
    write(chunk) {
      text += chunk
    },
    end() {
      ended = true
    },
    bufferedBytes: () => stream.bufferedBytes,
    drained: () => new Promise((resolve) => setImmediate(resolve)),
  }
  stopBody = response.body(sink)
  return stream
}

/** A Run body; `spec` beside an image. */
export function runBody(name: string, different: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'capstan.dev/v1',
    kind: 'Run',
    metadata: { name },
    spec: { template: { image: 'busybox' } },
    ...different,
  }
}

export function poolBody(name: string, different: JsonObject = {}): JsonObject {
  return {
    apiVersion: 'capstan.dev/v1',
    kind: 'WorkPool',
    metadata: { name },
    spec: { concurrencyLimit: 5 },
    ...different,
  }
}

/** Names of all objects of all kinds, for looking at what is left. */
export function namesIn(store: SqliteStore): readonly string[] {
  return KINDS.flatMap((kind) =>
    store.objects.list({ kind }).map(({ metadata }) => `${kind}/${metadata.name}`),
  )
}
