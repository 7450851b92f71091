import type { CliContext } from '../context.ts'
import { environmentSettings, type Setting } from '../environment-settings.ts'
import { UsageError } from '../errors.ts'
import { fetchObject } from '../fetch.ts'
import { renderJson } from '../json-text.ts'
import { choiceOption, type Options } from '../options.ts'
import { RUNS } from '../resources.ts'
import { settingsOfRun } from '../run-settings.ts'
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
  const all: readonly Setting[] =
    names.length === 0
      ? environmentSettings(context.environment, options)
      : await settingsOfNamed(context, names, options)
  const settings = all.filter((setting) => !isHidden(options, 'defaults') || !isDefault(setting))
  const format = choiceOption(options, 'output', ['json', 'yaml'] as const)
  if (format === 'json') context.stdout.write(renderJson(settings))
  else if (format === 'yaml') {
    const { renderYaml } = await import('../yaml-text.ts')
    context.stdout.write(renderYaml(settings))
  } else {
    const columns = isHidden(options, 'sources') ? 2 : 3
    const rows = settings.map(({ name, value, source }) => [name, value ?? '<none>', source])
    const table = [['SETTING', 'VALUE', 'SOURCE'], ...rows].map((row) => row.slice(0, columns))
    context.stdout.write(printTable(table).text)
  }
  return 0
}

async function settingsOfNamed(
  context: CliContext,
  names: readonly string[],
  options: Options,
): Promise<readonly Setting[]> {
  const { client, namespace } = await context.connect(options)
  const [target, ...others] = parseTargets(names, { namespace, defaultResource: RUNS })
  if (target?.type !== 'Object' || target.resource !== RUNS || others.length > 0) {
    throw new UsageError('config view takes one run')
  }
  return settingsOfRun(client, await fetchObject(client, target))
}

/** Prefect's switches: `--show-X` and `--hide-X`. */
function isHidden(options: Options, what: 'defaults' | 'sources'): boolean {
  return options.flag(`hide-${what}`) || options.off(`show-${what}`)
}

function isDefault({ source }: Setting): boolean {
  return source.toLowerCase() === 'default'
}
