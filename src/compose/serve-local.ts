import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { type LocalChoice, openLocalEmulator } from './local-emulator.ts'
import { explainStart, StartProblem } from './start-problem.ts'
import { untilSignal } from './until-signal.ts'

export interface ServeLocalOptions extends LocalChoice {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly taskEnvironment: Readonly<Record<string, string>>
  /** Where tasks run that name no folder of this machine. */
  readonly cwd: string
}

/** `capstan local`: an ECS-compatible endpoint for any AWS client, until a signal comes. What it holds goes with it. */
export async function serveLocal(
  options: ServeLocalOptions,
  onReady: (url: string) => void,
): Promise<number> {
  const directory = await mkdtemp(join(tmpdir(), 'capstan-local-'))
  try {
    await serveUntilSignal(options, directory, onReady)
    return 0
  } catch (error) {
    process.stderr.write(explainStart(error))
    return 1
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function serveUntilSignal(
  options: ServeLocalOptions,
  directory: string,
  onReady: (url: string) => void,
): Promise<void> {
  const stopped = untilSignal()
  const local = await openLocalEmulator(options, {
    clock: systemClock,
    random: systemRandom,
    directory,
    workingDirectory: options.cwd,
    baseEnvironment: options.taskEnvironment,
    host: options.host,
    port: options.port,
  }).catch((error: unknown) => {
    throw portIsTaken(error) ?? error
  })
  onReady(local.url)
  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve()
    stopped.addEventListener('abort', () => resolve(), { once: true })
  })
  tellFaults(local.emulator.faultHits())
  await local.close({ killTasks: true })
}

/** Whoever tries something out under faults wants to know that there were any. */
function tellFaults(hits: readonly number[]): void {
  if (hits.length === 0) return
  const calls = hits.map((count, index) => `rule ${index + 1} hit ${count}`)
  process.stderr.write(`Calls with faults: ${calls.join(', ')}\n`)
}

function portIsTaken(error: unknown): StartProblem | undefined {
  if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) return undefined
  const message = `${error.message}: stop what uses it, or choose another --port`
  return new StartProblem(message, { cause: error })
}
