import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import type { CliContext, Connection } from '../context.ts'
import { ageOf } from '../describe/lines.ts'
import { UsageError } from '../errors.ts'
import { escapeTerminal } from '../escape-terminal.ts'
import { type EventLogQuery, fetchLoggedEvents, followEventLog } from '../event-log.ts'
import { renderJson } from '../json-text.ts'
import { numberAt, textAt } from '../objects.ts'
import { integerOption, type Options } from '../options.ts'
import { printTable } from '../table.ts'
import { parseSubject } from '../targets.ts'
import { renderYaml } from '../yaml-text.ts'

const HEADER = ['LAST SEEN', 'EVENT', 'RESOURCE', 'DETAIL']
const WIDE = ['SEQ', 'ID']
/** Details are cut to a line of a wide terminal; -o json has all of them. */
const MAX_DETAIL = 120

/** `capstan events --log`: everything that is told of runs, tasks, AWS calls, folders and heartbeats, oldest first. */
export async function eventLog(
  context: CliContext,
  connection: Connection,
  options: Options,
): Promise<number> {
  if (options.texts('types').length > 0) throw new UsageError('--types does not go with --log')
  const query = queryOf(connection, options)
  const { items, newest } = await fetchLoggedEvents(connection.client, query)
  const print = printerOf(context, options)
  if (items.length > 0) print(items)
  else if (!options.flag('watch')) context.stderr.write('No events found.\n')
  if (!options.flag('watch')) return 0
  const ports = { client: connection.client, clock: context.clock }
  for await (const event of followEventLog(ports, query, newest)) print([event])
  return 0
}

function queryOf({ namespace }: Connection, options: Options): EventLogQuery {
  const about = options.text('for')
  const limit = integerOption(options, 'limit', 1)
  const common = { namespace: options.flag('all-namespaces') ? undefined : namespace, limit }
  if (about === undefined) return common
  const target = parseSubject(about, namespace)
  return { ...common, for: `${target.resource.kind}/${target.namespace}/${target.name}` }
}

type Print = (events: readonly JsonObject[]) => void

function printerOf(context: CliContext, options: Options): Print {
  const output = options.text('output')
  if (output === undefined || output === 'wide') return tablePrinter(context, options)
  const isStream = options.flag('watch')
  if (output === 'json') {
    // A stream is one event a line, so that it can be read while it goes on.
    return (events) =>
      context.stdout.write(
        isStream
          ? events.map((event) => `${JSON.stringify(event)}\n`).join('')
          : renderJson({ items: events }),
      )
  }
  if (output === 'yaml') {
    return (events) =>
      context.stdout.write(
        isStream
          ? events.map((event) => `---\n${renderYaml(event)}`).join('')
          : renderYaml({ items: events }),
      )
  }
  throw new UsageError('--log goes with -o wide, json or yaml')
}

function tablePrinter(context: CliContext, options: Options): Print {
  const isWide = options.text('output') === 'wide'
  const showsNamespace = options.flag('all-namespaces')
  const around = (cells: readonly string[], namespace: string, extra: readonly string[]) => [
    ...(showsNamespace ? [namespace] : []),
    ...cells,
    ...(isWide ? extra : []),
  ]
  let widths: readonly number[] = []
  let header = options.off('headers') ? [] : [around(HEADER, 'NAMESPACE', WIDE)]
  return (events) => {
    const nowMs = context.clock.nowMs()
    const rows = events.map((event) => {
      const cells = [
        ageOf(event['occurred'], nowMs),
        textAt(event, 'event') ?? '',
        resourceText(event),
        detailOf(event),
      ].map(escapeTerminal)
      const extra = [String(numberAt(event, 'seq') ?? ''), textAt(event, 'id') ?? '']
      return around(cells, textAt(event, 'namespace') ?? '', extra)
    })
    const printed = printTable([...header, ...rows], widths)
    context.stdout.write(printed.text)
    widths = printed.widths
    header = []
  }
}

/** `run/hello` where the resource has a name, the end of its id otherwise. */
function resourceText({ resource }: JsonObject): string {
  const id = textAt(resource, 'capstan.resource.id') ?? ''
  const name = textAt(resource, 'capstan.resource.name')
  const [, type, rest] = /^capstan\.([a-z-]+)\.(.+)$/.exec(id) ?? []
  if (type === undefined) return name ?? id
  return `${type}/${name ?? rest}`
}

/** What there is to say about it: a message where there is one, else the payload. */
function detailOf({ resource, payload }: JsonObject): string {
  const message =
    textAt(resource, 'capstan.state-message') ||
    textAt(payload, 'message') ||
    textAt(payload, 'stoppedReason')
  const told = message || (isJsonObject(payload) ? payloadText(payload) : '')
  const line = told.replaceAll(/\s+/g, ' ').trim()
  return line.length > MAX_DETAIL ? `${line.slice(0, MAX_DETAIL - 1)}…` : line
}

/** `attempt=1 class=Success`: what is no text or number is left to -o json. */
function payloadText(payload: JsonObject): string {
  return Object.entries(payload)
    .flatMap(([key, value]) =>
      typeof value === 'string' || typeof value === 'number' ? `${key}=${value}` : [],
    )
    .join(' ')
}
