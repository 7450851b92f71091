import type { JsonObject } from '../../lib/json.ts'
import type { ApiClient } from '../client.ts'
import type { CliContext, Connection } from '../context.ts'
import { renderDescription } from '../describe/describe.ts'
import type { EffectiveSetting } from '../effective-settings.ts'
import { CliError, isReason } from '../errors.ts'
import { fetchList, fetchTarget } from '../fetch.ts'
import type { ApiObject } from '../objects.ts'
import type { Options } from '../options.ts'
import { EVENTS } from '../resources.ts'
import { settingsOfRun } from '../run-settings.ts'
import { hasSelector, selectorQuery, selectTargets } from '../selection.ts'
import type { Target } from '../targets.ts'

/** `capstan describe`: one object after the other, with its events. */
export async function describe(
  context: CliContext,
  words: readonly string[],
  options: Options,
): Promise<number> {
  const connection = await context.connect(options)
  const targets = await selectTargets(context, connection, words, options)
  const objects: ApiObject[] = []
  for (const target of targets) objects.push(...(await findObjects(connection, target, options)))
  const texts: string[] = []
  for (const object of objects) {
    const events = await eventsOf(connection.client, object, options)
    const settings = await heartbeatOf(connection.client, object)
    texts.push(renderDescription(object, { events, settings, nowMs: context.clock.nowMs() }))
  }
  context.stdout.write(texts.join('\n\n'))
  if (objects.length === 0) {
    const scope = options.flag('all-namespaces') ? '' : ` in ${connection.namespace} namespace.`
    context.stderr.write(`No resources found${scope}\n`)
  }
  return 0
}

/** The heartbeat that a run's templates come to; none where they do not fit together. */
async function heartbeatOf(
  client: ApiClient,
  object: ApiObject,
): Promise<readonly EffectiveSetting[]> {
  if (object.kind !== 'Run') return []
  try {
    const settings = await settingsOfRun(client, object)
    return settings.filter(({ name }) => name.startsWith('heartbeat.'))
  } catch (error) {
    if (error instanceof CliError) return []
    throw error
  }
}

/** A name that does not exist may be the beginning of names that do, as in kubectl. */
async function findObjects(
  connection: Connection,
  target: Target,
  options: Options,
): Promise<readonly ApiObject[]> {
  try {
    return await fetchTarget(connection.client, target, selectorQuery(options))
  } catch (error) {
    if (target.type === 'List' || !isReason(error, 'NotFound') || hasSelector(options)) throw error
    const { resource, namespace, name } = target
    const { items } = await fetchList(connection.client, resource, namespace)
    const matching = items.filter((item) => item.metadata.name.startsWith(name))
    if (matching.length === 0) throw error
    return matching
  }
}

async function eventsOf(
  client: ApiClient,
  object: ApiObject,
  options: Options,
): Promise<readonly JsonObject[]> {
  if (options.off('show-events')) return []
  const { name, namespace, uid } = object.metadata
  const selector = {
    'involvedObject.name': name,
    'involvedObject.kind': object.kind,
    'involvedObject.uid': uid,
  }
  const fieldSelector = Object.entries(selector)
    .flatMap(([field, value]) => (value === undefined ? [] : [`${field}=${value}`]))
    .join(',')
  return (await fetchList(client, EVENTS, namespace, { fieldSelector })).items
}
