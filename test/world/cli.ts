import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RouteExtension } from '../../src/apiserver/api-handler.ts'
import type { LogLine, LogRequest } from '../../src/apiserver/ports.ts'
import { createEventLogRoute } from '../../src/apiserver/routes/event-log.ts'
import { createHistoryRoute } from '../../src/apiserver/routes/history.ts'
import { createKubeconfigRoute } from '../../src/apiserver/routes/kubeconfig.ts'
import { createTokenRoute } from '../../src/apiserver/routes/tokens.ts'
import { type ApiServer, createApiServer } from '../../src/apiserver/server.ts'
import { ensureTls } from '../../src/apiserver/tls.ts'
import { createTokens } from '../../src/apiserver/tokens.ts'
import { connect } from '../../src/cli/connect.ts'
import type { CliContext, Programs } from '../../src/cli/context.ts'
import { runProgram } from '../../src/cli/program.ts'
import { parseEnvironment } from '../../src/config.ts'
import { LABEL, resourceId } from '../../src/kinds/event.ts'
import { type CapstanObject, KINDS, type Kind, type ObjectKey } from '../../src/kinds/meta.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'
import type { EventInput } from '../../src/store/types.ts'
import { recordingLog } from './recording-log.ts'
import { validator } from './validator.ts'

export interface CliResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  readonly stdin?: string
  readonly programs?: Partial<Programs>
  /** Called with each piece of stdout, for commands that do not end by themselves. */
  readonly onOutput?: (soFar: string) => void
}

/** The command line and the API server in one process, with a socket between them; no controller and no AWS. */
export interface CliWorld {
  readonly directory: string
  readonly socket: string
  readonly store: SqliteStore
  /** What `logs` reads. */
  readonly lines: LogLine[]
  run(line: string | readonly string[], options?: CliOptions): Promise<CliResult>
  /** Writes status as the kind's controller would. Everything here is in the namespace `default`. */
  setStatus(kind: Kind, name: string, status: JsonObject): void
  recordEvent(kind: Kind, name: string, event: Omit<EventInput, 'regarding'>): void
  /** Puts `capstan.run.STATE` into the event log, with the payload `of NAME`. */
  recordLogged(name: string, state: string): void
  /** Takes the finalizers off, as a controller does when the task has stopped. */
  release(kind: Kind, name: string): void
  onceCreated(kind: Kind, name: string, listener: () => void): void
  onceDeleting(kind: Kind, name: string, listener: () => void): void
  /** Serves HTTPS as well, as kubectl needs it; certificates are made anew. */
  listenHttps(): Promise<void>
  /** Removes all objects and events of all namespaces, and the log lines. */
  clear(): void
  close(): Promise<void>
}

export async function startCliWorld(): Promise<CliWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'capstan-cli-'))
  const socket = join(directory, 'capstan.sock')
  const store = openStore({ path: ':memory:', random: systemRandom, nowMs: systemClock.nowMs() })
  const lines: LogLine[] = []
  let endpoint: HttpsEndpoint | undefined
  const tokens = createTokens(store, systemRandom)
  const server = startServer(store, lines, [
    createKubeconfigRoute({ tokens, clock: systemClock, endpoint: () => endpoint }),
    createTokenRoute({ tokens, clock: systemClock }),
    createHistoryRoute(store),
    createEventLogRoute({ store, clock: systemClock }),
  ])
  await server.listenUnix(socket)
  const find = (kind: Kind, name: string): CapstanObject => {
    const object = store.objects.get(keyOf(kind, name))
    if (!object) throw new Error(`there is no ${kind} ${name}`)
    return object
  }
  return {
    directory,
    socket,
    store,
    lines,
    run: (line, options = {}) => runLine({ directory, socket }, line, options),
    setStatus(kind, name, status) {
      const { uid } = find(kind, name).metadata
      store.transaction(() => store.objects.setStatus(keyOf(kind, name), uid, status))
    },
    recordEvent(kind, name, event) {
      const regarding = { ...keyOf(kind, name), uid: find(kind, name).metadata.uid }
      store.transaction(() => store.events.record({ ...event, regarding }, systemClock.nowMs()))
    },
    recordLogged(name, state) {
      const nowMs = systemClock.nowMs()
      const runUid = find('Run', name).metadata.uid
      const resource = { [LABEL.id]: resourceId('run', runUid), [LABEL.name]: name }
      const times = { occurredAtMs: nowMs, receivedAtMs: nowMs }
      const event = `capstan.run.${state}`
      const about = { namespace: 'default', resource, related: [], runUid }
      const payload = { message: `of ${name}` }
      store.transaction(() => store.eventLog.append([{ ...times, event, ...about, payload }]))
    },
    release: (kind, name) => removeFinalizers(store, find(kind, name)),
    onceCreated: (kind, name, listener) => once(store, keyOf(kind, name), () => true, listener),
    onceDeleting(kind, name, listener) {
      const isDeleting = () =>
        store.objects.get(keyOf(kind, name))?.metadata.deletionTimestamp !== undefined
      once(store, keyOf(kind, name), isDeleting, listener)
    },
    async listenHttps() {
      const tls = ensureTls({
        directory: join(directory, 'tls'),
        hosts: ['127.0.0.1'],
        nowMs: systemClock.nowMs(),
      })
      const verifyToken = (token: string) => tokens.verify(token, systemClock.nowMs())
      const port = await server.listenTcp({
        host: '127.0.0.1',
        port: 0,
        tls,
        hostNames: [],
        verifyToken,
      })
      const { certificateAuthority } = tls
      endpoint = { server: `https://127.0.0.1:${port}`, certificateAuthority }
    },
    clear() {
      lines.length = 0
      store.transaction(() => store.events.prune(0))
      for (const kind of KINDS) {
        for (const { metadata } of store.objects.list({ kind })) {
          const key = { kind, namespace: metadata.namespace, name: metadata.name }
          store.transaction(() => store.objects.markDeleted(key, systemClock.nowMs()))
          const left = store.objects.get(key)
          if (left) removeFinalizers(store, left)
        }
      }
    },
    async close() {
      await server.close()
      store.close()
      rmSync(directory, { recursive: true })
    },
  }
}

