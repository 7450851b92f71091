import { createValidator } from '../../manifest/validator.ts'
import type { CliContext } from '../context.ts'
import { effectiveSettings, workPoolName } from '../effective-settings.ts'
import { environmentSettings, type Setting } from '../environment-settings.ts'
import { isReason, UsageError } from '../errors.ts'
import { fetchObject } from '../fetch.ts'
import { renderJson } from '../json-text.ts'
import { type ApiObject, textAt } from '../objects.ts'
import { choiceOption, type Options } from '../options.ts'
import { DEPLOYMENTS, type Resource, RUNS, WORK_POOLS } from '../resources.ts'
import { printTable } from '../table.ts'
import { parseTargets } from '../targets.ts'

/** `capstan config view`: what this program goes by; `config view RUN`: every setting of a run, and whose it is. */
export async function configCommand(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const [verb, ...names] = words
  if (verb !== 'view') throw new UsageError('write config view, or config view RUN')
  const settings =
    names.length === 0
      ? environmentSettings(context.environment, options)
      : await settingsOfRun(context, names, options)
  const format = choiceOption(options, 'output', ['json', 'yaml'] as const)
  if (format === 'json') context.stdout.write(renderJson(settings))
  else if (format === 'yaml') {
    const { renderYaml } = await import('../yaml-text.ts')
    context.stdout.write(renderYaml(settings))
  } else {
    const rows = settings.map(({ name, value, source }) => [name, value ?? '<none>', source])
    context.stdout.write(printTable([['SETTING', 'VALUE', 'SOURCE'], ...rows]).text)
  }
  return 0
}

async function settingsOfRun(
  context: CliContext,
  names: readonly string[],
  options: Options,
): Promise<readonly Setting[]> {
  const { client, namespace } = await context.connect(options)
  const [target, ...others] = parseTargets(names, { namespace, defaultResource: RUNS })
  if (target?.type !== 'Object' || target.resource !== RUNS || others.length > 0) {
    throw new UsageError('config view takes one run')
  }
  const find = async (resource: Resource, name: string): Promise<ApiObject | undefined> => {
    try {
      return await fetchObject(client, { type: 'Object', resource, namespace, name })
    } catch (error) {
      // A run without its deployment or pool still has the settings of its own.
      if (isReason(error, 'NotFound')) return undefined
      throw error
    }
  }
  const run = await fetchObject(client, target)
  const deploymentName = textAt(run, 'spec', 'deployment')
  const deployment = deploymentName ? await find(DEPLOYMENTS, deploymentName) : undefined
  const workPool = await find(WORK_POOLS, workPoolName(run, deployment))
  return effectiveSettings({ run, deployment, workPool }, createValidator())
}
