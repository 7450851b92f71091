import { execFile, spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { connect } from './cli/connect.ts'
import type { CliContext, Programs } from './cli/context.ts'
import { CliError } from './cli/errors.ts'
import { runProgram } from './cli/program.ts'
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
    readStdin: () => text(process.stdin),
    connect: (options) =>
      connect(options, environment, (warning) => stderr.write(`Warning: ${warning}\n`)),
    programs: createPrograms(environment),
  }
  const exitCode = await runProgram(context, readArguments())
  await Promise.all([flushed(process.stdout), flushed(process.stderr)])
  process.exit(exitCode)
}

function toTerminal(stream: NodeJS.WriteStream, { noColor }: Environment): Terminal {
  // Undefined rather than false where the stream is a pipe or a file.
  const isTTY = stream.isTTY === true
  return {
    write(chunk) {
      stream.write(chunk)
    },
    isTTY,
    colour: isTTY && !noColor,
  }
}

/** `capstan get runs | head` is no error: when nobody reads any more there is nothing left to do. */
function endWithoutReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
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
    serveEmulator: async (options, onReady) =>
      (await import('./compose/serve-local.ts')).serveLocal(options, onReady),
    openEditor: (file) => openEditor(environment.editor, file),
    buildKustomization,
  }
}

/** The editor is a command line of its own (`code --wait`), so a shell takes it apart. */
function openEditor(editor: string, file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn('sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' })
    child.once('error', (error) => reject(new CliError(error.message, { cause: error })))
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

/** Largest output of kustomize that is taken. */
const MAX_KUSTOMIZATION_BYTES = 64 * 2 ** 20

/** By kustomize, or by kubectl, which has it inside. */
async function buildKustomization(directory: string): Promise<string> {
  const builders = [
    ['kustomize', 'build', directory],
    ['kubectl', 'kustomize', directory],
  ] as const
  for (const [program, ...words] of builders) {
    const output = await runBuilder(program, words)
    if (output !== undefined) return output
  }
  throw new CliError('-k needs kustomize or kubectl on the PATH, and neither is there')
}

/** Undefined when there is no such program. */
function runBuilder(program: string, words: readonly string[]): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const limits = { maxBuffer: MAX_KUSTOMIZATION_BYTES }
    execFile(program, [...words], limits, (error, stdout, stderr) => {
      if (!error) resolve(stdout)
      else if ('code' in error && error.code === 'ENOENT') resolve(undefined)
      else reject(new CliError(stderr.trim() || error.message, { cause: error }))
    })
  })
}
