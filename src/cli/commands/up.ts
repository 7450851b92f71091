import { statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import {
  DATA_DIR_NAME,
  type Environment,
  findSocket,
  type ListenAddress,
  LOG_FORMATS,
  LOG_LEVELS,
  SOCKET_NAME,
  type UpOptions,
} from '../../config.ts'
import { DEFAULT_NAMESPACE } from '../../kinds/meta.ts'
import type { CliContext } from '../context.ts'
import { CliError, UsageError } from '../errors.ts'
import { choiceOption, type Options } from '../options.ts'
import { systemReason } from '../system-error.ts'

/** `capstan up`: reads the flags and hands over to the controller. */
export function up(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  return context.programs.runController(readUpOptions(context, words, options))
}

/** Throws for folders that are not there and values that cannot be meant. */
export function readUpOptions(
  { environment, stderr }: Pick<CliContext, 'environment' | 'stderr'>,
  words: readonly string[],
  options: Options,
): UpOptions {
  const once = options.flag('once')
  if (once && words.length === 0) throw new UsageError('up --once needs a folder: up DIR --once')
  const dataDir = resolve(environment.cwd, options.text('data') ?? DATA_DIR_NAME)
  return Object.freeze({
    directories: words.map((word) => readDirectory(environment, word)),
    local: options.flag('local'),
    dataDir,
    listen: parseListen(options.text('listen')),
    socketPath: readSocketPath(environment, options, dataDir),
    namespace: options.text('namespace') ?? DEFAULT_NAMESPACE,
    name: options.text('name') ?? 'default',
    once,
    exitOnIdle: options.flag('exit-on-idle'),
    logFormat:
      choiceOption(options, 'log-format', LOG_FORMATS) ?? (stderr.isTTY ? 'pretty' : 'json'),
    // With --once the progress lines tell the story; the log would tell it twice.
    logLevel: choiceOption(options, 'log-level', LOG_LEVELS) ?? (once ? 'warn' : 'info'),
    aws: environment.aws,
    taskEnvironment: environment.taskEnvironment,
    colour: stderr.colour,
  })
}

/** The controller makes its own socket, so neither an environment variable's nor a neighbour's counts without a flag. */
function readSocketPath(environment: Environment, options: Options, dataDir: string): string {
  const socket = options.text('socket') ?? environment.socket
  if (socket === undefined) return resolve(dataDir, SOCKET_NAME)
  return findSocket({ socket }, environment).path
}

function readDirectory({ cwd }: Environment, word: string): string {
  const path = resolve(cwd, word)
  try {
    if (statSync(path).isDirectory()) return path
  } catch (error) {
    throw new CliError(`the folder "${word}" cannot be read: ${systemReason(error)}`, {
      cause: error,
    })
  }
  throw new CliError(`"${word}" is a file: name the folder that it is in, ${dirname(path)}`)
}

const MAX_PORT = 65_535

/** `HOST:PORT`, `[::1]:PORT`, `PORT` (loopback) or `none`. */
export function parseListen(text: string | undefined): ListenAddress | 'none' | undefined {
  if (text === undefined || text === 'none') return text
  const [, bracketed, plain, digits = ''] =
    /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > MAX_PORT) {
    throw new UsageError(
      `invalid argument "${text}" for "--listen" flag: write HOST:PORT, for example 127.0.0.1:8443, or none`,
    )
  }
  const host = bracketed ?? plain
  if (host === undefined) return { host: '127.0.0.1', port }
  return { host: host === '' ? '0.0.0.0' : host, port }
}