function keyOf(kind: Kind, name: string): ObjectKey {
  return { kind, namespace: 'default', name }
}

function removeFinalizers(store: SqliteStore, { kind, metadata }: CapstanObject): void {
  const { namespace, name, uid, finalizers = [] } = metadata
  store.transaction(() => {
    for (const finalizer of finalizers) {
      store.objects.removeFinalizer({ kind, namespace, name }, uid, finalizer)
    }
  })
}

/** Calls the listener after the first change of the object for which `isIt` holds. */
function once(store: SqliteStore, key: ObjectKey, isIt: () => boolean, listener: () => void): void {
  const unsubscribe = store.subscribe((changes) => {
    const isAbout = changes.some(({ kind, name }) => kind === key.kind && name === key.name)
    if (!isAbout || !isIt()) return
    unsubscribe()
    listener()
  })
}

interface HttpsEndpoint {
  readonly server: string
  readonly certificateAuthority: string
}

function startServer(
  store: SqliteStore,
  lines: readonly LogLine[],
  extensions: readonly RouteExtension[],
): ApiServer {
  return createApiServer({
    store,
    clock: systemClock,
    random: systemRandom,
    log: recordingLog(),
    validate: validator.object,
    readLogs: (request) => readLines(request, lines),
    health: { live: () => [], ready: () => [] },
    version: '0.0.0-test',
    extensions,
  })
}

async function* readLines(request: LogRequest, lines: readonly LogLine[]): AsyncIterable<LogLine> {
  yield* request.tailLines === undefined ? lines : lines.slice(-request.tailLines)
}

async function runLine(
  { directory, socket }: Pick<CliWorld, 'directory' | 'socket'>,
  line: string | readonly string[],
  options: CliOptions,
): Promise<CliResult> {
  const environment = parseEnvironment({
    variables: { CAPSTAN_SOCKET: socket },
    programPath: '/bin/capstan',
    cwd: directory,
    home: directory,
  })
  const output = { stdout: '', stderr: '' }
  const terminal = (name: 'stdout' | 'stderr') => ({
    write(chunk: string | Uint8Array) {
      output[name] += typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
      if (name === 'stdout') options.onOutput?.(output.stdout)
    },
    drained: () => Promise.resolve(),
    isTTY: false,
    colour: false,
  })
  const context: CliContext = {
    environment,
    stdout: terminal('stdout'),
    stderr: terminal('stderr'),
    clock: systemClock,
    random: systemRandom,
    readStdin: () => Promise.resolve(options.stdin ?? ''),
    connect: (flags) =>
      connect(flags, environment, (text) => {
        output.stderr += `Warning: ${text}\n`
      }),
    programs: { ...NO_PROGRAMS, ...options.programs },
  }
  const words = typeof line === 'string' ? line.split(' ') : line
  const exitCode = await runProgram(context, words)
  return { exitCode, ...output }
}

const refuse = (): never => {
  throw new Error('this test starts no program')
}

const NO_PROGRAMS: Programs = {
  runController: refuse,
  backUpOffline: refuse,
  serveEmulator: refuse,
  openEditor: refuse,
  buildKustomization: refuse,
}
