import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { EmulatorConfig } from '../../src/emulator/config.ts'

/** When a call came: its operation, the run's name or the task's ARN, epoch milliseconds. */
export type Arrival = readonly [operation: string, subject: string, atMs: number]

/** An ECS endpoint in another process. */
export interface Endpoint {
  readonly url: string
  counters(): Promise<Readonly<Record<string, number>>>
  arrivals(): Promise<readonly Arrival[]>
  close(): void
}

export async function startEndpoint(
  settings: { readonly runMs?: number; readonly config?: Partial<EmulatorConfig> } = {},
): Promise<Endpoint> {
  const host = join(import.meta.dirname, 'endpoint-host.ts')
  const child = spawn(process.execPath, [host, JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string> => String((await lines.next()).value)
  const url = await next()
  const ask = async (question: string): Promise<unknown> => {
    child.stdin.write(`${question}\n`)
    return JSON.parse(await next())
  }
  return {
    url,
    counters: async () => (await ask('counters')) as Record<string, number>,
    arrivals: async () => (await ask('arrivals')) as readonly Arrival[],
    close: () => void child.kill(),
  }
}

export function totalOf(counters: Readonly<Record<string, number>>): number {
  return Object.values(counters).reduce((sum, calls) => sum + calls, 0)
}
