import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { join, resolve } from 'node:path'

const PROGRAM = resolve(import.meta.dirname, '../../bin/capstan.js')
const STALL_PROBE = join(import.meta.dirname, 'stall-probe.js')
/** Nothing that is measured takes longer than this. */
const DEADLINE_MS = 600_000

/** A running `capstan up`. */
export interface Controller {
  readonly pid: number
  readonly socket: string
  /** Milliseconds from the start of the process until /readyz said yes. */
  readonly readyMs: number
  /** User and system time so far. */
  cpuMs(): number
  /** Resident memory now and at its highest, MB. */
  memory(): { readonly now: number; readonly peak: number }
  /** Stalls are counted from here on. */
  forgetStalls(): void
  /** Ends it; resolves with the 99.9th percentile of its event loop's stalls, milliseconds; NaN without a probe. */
  stop(): Promise<number>
  kill(): Promise<void>
}

export interface UpSettings {
  readonly folder: string
  /** Without its probe, which wakes up a thousand times a second: 2 % of a core. */
  readonly unprobed?: true
  readonly directories?: readonly string[]
  readonly endpoint: string
}

/** Starts `capstan up` and waits until it is ready. */
export async function startUp({
  folder,
  directories = [],
  endpoint,
  unprobed,
}: UpSettings): Promise<Controller> {
  const data = join(folder, 'data')
  const socket = join(folder, 'capstan.sock')
  const stalls = join(folder, 'stalls.json')
  const words = ['up', ...directories, '--data', data, '--socket', socket]
  const startedMs = performance.now()
  const child = spawn(
    process.execPath,
    [
      ...(unprobed ? [] : ['--import', STALL_PROBE]),
      PROGRAM,
      ...words,
      '--listen',
      'none',
      '--log-level',
      'warn',
    ],
    { env: environment(endpoint, stalls), stdio: ['ignore', 'inherit', 'inherit'] },
  )
  const pid = child.pid ?? 0
  const exited = ended(child)
  await untilReady(socket, exited)
  return {
    pid,
    socket,
    readyMs: performance.now() - startedMs,
    cpuMs: () => cpuOf(pid),
    memory: () => ({ now: memoryOf(pid, 'VmRSS'), peak: memoryOf(pid, 'VmHWM') }),
    forgetStalls: () => void (unprobed ?? process.kill(pid, 'SIGUSR2')),
    async stop() {
      child.kill('SIGTERM')
      await exited
      if (unprobed) return Number.NaN
      return (JSON.parse(readFileSync(stalls, 'utf8')) as { readonly stallMs: number }).stallMs
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Runs `capstan` to its end; milliseconds of wall time. */
export async function runCapstan(words: readonly string[], folder: string): Promise<number> {
  const startedMs = performance.now()
  const child = spawn(process.execPath, [PROGRAM, ...words], {
    cwd: folder,
    env: environment('http://127.0.0.1:9', join(folder, 'stalls.json')),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  await ended(child)
  if (child.exitCode !== 0)
    throw new Error(`capstan ${words.join(' ')} ended with ${child.exitCode}`)
  return performance.now() - startedMs
}

function environment(endpoint: string, stalls: string): Readonly<Record<string, string>> {
  return {
    PATH: process.env['PATH'] ?? '',
    HOME: '/nonexistent',
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: 'bench',
    AWS_SECRET_ACCESS_KEY: 'bench',
    CAPSTAN_BENCH_STALLS: stalls,
  }
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', () => resolve())
  })
}

async function untilReady(socket: string, exited: Promise<void>): Promise<void> {
  let isOver = false
  void exited.then(() => {
    isOver = true
  })
  const deadlineMs = performance.now() + DEADLINE_MS
  while (performance.now() < deadlineMs) {
    if (isOver) throw new Error('capstan up ended before it was ready')
    if ((await ask({ socket, path: '/readyz' }).catch(() => undefined))?.status === 200) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('capstan up did not become ready')
}

export interface Question {
  readonly socket: string
  readonly path: string
  readonly method?: 'GET' | 'POST' | 'PATCH'
  readonly body?: object
}

/** One request to the API. */
export function ask(
  question: Question,
): Promise<{ readonly status: number; readonly text: string }> {
  const { socket, path, method = 'GET', body } = question
  const type = method === 'PATCH' ? 'application/merge-patch+json' : 'application/json'
  return new Promise((resolve, reject) => {
    const call = request({ socketPath: socket, path, method, headers: { 'content-type': type } })
    call.once('error', reject)
    call.once('response', (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
    })
    call.end(body && JSON.stringify(body))
  })
}

/** Ticks of /proc/PID/stat are hundredths of a second on every Linux that Node runs on. */
const TICK_MS = 10

function cpuOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? []
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS
}

function memoryOf(pid: number, field: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const kilobytes = new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]
  return Math.round(Number(kilobytes) / 1_024)
}
