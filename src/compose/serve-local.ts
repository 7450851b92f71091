import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ContainerEngineEnvironment, TaskDriverName } from '../config.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import { openLocalEmulator } from './local-emulator.ts'
import { explainStart } from './start-problem.ts'
import { untilSignal } from './until-signal.ts'

export interface ServeLocalOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly taskEnvironment: Readonly<Record<string, string>>
  /** Where tasks run that name no folder of this machine. */
  readonly cwd: string
  readonly driver: TaskDriverName
  readonly containerEngine: ContainerEngineEnvironment
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
  })
  onReady(local.url)
  await new Promise<void>((resolve) => {
    if (stopped.aborted) resolve()
    stopped.addEventListener('abort', () => resolve(), { once: true })
  })
  await local.close({ killTasks: true })
}
