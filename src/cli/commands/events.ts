import type { JsonObject } from '../../lib/json.ts'
import type { CliContext, Connection } from '../context.ts'
import { eventAge, sortEvents } from '../describe/events.ts'
import { UsageError } from '../errors.ts'
import { escapeTerminal } from '../escape-terminal.ts'
import { fetchList } from '../fetch.ts'
import { type ApiObject, parseObject, textAt } from '../objects.ts'
import type { Options } from '../options.ts'
import { parseOutputFormat, renderObjects, withoutManagedFields } from '../output-format.ts'
import { EVENTS, resourcePath } from '../resources.ts'
import { printTable } from '../table.ts'
import { parseSubject } from '../targets.ts'
import { watch } from '../watch-stream.ts'

const HEADER = ['LAST SEEN', 'TYPE', 'REASON', 'OBJECT', 'MESSAGE']

/** `capstan events`: what happened, oldest first; of one object with `--for`. */
export async function events(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  if (words.length > 0) {
    throw new UsageError(`unexpected argument "${words[0]}": write --for ${words[0]}`)
  }
  const connection = await context.connect(options)
  if (options.flag('log')) {
    const { eventLog } = await import('./event-log.ts')
    return eventLog(context, connection, options)
  }
  const namespace = options.flag('all-namespaces') ? undefined : connection.namespace
  const query = { fieldSelector: fieldSelectorOf(connection, options) }
  const types = readTypes(options)
  const list = await fetchList(connection.client, EVENTS, namespace, query)
  const items = list.items.filter((event) => isWanted(event, types))
  const format = parseOutputFormat(options.text('output'))
  if (format.type !== 'Table') {
    const objects = items.map(withoutManagedFields)
    context.stdout.write(await renderObjects(format, objects, { asList: true }))
    return 0
  }
  const print = eventPrinter(context, options)
  if (items.length > 0) print(sortEvents(items))
  else if (!options.flag('watch')) {
    const place = namespace === undefined ? 'any namespace' : `${namespace} namespace`
    context.stderr.write(`No events found in ${place}.\n`)
  }
  if (!options.flag('watch')) return 0
  const path = resourcePath(EVENTS, namespace)
  const request = { path, query }
  const changes = watch(connection.client, request, list.resourceVersion, context.clock)
  for await (const { type, object } of changes) {
    const event = parseObject(object)
    if (type !== 'DELETED' && isWanted(event, types)) print([event])
  }
  return 0
}

function fieldSelectorOf(connection: Connection, options: Options): string | undefined {
  const about = options.text('for')
  if (about === undefined) return undefined
  const { resource, name } = parseSubject(about, connection.namespace)
  return `involvedObject.kind=${resource.kind},involvedObject.name=${name}`
}

function readTypes(options: Options): readonly string[] {
  const types = options.texts('types').flatMap((text) => text.split(','))
  const wrong = types.find((type) => !['normal', 'warning'].includes(type.toLowerCase()))
  if (wrong !== undefined) {
    throw new UsageError(`valid --types are Normal or Warning, not "${wrong}"`)
  }
  return types.map((type) => type.toLowerCase())
}

function isWanted(event: ApiObject, types: readonly string[]): boolean {
  return types.length === 0 || types.includes((textAt(event, 'type') ?? '').toLowerCase())
}

function eventPrinter(
  context: CliContext,
  options: Options,
): (events: readonly JsonObject[]) => void {
  const showsNamespace = options.flag('all-namespaces')
  let widths: readonly number[] = []
  let header = options.off('headers') ? [] : [[...(showsNamespace ? ['NAMESPACE'] : []), ...HEADER]]
  return (found) => {
    const nowMs = context.clock.nowMs()
    const rows = found.map((event) => [
      ...(showsNamespace ? [textAt(event, 'metadata', 'namespace') ?? ''] : []),
      eventAge(event, nowMs),
      textAt(event, 'type') ?? '',
      textAt(event, 'reason') ?? '',
      `${textAt(event, 'involvedObject', 'kind')}/${textAt(event, 'involvedObject', 'name')}`,
      escapeTerminal((textAt(event, 'message') ?? '').trim()),
    ])
    const printed = printTable([...header, ...rows], widths)
    context.stdout.write(printed.text)
    widths = printed.widths
    header = []
  }
}
