import { TASK_DRIVERS } from '../../config.ts'
import type { CliContext } from '../context.ts'
import { UsageError } from '../errors.ts'
import { readFaults } from '../fault-option.ts'
import { choiceOption, integerOption, type Options } from '../options.ts'

const MAX_PORT = 65_535

/** `capstan local`: serves the ECS-compatible endpoint until it is told to stop. */
export function local(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  if (words.length > 0) throw new UsageError(`unexpected argument "${words[0]}"`)
  const { environment, stdout, stderr, programs } = context
  const port = integerOption(options, 'port', 0, MAX_PORT) ?? 0
  const host = options.text('host') ?? '127.0.0.1'
  const emulator = {
    host,
    port,
    taskEnvironment: environment.taskEnvironment,
    cwd: environment.cwd,
    driver: choiceOption(options, 'driver', TASK_DRIVERS) ?? 'process',
    containerEngine: environment.containerEngine,
    faults: readFaults(options, environment.cwd),
  }
  return programs.serveEmulator(emulator, (url) => {
    stdout.write(`${url}\n`)
    stderr.write(renderUsage(url))
  })
}

/** What to type to use the endpoint; any credentials are taken. */
function renderUsage(url: string): string {
  return [
    'An ECS-compatible endpoint is up (Ctrl-C stops it). To use it:',
    `  export AWS_ENDPOINT_URL=${url} AWS_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local`,
    '  aws ecs list-tasks',
    '',
  ].join('\n')
}
