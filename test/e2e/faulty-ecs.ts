import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { FaultPlan } from '../../src/emulator/faults.ts'

export interface FaultyEcsOptions {
  readonly seed: number
  readonly faults: FaultPlan
  /** Addresses of the same account, each with its own count of calls. */
  readonly doors: readonly string[]
}

export interface LedgerTask {
  readonly arn: string
  readonly run: string
  readonly uid: string
  readonly attempt: number
  readonly isLive: boolean
}

/** What the account has seen. */
export interface EcsReport {
  /** By door and operation. */
  readonly calls: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** How many calls each rule of the fault plan has hit. */
  readonly faults: readonly number[]
  /** Every task ever made. */
  readonly tasks: readonly LedgerTask[]
}

/** An emulated account in a process of its own: what happens to controllers does not happen to it. */
export interface FaultyEcs {
  /** What a controller needs in its environment to find it through this door. */
  environment(door: string): Readonly<Record<string, string>>
  report(): Promise<EcsReport>
  /** Breaks every connection of this door; new ones are taken. */
  cut(door: string): Promise<void>
  close(): Promise<void>
}

/** What the account is asked for; each is answered with one message. */
export type EcsQuestion =
  | { readonly type: 'Report' }
  | { readonly type: 'Cut'; readonly door: string }

const HOST = fileURLToPath(new URL('./faulty-ecs-host.ts', import.meta.url))

export async function startFaultyEcs(options: Partial<FaultyEcsOptions> = {}): Promise<FaultyEcs> {
  const { seed = 1, faults = { rules: [] }, doors = ['main'] } = options
  const child = fork(HOST, [JSON.stringify({ seed, faults, doors })], { execArgv: [] })
  const { urls } = (await nextMessage(child)) as { urls: Readonly<Record<string, string>> }
  return {
    environment: (door) => ({
      AWS_ENDPOINT_URL: urls[door] ?? '',
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    }),
    async report() {
      const answer = nextMessage(child)
      child.send({ type: 'Report' })
      return ((await answer) as { report: EcsReport }).report
    },
    async cut(door) {
      const answer = nextMessage(child)
      child.send({ type: 'Cut', door })
      await answer
    },
    async close() {
      const ended = once(child, 'exit')
      child.disconnect()
      await ended
    },
  }
}

function nextMessage(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const onExit = (): void => reject(new Error('the emulated account ended'))
    child.once('exit', onExit)
    child.once('message', (message) => {
      child.off('exit', onExit)
      resolve(message)
    })
  })
}

/** Calls of one door, all operations together. */
export function callsOf({ calls }: EcsReport, door: string): number {
  return Object.values(calls[door] ?? {}).reduce((sum, count) => sum + count, 0)
}

/** Attempts with more than one task, as `RUN attempt N: COUNT`. */
export function duplicates({ tasks }: EcsReport): readonly string[] {
  const counts = new Map<string, number>()
  for (const { run, uid, attempt } of tasks) {
    const key = `${run} (${uid}) attempt ${attempt}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return [...counts].filter(([, count]) => count > 1).map(([key, count]) => `${key}: ${count}`)
}
