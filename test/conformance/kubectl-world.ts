import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { renderKubeconfig } from '../../src/apiserver/kubeconfig.ts'
import type { LogLine } from '../../src/apiserver/ports.ts'
import { createApiServer } from '../../src/apiserver/server.ts'
import { ensureTls } from '../../src/apiserver/tls.ts'
import { createTokens } from '../../src/apiserver/tokens.ts'
import { textAt } from '../../src/apiserver/wire.ts'
import type { Kind, ObjectKey } from '../../src/kinds/meta.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { renderTime } from '../../src/lib/instant.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createValidator } from '../../src/manifest/validator.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'
import { recordingLog } from '../world/recording-log.ts'

export interface Kubectl {
  readonly name: string
  readonly path: string
  /** 33 of kubectl 1.33. */
  readonly minor: number
}

/** Every kubectl on PATH, and every kubectl.1.NN beside the file that one really is. */
export function findKubectls(): readonly Kubectl[] {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, 'kubectl'))
    .filter((path) => existsSync(path))
    .map((path) => realpathSync(path))
  const beside = onPath.flatMap((path) => {
    const folder = dirname(path)
    return readdirSync(folder)
      .filter((name) => /^kubectl\.1\.\d+$/.test(name))
      .map((name) => join(folder, name))
  })
  return [...new Set([...onPath, ...beside])]
    .map((path) => ({ path, name: basename(path), minor: minorOf(path) }))
    .toSorted((a, b) => a.minor - b.minor)
}

function minorOf(path: string): number {
  const text = execFileSync(path, ['version', '--client', '-o', 'json'], { encoding: 'utf8' })
  const version: unknown = JSON.parse(text)
  return Number.parseInt(textAt(version, 'clientVersion.minor'), 10)
}

export interface Result {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface RunOptions {
  readonly stdin?: string
  readonly env?: Readonly<Record<string, string>>
  /** Ends the program once its output matches, which then counts as success. */
  readonly until?: RegExp
}

/** A controller's API over HTTPS with nothing behind it. */
export interface World {
  /** Holds a file `kubeconfig`. */
  readonly directory: string
  readonly store: SqliteStore
  readonly lines: LogLine[]
  /** Writes status as the kind's controller would. */
  setStatus(kind: Kind, name: string, status: JsonObject): void
  recordEvent(kind: Kind, name: string, message: string): void
  /** A run that has ended, with one attempt. */
  recordRun(name: string): void
  /** Lets a deleted run go, as its controller does when the task has stopped. */
  release(name: string): void
  close(): Promise<void>
}

/** The same with a kubectl that has seen nothing yet. */
export interface KubectlWorld extends World {
  kubectl(args: readonly string[], options?: RunOptions): Promise<Result>
}

export async function startKubectlWorld({ path }: Kubectl): Promise<KubectlWorld> {
  const world = await startWorld()
  return { ...world, kubectl: (args, options = {}) => run(path, world.directory, args, options) }
}

export async function startWorld(): Promise<World> {
  const directory = mkdtempSync(join(tmpdir(), 'capstan-kubectl-'))
  const store = openStore({ path: ':memory:', random: systemRandom, nowMs: systemClock.nowMs() })
  store.transaction(() =>
    store.objects.ensureNamespace('default', systemRandom.uuid(), systemClock.nowMs()),
  )
  const lines: LogLine[] = []
  const server = createApiServer({
    store,
    clock: systemClock,
    random: systemRandom,
    log: recordingLog(),
    validate: createValidator().object,
    async *readLogs({ tailLines }) {
      yield* tailLines === undefined ? lines : lines.slice(-tailLines)
    },
    health: { live: () => [], ready: () => [{ name: 'store', ok: true }] },
    version: '1.2.3',
  })
  const config = await listen(server, { directory, store })
  writeFileSync(join(directory, 'kubeconfig'), config)
  const key = (kind: Kind, name: string): ObjectKey => ({ kind, namespace: 'default', name })
  const uidOf = (kind: Kind, name: string): string =>
    store.objects.get(key(kind, name))?.metadata.uid ?? ''
  return {
    directory,
    store,
    lines,
    setStatus(kind, name, status) {
      store.transaction(() => store.objects.setStatus(key(kind, name), uidOf(kind, name), status))
    },
    recordEvent(kind, name, message) {
      const regarding = { ...key(kind, name), uid: uidOf(kind, name) }
      const event = { regarding, type: 'Normal' as const, reason: 'Launched', message }
      store.transaction(() => store.events.record(event, systemClock.nowMs()))
    },
    recordRun(name) {
      store.transaction(() => {
        store.objects.create({
          apiVersion: 'capstan.dev/v1',
          kind: 'Run',
          metadata: {
            name,
            namespace: 'default',
            uid: systemRandom.uuid(),
            creationTimestamp: renderTime(systemClock.nowMs()),
          },
          spec: { template: { image: 'busybox' } },
        })
        const attempts = [{ number: 1, class: 'Success', exitCode: 0 }]
        const state = { type: 'COMPLETED', name: 'Completed' }
        store.objects.setStatus(key('Run', name), uidOf('Run', name), { state, attempts })
      })
    },
    release(name) {
      const uid = uidOf('Run', name)
      store.transaction(() =>
        store.objects.removeFinalizer(key('Run', name), uid, 'capstan.dev/task'),
      )
    },
    async close() {
      await server.close()
      store.close()
      rmSync(directory, { recursive: true })
    },
  }
}

async function listen(
  server: ReturnType<typeof createApiServer>,
  { directory, store }: { readonly directory: string; readonly store: SqliteStore },
): Promise<string> {
  const tokens = createTokens(store, systemRandom)
  const nowMs = systemClock.nowMs()
  const tls = ensureTls({ directory: join(directory, 'tls'), hosts: ['127.0.0.1'], nowMs })
  const verifyToken = (token: string) => tokens.verify(token, systemClock.nowMs())
  const port = await server.listenTcp({
    host: '127.0.0.1',
    port: 0,
    tls,
    hostNames: [],
    verifyToken,
  })
  return renderKubeconfig({
    server: `https://127.0.0.1:${port}`,
    certificateAuthority: tls.certificateAuthority,
    token: tokens.issue({ name: 'test', role: 'admin' }, nowMs),
    namespace: 'default',
  })
}

/** Longer than any command needs; a hang then fails with what was printed so far. */
const COMMAND_LIMIT_MS = 120_000

function run(
  path: string,
  directory: string,
  args: readonly string[],
  { stdin, env = {}, until }: RunOptions,
): Promise<Result> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, [...args, '--cache-dir', join(directory, 'cache')], {
      cwd: directory,
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: directory,
        KUBECONFIG: join(directory, 'kubeconfig'),
        ...env,
      },
      timeout: COMMAND_LIMIT_MS,
    })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString()
      if (until?.test(out)) child.kill()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code: until?.test(out) ? 0 : (code ?? -1), out, err }))
    child.stdin.end(stdin ?? '')
  })
}
