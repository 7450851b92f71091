import { realpathSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve, sep } from 'node:path'
import {
  DATA_DIR_NAME,
  type Environment,
  findSocket,
  type ListenAddress,
  LOG_FORMATS,
  LOG_LEVELS,
  SOCKET_NAME,
  TASK_DRIVERS,
  type TaskDriverName,
  type UpOptions,
  WEBHOOK_SECRETS_NAME,
} from '../../config.ts'
import { DEFAULT_NAMESPACE } from '../../kinds/meta.ts'
import { errorMessage } from '../../lib/errors.ts'
import { type AllowRule, parseAllowRule } from '../../lib/webhook/address.ts'
import type { CliContext } from '../context.ts'
import { CliError, UsageError } from '../errors.ts'
import { readFaults } from '../fault-option.ts'
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
  const directories = readDirectories(environment, words)
  const dataDir = readDataDir(environment, options, directories)
  return Object.freeze({
    directories,
    local: options.flag('local'),
    dataDir,
    listen: parseListen(options.text('listen')),
    heartbeatListen: parseListen(options.text('heartbeat-listen'), '--heartbeat-listen'),
    heartbeatUrl: parseHeartbeatUrl(options.text('heartbeat-url')),
    socketPath: readSocketPath(environment, options, dataDir),
    namespace: readNamespace(options),
    name: readName(options),
    webhookAllow: options.texts('webhook-allow').map(parseAllow),
    webhookSecrets: resolve(
      environment.cwd,
      options.text('webhook-secrets') ?? join(dataDir, WEBHOOK_SECRETS_NAME),
    ),
    once,
    exitOnIdle: options.flag('exit-on-idle'),
    logFormat:
      choiceOption(options, 'log-format', LOG_FORMATS) ?? (stderr.isTTY ? 'pretty' : 'json'),
    // With --once the progress lines tell the story; the log would tell it twice.
    logLevel: choiceOption(options, 'log-level', LOG_LEVELS) ?? (once ? 'warn' : 'info'),
    aws: environment.aws,
    taskEnvironment: environment.taskEnvironment,
    driver: readDriver(options),
    faults: readFaults(options, environment.cwd),
    containerEngine: environment.containerEngine,
    colour: stderr.colour,
  })
}

/** What AWS takes as the value of a tag, where the name ends up: letters, digits, spaces and a few signs. */
const NAME = /^[\p{L}\p{N}_.:/=+@ -]{1,256}$/u

function readName(options: Options): string {
  const name = options.text('name') ?? 'default'
  if (NAME.test(name) && name.trim() === name) return name
  throw new UsageError(
    `invalid argument "${name}" for "--name" flag: it becomes a tag in AWS, which takes 1 to 256 letters, digits, spaces and _ . : / = + @ -`,
  )
}

/** What is kept there would be read as manifests, and reported with its keys: folders pass over hidden names alone. */
function readDataDir(
  { cwd }: Environment,
  options: Options,
  directories: readonly string[],
): string {
  const text = options.text('data') ?? DATA_DIR_NAME
  if (text === '') throw new UsageError('--data needs the name of a directory')
  const dataDir = resolve(cwd, text)
  for (const folder of directories) {
    const below = relative(folder, dataDir).split(sep)
    if (below.some((part) => part === '..' || (part.startsWith('.') && part !== '.'))) continue
    throw new CliError(
      `the data directory ${dataDir} is inside of the folder ${folder}, whose files are read as manifests: choose another --data, or a hidden one such as ${join(folder, DATA_DIR_NAME)}`,
    )
  }
  return dataDir
}

/** As the API takes them for new namespaces. */
const NAMESPACE_NAME = /^[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?$/

function readNamespace(options: Options): string {
  const name = options.text('namespace') || DEFAULT_NAMESPACE
  if (NAMESPACE_NAME.test(name)) return name
  throw new UsageError(
    `invalid argument "${name}" for "--namespace" flag: at most 63 lower case letters, digits and '-', starting and ending with a letter or digit`,
  )
}

/** Tasks run in AWS unless `--local` is given; a driver that is named without it would be forgotten in silence. */
function readDriver(options: Options): TaskDriverName {
  const driver = choiceOption(options, 'driver', TASK_DRIVERS)
  if (options.given('faults') && !options.flag('local')) {
    throw new UsageError('--faults says what goes wrong with --local: add --local')
  }
  if (driver !== undefined && !options.flag('local')) {
    throw new UsageError('--driver says what runs tasks with --local: add --local')
  }
  return driver ?? 'process'
}

/** A RangeError says what is wrong with the text; the flag is told here. */
function parseAllow(text: string): AllowRule {
  try {
    return parseAllowRule(text)
  } catch (error) {
    throw new UsageError(`invalid argument for "--webhook-allow" flag: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}

/** The controller makes its own socket, so neither an environment variable's nor a neighbour's counts without a flag. */
function readSocketPath(environment: Environment, options: Options, dataDir: string): string {
  const socket = options.text('socket') ?? environment.socket
  if (socket === undefined) return resolve(dataDir, SOCKET_NAME)
  return findSocket({ socket }, environment).path
}

/** Each file is read once: it belongs to one folder. */
function readDirectories(environment: Environment, words: readonly string[]): readonly string[] {
  const folders = words.map((word) => {
    const path = readDirectory(environment, word)
    return { word, path, real: `${realpathSync(path)}/` }
  })
  for (const [index, inner] of folders.entries()) {
    const outer = folders.find(
      (other, place) => place !== index && inner.real.startsWith(other.real),
    )
    if (!outer) continue
    const where = inner.real === outer.real ? 'the same folder as' : 'inside of'
    throw new CliError(`"${inner.word}" is ${where} "${outer.word}": name only one of them`)
  }
  return folders.map(({ path }) => path)
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
export function parseListen(
  text: string | undefined,
  flag = '--listen',
): ListenAddress | 'none' | undefined {
  if (text === undefined || text === 'none') return text
  const [, bracketed, plain, digits = ''] =
    /^(?:(?:\[([^\]]+)\]|([^:]*)):)?(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (digits === '' || port > MAX_PORT) {
    throw new UsageError(
      `invalid argument "${text}" for "${flag}" flag: write HOST:PORT, for example 127.0.0.1:8443, or none`,
    )
  }
  const host = bracketed ?? plain
  if (host === undefined) return { host: '127.0.0.1', port }
  return { host: host === '' ? '0.0.0.0' : host, port }
}

/** An http or https URL that paths can be put behind. */
export function parseHeartbeatUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.parse(text)
  const isWeb = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (!url || !isWeb || url.search || url.hash || url.username || url.password) {
    throw new UsageError(
      `invalid argument "${text}" for "--heartbeat-url" flag: write the URL under which tasks reach Capstan, for example https://capstan.example.com`,
    )
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}
