import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { renderKubeconfig } from '../../src/apiserver/kubeconfig.ts'
import type { LogLine } from '../../src/apiserver/ports.ts'
import { createApiServer } from '../../src/apiserver/server.ts'
import { ensureTls } from '../../src/apiserver/tls.ts'
import { createTokens } from '../../src/apiserver/tokens.ts'
import type { Kind, ObjectKey } from '../../src/kinds/meta.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createValidator } from '../../src/manifest/validator.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'
import { recordingLog } from '../world/recording-log.ts'

export interface Kubectl {
  readonly name: string
  readonly path: string
}

/** The kubectl on PATH, and every kubectl.1.NN beside the file that it really is. */
export function findKubectls(): readonly Kubectl[] {
  const onPath = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((directory) => join(directory, 'kubectl'))
    .find((path) => existsSync(path))
  if (onPath === undefined) return []
  const folder = dirname(realpathSync(onPath))
  const versions = readdirSync(folder)
    .filter((name) => /^kubectl\.1\.\d+$/.test(name))
    .toSorted((a, b) => Number(a.split('.')[2]) - Number(b.split('.')[2]))
  return [onPath, ...versions.map((name) => join(folder, name))].map((path) => ({
    name: basename(path),
    path,
  }))
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

/** A controller's API over HTTPS with nothing behind it, and a kubectl that has seen nothing yet. */
export interface KubectlWorld {
  readonly directory: string
  readonly store: SqliteStore
  readonly lines: LogLine[]
  kubectl(args: readonly string[], options?: RunOptions): Promise<Result>
  /** Writes status as the kind's controller would. */
  setStatus(kind: Kind, name: string, status: JsonObject): void
  recordEvent(kind: Kind, name: string, message: string): void
  /** Lets a deleted run go, as its controller does when the task has stopped. */
  release(name: string): void
  close(): Promise<void>
}

export async function startKubectlWorld({ path }: Kubectl): Promise<KubectlWorld> {
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
    kubectl: (args, options = {}) => run(path, directory, args, options),
    setStatus(kind, name, status) {
      store.transaction(() => store.objects.setStatus(key(kind, name), uidOf(kind, name), status))
    },
    recordEvent(kind, name, message) {
      const regarding = { ...key(kind, name), uid: uidOf(kind, name) }
      const event = { regarding, type: 'Normal' as const, reason: 'Launched', message }
      store.transaction(() => store.events.record(event, systemClock.nowMs()))
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
  const tls = await ensureTls({ directory: join(directory, 'tls'), hosts: ['127.0.0.1'], nowMs })
  const verifyToken = (token: string) => tokens.verify(token)
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
const COMMAND_LIMIT_MS = 30_000

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
