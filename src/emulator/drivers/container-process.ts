import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import type { Clock } from '../../lib/clock.ts'
import {
  type ContainerFiles,
  createContainerDirectory,
  readExit,
  readProcess,
} from './container-files.ts'
import { findByArgument, identify, isAlive, type ProcessIdentity } from './process-identity.ts'

/**
 * Runs a command and leaves behind who it is and how it ended. It ignores the signals that end the
 * command, waits for it all the same, and is itself the leader of the group that signals go to.
 * $0 is the directory to write to.
 */
const WRAPPER = `trap : TERM INT HUP QUIT
if [ -r /proc/$$/stat ]; then read -r self < /proc/$$/stat; else self=$$; fi
echo "$self" > "$0/process"
"$@"
code=$?
echo "$code" > "$0/exit"
exit "$code"`

/** How often an adopted process, whose end nobody announces, is looked after. */
const ADOPTED_POLL_MS = 200

/** Exit code of what SIGKILL ended: then the wrapper is gone too and left no code. */
const KILLED = 137

export interface ContainerExit {
  readonly atMs: number
  readonly exitCode: number
}

/** A container that runs as a group of processes. */
export interface ContainerProcess {
  /** Sends a signal to the whole group. */
  kill(signal: 'SIGTERM' | 'SIGKILL'): void
  /** Stops watching it; it runs on. */
  release(): void
}

export interface SpawnRequest {
  readonly files: ContainerFiles
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly workingDirectory: string
}

export interface ProcessEvents {
  readonly onExit: (exit: ContainerExit) => void
  readonly onError: (error: Error) => void
}

/** Starts a command in a session of its own, so that it survives this process. */
export function spawnContainer(
  clock: Clock,
  request: SpawnRequest,
  events: ProcessEvents,
): ContainerProcess {
  const { files, command, environment, workingDirectory } = request
  createContainerDirectory(files)
  const output = openSync(files.output, 'a', 0o600)
  const child = spawn('/bin/sh', ['-c', WRAPPER, files.directory, ...command], {
    cwd: workingDirectory,
    env: { ...environment },
    stdio: ['ignore', output, output],
    detached: true,
  })
  closeSync(output)
  child.unref()
  child.once('error', events.onError)
  child.once('exit', () => {
    if (child.pid !== undefined) killGroup(child.pid, 'SIGKILL')
    events.onExit(exitOf(clock, files))
  })
  return {
    kill(signal) {
      const ended = child.exitCode !== null || child.signalCode !== null
      if (child.pid !== undefined && !ended) killGroup(child.pid, signal)
    },
    release: () => child.removeAllListeners(),
  }
}

/** What an earlier process of the host has left of a container. */
export type Remains =
  | { readonly type: 'Ended'; readonly exit: ContainerExit }
  | { readonly type: 'Running'; readonly identity: ProcessIdentity }
  | { readonly type: 'Lost' }

export function findRemains(files: ContainerFiles): Remains {
  const written = readProcess(files)
  // Killed between the start of the process and its first words: then its arguments name it.
  const identity = written ?? (readExit(files) ? undefined : findByArgument(files.directory))
  if (identity && isAlive(identity)) return { type: 'Running', identity }
  if (identity && !identify(identity.pid)) killGroup(identity.pid, 'SIGKILL')
  const exit = readExit(files)
  return exit ? { type: 'Ended', exit } : { type: 'Lost' }
}

/** Watches over a container that an earlier process of the host has started. */
export function adoptContainer(
  clock: Clock,
  files: ContainerFiles,
  identity: ProcessIdentity,
  onExit: (exit: ContainerExit) => void,
): ContainerProcess {
  let cancel = (): void => {}
  const look = (): void => {
    if (isAlive(identity)) {
      cancel = clock.after(ADOPTED_POLL_MS, look)
      return
    }
    killGroup(identity.pid, 'SIGKILL')
    onExit(exitOf(clock, files))
  }
  cancel = clock.after(0, look)
  return {
    kill(signal) {
      if (isAlive(identity)) killGroup(identity.pid, signal)
    },
    release: () => cancel(),
  }
}

function exitOf(clock: Clock, files: ContainerFiles): ContainerExit {
  return { atMs: clock.nowMs(), exitCode: readExit(files)?.exitCode ?? KILLED }
}

/**
 * What a container leaves running ends with it. While a group lives its number is not given to a new
 * process, so a group whose leader is gone is still the container's. It may be gone altogether.
 */
function killGroup(pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    process.kill(-pid, signal)
  } catch {
    // ESRCH: nothing is left to signal.
  }
}
