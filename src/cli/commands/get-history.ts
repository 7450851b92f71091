import { renderAge } from '../../lib/age.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { CliContext, Connection } from '../context.ts'
import { UsageError } from '../errors.ts'
import { escapeTerminal } from '../escape-terminal.ts'
import { fetchHistory } from '../history.ts'
import { renderJson } from '../json-text.ts'
import { integerOption, type Options } from '../options.ts'
import { DEPLOYMENTS, RUNS } from '../resources.ts'
import { printTable } from '../table.ts'
import { parseTargets, type Target } from '../targets.ts'
import { renderYaml } from '../yaml-text.ts'

const HEADER = ['NAME', 'STATE', 'EXIT', 'ATTEMPTS', 'POOL', 'DEPLOYMENT', 'ENDED', 'TOOK']

/** `capstan get runs --history`: what has ended, newest first, also where the object is gone. */
export async function getHistory(
  context: CliContext,
  connection: Connection,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const rows = await rowsOf(connection, words, options)
  const output = options.text('output')
  if (output === 'json') context.stdout.write(renderJson({ items: rows }))
  else if (output === 'yaml') context.stdout.write(renderYaml({ items: rows }))
  else if (output === 'name') {
    context.stdout.write(rows.map((row) => `run/${textOf(row, 'name')}\n`).join(''))
  } else if (output !== undefined && output !== 'wide') {
    throw new UsageError('--history goes with -o json, yaml, name or wide')
  } else printRows(context, rows, options)
  return 0
}

async function rowsOf(
  { client, namespace: own }: Connection,
  words: readonly string[],
  options: Options,
): Promise<readonly JsonObject[]> {
  const namespace = options.flag('all-namespaces') ? undefined : own
  const targets = parseTargets(words, { namespace: own })
  const limit = integerOption(options, 'limit', 1)
  const found = await Promise.all(
    targets.map((target) => fetchHistory(client, { namespace, limit, ...filterOf(target) })),
  )
  return found.flat()
}

function filterOf(target: Target): { readonly name?: string; readonly deployment?: string } {
  if (target.resource === RUNS) return target.type === 'Object' ? { name: target.name } : {}
  if (target.resource === DEPLOYMENTS && target.type === 'Object') {
    return { deployment: target.name }
  }
  throw new UsageError('--history shows runs: get runs, get run/NAME or get deployment/NAME')
}

function printRows(context: CliContext, rows: readonly JsonObject[], options: Options): void {
  if (rows.length === 0) {
    context.stderr.write('No run has ended.\n')
    return
  }
  const showsNamespace = options.flag('all-namespaces')
  const header = options.off('headers')
    ? []
    : [[...(showsNamespace ? ['NAMESPACE'] : []), ...HEADER]]
  const nowMs = context.clock.nowMs()
  const cells = rows.map((row) => [
    ...(showsNamespace ? [textOf(row, 'namespace')] : []),
    ...['name', 'stateName', 'exitCode', 'attempts', 'workPool', 'deployment'].map((member) =>
      textOf(row, member),
    ),
    renderAge(Math.max(0, nowMs - numberOf(row, 'finishedAtMs'))),
    tookText(row),
  ])
  context.stdout.write(printTable([...header, ...cells]).text)
}

function tookText(row: JsonObject): string {
  if (row['startedAtMs'] === undefined) return '-'
  return renderAge(Math.max(0, numberOf(row, 'finishedAtMs') - numberOf(row, 'startedAtMs')))
}

function numberOf(row: JsonObject, member: string): number {
  const value = row[member]
  return typeof value === 'number' ? value : 0
}

function textOf(row: JsonObject, member: string): string {
  const value = row[member]
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' ? escapeTerminal(value) : '-'
}
