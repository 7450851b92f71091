import type { CliContext } from '../context.ts'
import { AbsentControllerError } from '../errors.ts'
import { renderJson } from '../json-text.ts'
import { textAt } from '../objects.ts'
import { choiceOption, type Options } from '../options.ts'
import { packageVersion } from '../package-version.ts'

/** `capstan version`: this program's, and the controller's where one is running. */
export async function version(
  context: CliContext,
  _words: readonly string[],
  options: Options,
): Promise<number> {
  const client = packageVersion()
  const server = options.flag('client') ? undefined : await serverVersion(context, options)
  const format = choiceOption(options, 'output', ['json', 'yaml'] as const)
  if (format === undefined) {
    context.stdout.write(`Client Version: ${client}\n`)
    if (server !== undefined) context.stdout.write(`Server Version: ${server}\n`)
    return 0
  }
  const value = {
    clientVersion: client,
    ...(server === undefined ? {} : { serverVersion: server }),
  }
  if (format === 'json') context.stdout.write(renderJson(value))
  else context.stdout.write((await import('../yaml-text.ts')).renderYaml(value))
  return 0
}

/** Without the Kubernetes version that it speaks; undefined when no controller is running. */
async function serverVersion(context: CliContext, options: Options): Promise<string | undefined> {
  try {
    const { client } = await context.connect(options)
    const answer = await client.json({ path: '/version' })
    return textAt(answer, 'gitVersion')?.replace(/^.*\+capstan\./, '')
  } catch (error) {
    if (error instanceof AbsentControllerError) return undefined
    throw error
  }
}
