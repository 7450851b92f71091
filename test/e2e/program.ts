import { type ChildProcess, spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { vi } from 'vitest'
import { containerFiles } from '../../src/emulator/drivers/container-files.ts'
import { findRemains } from '../../src/emulator/drivers/container-process.ts'
import type { JsonObject } from '../../src/lib/json.ts'

export const ROOT = resolve(import.meta.dirname, '../..')
export const PROGRAM = join(ROOT, 'bin/capstan.js')

/** Longest time that a condition is waited for, on a machine that is busy with other tests. */
export const DEADLINE_MS = 60_000

/** A process that is asked to end is killed after this: a bound on hangs as well. */
const PATIENCE_MS = 45_000

export interface Exit {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A process of the built program, or of another one, and all that it has said. */
export interface Program {
  readonly pid: number
  readonly stdout: string
  readonly stderr: string
  /** How it ended, once it has. */
  readonly ended: Promise<Exit>
  /** Resolves with the match as soon as stdout or stderr has it; rejects when the process ends without. */
  says(pattern: RegExp, deadlineMs?: number): Promise<RegExpExecArray>
  signal(signal: NodeJS.Signals): void
  /** Asks it to end, kills it when it does not; resolves with how it ended. */
  stop(signal?: NodeJS.Signals): Promise<Exit>
}

export interface StartOptions {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
  /** Defaults to the Node of the test. */
  readonly node?: string
}

/** A directory of its own, what runs in it, and nothing of the machine's settings. */
export interface Sandbox {
  readonly directory: string
  path(...names: readonly string[]): string
  /** Writes a file as careful writers do, by rename; makes missing folders. Returns its path. */
  write(name: string, text: string | Uint8Array): string
  /** Starts `capstan` with these words. */
  start(words: readonly string[], options?: StartOptions): Program
  /** Runs `capstan` to its end. */
  run(words: readonly string[], options?: StartOptions): Promise<Result>
  /** Starts any other program. */
  launch(file: string, words: readonly string[], options?: StartOptions): Program
  /** Ends what was started, tasks included, and removes the directory. */
  close(): Promise<void>
}

export function openSandbox(): Sandbox {
  const directory = mkdtempSync(join(tmpdir(), 'capstan-e2e-'))
  const home = join(directory, 'home')
  mkdirSync(home)
  const started: Program[] = []
  const path = (...names: readonly string[]): string => join(directory, ...names)
  const launch: Sandbox['launch'] = (file, words, options = {}) => {
    const child = spawn(file, [...words], {
      cwd: options.cwd ?? directory,
      env: { ...cleanEnvironment(home), ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    })
    // A program that ends without reading its input closes the pipe.
    child.stdin.on('error', () => {})
    child.stdin.end(options.stdin ?? '')
    const program = followProgram(child, words.join(' '))
    started.push(program)
    return program
  }
  const start: Sandbox['start'] = (words, options = {}) =>
    launch(options.node ?? process.execPath, [PROGRAM, ...words], options)
  return {
    directory,
    path,
    write(name, text) {
      const target = path(name)
      mkdirSync(dirname(target), { recursive: true })
      writeAtomically(target, text)
      return target
    },
    launch,
    start,
    async run(words, options) {
      const program = start(words, options)
      const { code } = await program.ended
      return { code, stdout: program.stdout, stderr: program.stderr }
    },
    async close() {
      await Promise.all(started.map((program) => program.stop()))
      endTasks(directory)
      // What was killed may still be writing its last.
      rmSync(directory, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** Enough to find programs; no credentials, no region, no colours, and an empty home. */
function cleanEnvironment(home: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: home,
    LANG: 'C.UTF-8',
    TZ: 'UTC',
    AWS_EC2_METADATA_DISABLED: 'true',
  }
}

function followProgram(child: ChildProcess, words: string): Program {
  const text = { stdout: '', stderr: '' }
  const listeners = new Set<() => void>()
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.setEncoding('utf8').on('data', (chunk: string) => {
      text[name] += chunk
      for (const listener of listeners) listener()
    })
  }
  // 'close' comes after the last output.
  const ended = new Promise<Exit>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
  ended.catch(() => {})
  const dump = (): string => `${words}\nstdout: ${text.stdout}\nstderr: ${text.stderr}`
  return {
    pid: child.pid ?? 0,
    get stdout() {
      return text.stdout
    },
    get stderr() {
      return text.stderr
    },
    ended,
    says: (pattern, deadlineMs = DEADLINE_MS) =>
      new Promise((resolve, reject) => {
        const finish = (act: () => void): void => {
          clearTimeout(timer)
          listeners.delete(look)
          act()
        }
        const fail = (why: string): void =>
          finish(() => reject(new Error(`${why} before ${pattern} was said: ${dump()}`)))
        const look = (): void => {
          const match = pattern.exec(text.stderr) ?? pattern.exec(text.stdout)
          if (match) finish(() => resolve(match))
        }
        const timer = setTimeout(() => fail(`${deadlineMs} ms passed`), deadlineMs)
        listeners.add(look)
        ended.then(
          ({ code, signal }) => fail(`it ended (${signal ?? code})`),
          (error: unknown) => fail(String(error)),
        )
        look()
      }),
    signal: (signal) => void child.kill(signal),
    async stop(signal = 'SIGTERM') {
      child.kill(signal)
      const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS)
      const exit = await ended.catch(() => ({ code: null, signal: null }))
      clearTimeout(timer)
      return exit
    },
  }
}

function writeAtomically(target: string, text: string | Uint8Array): void {
  const draft = `${target}.tmp`
  writeFileSync(draft, text)
  renameSync(draft, target)
}

/** Tasks outlive the controller on purpose; those of a test do not outlive the test. */
function endTasks(directory: string): void {
  for (const data of readdirSync(directory)) {
    const tasks = join(directory, data, 'local', 'tasks')
    if (!existsSync(tasks)) continue
    for (const task of readdirSync(tasks)) {
      for (const container of readdirSync(join(tasks, task))) {
        const remains = findRemains(containerFiles(tasks, task, container))
        if (remains.type === 'Running') signalIfThere(-remains.identity.pid, 'SIGKILL')
      }
    }
  }
}

/** A process, or with a minus a group; it may have ended by itself since it was looked at. */
export function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

/** Asks again and again until the check does not throw. */
export function eventually<T>(check: () => T | Promise<T>, timeoutMs = DEADLINE_MS): Promise<T> {
  return vi.waitFor(check, { timeout: timeoutMs, interval: 50 })
}

/** Does something in one step as the program sees it, which sleeps meanwhile. */
export function unseen(program: Program, act: () => void): void {
  program.signal('SIGSTOP')
  try {
    act()
  } finally {
    program.signal('SIGCONT')
  }
}

/** What the API answers on the controller's socket; undefined for 404. */
export function readApi(
  sandbox: Sandbox,
  path: string,
  data = '.capstan',
): Promise<JsonObject | undefined> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: sandbox.path(data, 'capstan.sock'), path }, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk
      })
      response.once('end', () => {
        const parsed = JSON.parse(body) as JsonObject
        if (response.statusCode === 200) resolve(parsed)
        else if (response.statusCode === 404) resolve(undefined)
        else reject(new Error(`${path}: ${response.statusCode} ${body}`))
      })
    })
    call.once('error', reject)
    call.end()
  })
}

/** A Run, as far as tests look at it. */
export interface SeenRun {
  readonly metadata: {
    readonly name: string
    readonly uid: string
    readonly deletionTimestamp?: string
  }
  readonly status?: {
    readonly state?: { readonly type: string; readonly name: string; readonly message?: string }
    readonly exitCode?: number
    readonly attempts?: readonly {
      readonly number: number
      readonly taskArn?: string
      readonly class?: string
      readonly exitCode?: number
    }[]
  }
}

const RUNS = '/apis/capstan.dev/v1/namespaces/default/runs'

export async function findRun(
  sandbox: Sandbox,
  name: string,
  data?: string,
): Promise<SeenRun | undefined> {
  return (await readApi(sandbox, `${RUNS}/${name}`, data)) as unknown as SeenRun | undefined
}

export async function listRuns(sandbox: Sandbox, data?: string): Promise<readonly SeenRun[]> {
  return (await readApi(sandbox, RUNS, data))?.['items'] as unknown as readonly SeenRun[]
}

/** The text of a Run whose container runs a script of the shell. */
export function runText(name: string, script: string, template = ''): string {
  return `apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: ${name}
spec:
  template:
    image: busybox
    command: ${JSON.stringify(['sh', '-c', script])}
${template}`
}
