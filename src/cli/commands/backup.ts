import { dirname, resolve } from 'node:path'
import { findSocket } from '../../config.ts'
import type { CliContext } from '../context.ts'
import { AbsentControllerError, CliError, UsageError } from '../errors.ts'
import type { Options } from '../options.ts'

/** `capstan backup FILE`: by the controller while one runs, else by this process. */
export async function backup(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const [file, ...more] = words
  if (file === undefined || more.length > 0) throw new UsageError('backup takes one FILE')
  const target = resolve(context.environment.cwd, file)
  try {
    const { client } = await context.connect(options)
    await client.json({ method: 'POST', path: '/capstan/backup', body: { path: target } })
    context.stderr.write(`backup of the running controller: ${target}\n`)
  } catch (error) {
    if (!(error instanceof AbsentControllerError)) throw error
    const source = await backUpAlone(context, options, target)
    context.stderr.write(`backup of ${source}: ${target}\n`)
  }
  return 0
}

/** The data directory is where the controller's socket would be. */
async function backUpAlone(
  { environment, programs }: CliContext,
  options: Options,
  target: string,
): Promise<string> {
  const data = options.text('data')
  const flags = { socket: options.text('socket'), data }
  const dataDir = data
    ? resolve(environment.cwd, data)
    : dirname(findSocket(flags, environment).path)
  try {
    return await programs.backUpOffline(dataDir, target)
  } catch (error) {
    if (error instanceof CliError || !(error instanceof Error)) throw error
    throw new CliError(error.message, { cause: error })
  }
}
