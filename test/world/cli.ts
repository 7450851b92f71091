import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { LogLine, LogRequest } from '../../src/apiserver/ports.ts'
import { type ApiServer, createApiServer } from '../../src/apiserver/server.ts'
import { connect } from '../../src/cli/connect.ts'
import type { CliContext, Programs } from '../../src/cli/context.ts'
import { runProgram } from '../../src/cli/program.ts'
import { parseEnvironment } from '../../src/config.ts'
import type { Kind } from '../../src/kinds/meta.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createValidator } from '../../src/manifest/validator.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'

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
  /** Writes status as the kind's controller would. */
  setStatus(kind: Kind, name: string, status: JsonObject): void
  close(): Promise<void>
}

export async function startCliWorld(): Promise<CliWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'capstan-cli-'))
  const socket = join(directory, 'capstan.sock')
  const store = openStore({ path: ':memory:', random: systemRandom, nowMs: systemClock.nowMs() })
  const lines: LogLine[] = []
  const server = await startServer(store, lines)
  await server.listenUnix(socket)
  return {
    directory,
    socket,
    store,
    lines,
    run: (line, options = {}) => runLine({ directory, socket }, line, options),
    setStatus(kind, name, status) {
      const key = { kind, namespace: 'default', name }
      const object = store.objects.get(key)
      if (!object) throw new Error(`there is no ${kind} ${name}`)
      store.transaction(() => store.objects.setStatus(key, object.metadata.uid, status))
    },
    async close() {
      await server.close()
      store.close()
      rmSync(directory, { recursive: true })
    },
  }
}

async function startServer(store: SqliteStore, lines: readonly LogLine[]): Promise<ApiServer> {
  const validator = createValidator()
  const silent = (): void => {}
  return createApiServer({
    store,
    clock: systemClock,
    random: systemRandom,
    log: { info: silent, warn: silent, error: silent },
    validate: () => [],
    readLogs: (request) => readLines(request, lines),
    health: { live: () => [], ready: () => [] },
    version: '0.0.0-test',
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
  serveEmulator: refuse,
  openEditor: refuse,
  buildKustomization: refuse,
}
