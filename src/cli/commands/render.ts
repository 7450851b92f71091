import { DEFAULT_NAMESPACE } from '../../kinds/meta.ts'
import { renderProblem } from '../../manifest/problem.ts'
import type { CliContext } from '../context.ts'
import { CliError } from '../errors.ts'
import { renderJson } from '../json-text.ts'
import { readOfflineTexts } from '../manifest-files.ts'
import { checkOffline, type OfflineRun } from '../offline-runs.ts'
import { choiceOption, type Options } from '../options.ts'

/** `capstan render`: what ECS would be sent, one document per Run; problems on stderr, exit code 1. */
export async function render(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const texts = await readOfflineTexts(context, words, options)
  const check = checkOffline(texts, options.text('namespace') ?? DEFAULT_NAMESPACE)
  const textOf = new Map(texts.map(({ source, text }) => [source, text]))
  for (const problem of check.problems) {
    context.stderr.write(`${renderProblem(problem, textOf.get(problem.file))}\n`)
  }
  const wanted = options.text('run')
  const runs = check.runs.filter(
    ({ run }) => wanted === undefined || run.object.metadata.name === wanted,
  )
  if (wanted !== undefined && runs.length === 0 && check.problems.length === 0) {
    throw new CliError(`there is no Run "${wanted}" in these files that can be rendered`)
  }
  const documents = runs.map(toDocument)
  const format = choiceOption(options, 'output', ['yaml', 'json'] as const)
  if (format === 'json') context.stdout.write(documents.map(renderJson).join(''))
  else {
    const { stringify } = await import('yaml')
    const settings = { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false } as const
    context.stdout.write(documents.map((value) => stringify(value, settings)).join('---\n'))
  }
  return check.problems.length > 0 ? 1 : 0
}

function toDocument({ run, bodies }: OfflineRun): object {
  const { kind, metadata } = run.object
  const { taskDefinition, taskDefinitionArn, runTask } = bodies
  return {
    [kind.toLowerCase()]: metadata.name,
    namespace: metadata.namespace,
    ...(taskDefinition ? { taskDefinition } : {}),
    ...(taskDefinitionArn === undefined ? {} : { taskDefinitionArn }),
    runTask,
  }
}
