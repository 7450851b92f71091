import type { CliContext, Programs } from './cli/context.ts'
import { runProgram } from './cli/program.ts'
import { systemReason } from './cli/system-error.ts'
import type { Terminal } from './cli/terminal.ts'
import { type Environment, readArguments, readEnvironment } from './config.ts'
import { systemClock } from './lib/clock.ts'
import { systemRandom } from './lib/random.ts'

/** The command line: reads the process, runs one command, and ends the process with its exit code. */
export async function main(): Promise<void> {
  const environment = readEnvironment()
  endWithoutReader()
  const stderr = toTerminal(process.stderr, environment)
  const context: CliContext = {
    environment,
    stdout: toTerminal(process.stdout, environment),
    stderr,
    clock: systemClock,
    random: systemRandom,
    readStdin: async () => (await import('node:stream/consumers')).text(process.stdin),
    connect: async (options) => {
      // HTTP takes longer to load than `version` or `explain` take altogether.
      const { connect } = await import('./cli/connect.ts')
      return connect(options, environment, (warning) => stderr.write(`Warning: ${warning}\n`))
    },
    programs: createPrograms(environment),
  }
  const exitCode = await runProgram(context, readArguments())
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  // A file is written to at once, and what that answers would come after the exit.
  if (process.stdout.errored) endForLostOutput(process.stdout.errored)
  process.exit(exitCode)
}

function toTerminal(stream: NodeJS.WriteStream, { noColor }: Environment): Terminal {
  // Undefined rather than false where the stream is a pipe or a file.
  const isTTY = stream.isTTY === true
  return {
    write(chunk) {
      stream.write(chunk)
    },
    drained: () =>
      stream.writableNeedDrain
        ? new Promise((resolve) => stream.once('drain', () => resolve()))
        : Promise.resolve(),
    isTTY,
    colour: isTTY && !noColor,
  }
}

/** `capstan get runs | head` is no error: when nobody reads any more there is nothing left to do. */
function endWithoutReader(): void {
  process.stdout.on('error', endForLostOutput)
}

function endForLostOutput(error: NodeJS.ErrnoException): void {
  if (error.code === 'EPIPE') process.exit(0)
  process.stderr.write(`error: the output cannot be written: ${systemReason(error)}\n`)
  process.exit(1)
}

function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableLength === 0) resolve()
    else stream.write('', () => resolve())
  })
}

/** What is in other layers, or other processes, and is loaded when it is asked for. */
function createPrograms(environment: Environment): Programs {
  return {
    runController: async (options) => (await import('./main.ts')).runController(options),
    backUpOffline: async (dataDir, target) =>
      (await import('./compose/backup.ts')).backUpOffline(dataDir, target),
    serveEmulator: async (options, onReady) =>
      (await import('./compose/serve-local.ts')).serveLocal(options, onReady),
    openEditor: async (file) =>
      (await import('./compose/user-programs.ts')).openEditor(environment.editor, file),
    buildKustomization: async (directory) =>
      (await import('./compose/user-programs.ts')).buildKustomization(directory),
  }
}
