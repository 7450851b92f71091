import { DEFAULT_NAMESPACE } from '../../kinds/meta.ts'
import type { CliContext } from '../context.ts'
import { CliError } from '../errors.ts'
import { renderJson } from '../json-text.ts'
import { readOfflineTexts } from '../manifest-files.ts'
import { checkOffline, type OfflineRun } from '../offline-runs.ts'
import { choiceOption, type Options } from '../options.ts'
import { reportProblems } from '../problem-report.ts'

/** `capstan render`: what ECS would be sent, one document per Run; what keeps a Run from it on stderr, exit code 1. */
export async function render(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const texts = await readOfflineTexts(context, words, options)
  const check = checkOffline(texts, options.text('namespace') ?? DEFAULT_NAMESPACE)
  reportProblems(context.stderr, texts, check)
  const wanted = options.text('run')
  const isWanted = (name: string): boolean => wanted === undefined || name === wanted
  const runs = check.runs.filter(({ run }) => isWanted(run.object.metadata.name))
  const documents = runs.map(toDocument)
  const format = choiceOption(options, 'output', ['yaml', 'json'] as const)
  if (format === 'json') context.stdout.write(documents.map(renderJson).join(''))
  else {
    const { renderManifests } = await import('../yaml-text.ts')
    context.stdout.write(renderManifests(documents))
  }
  const missing = check.objects.filter(
    (object) =>
      object.kind === 'Run' &&
      isWanted(object.metadata.name) &&
      !runs.some(({ run }) => run.object === object),
  )
  if (wanted !== undefined && runs.length + missing.length === 0) {
    throw new CliError(`there is no Run "${wanted}" in these files`)
  }
  return check.problems.length + missing.length > 0 ? 1 : 0
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
