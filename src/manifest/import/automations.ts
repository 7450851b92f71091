import { normalizeAutomationSpec } from '../../kinds/automation-synonyms.ts'
import { API_VERSION } from '../../kinds/meta.ts'
import type { PathStep } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { toName } from './names.ts'
import type { Reporter } from './report.ts'
import { translateFiring } from './trigger-texts.ts'
import { asList, asMap, asText, members, without } from './values.ts'

/** What Prefect's server writes about an automation. */
const OF_THE_SERVER = ['id', 'created', 'updated', 'account', 'workspace', 'owner_resource']

const ACTION_LISTS = ['actions', 'actions_on_trigger', 'actions_on_resolve']

/** Objects are known by the ids that Prefect's server gave them, which mean nothing here. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** One automation, or the list of a file that `prefect automation create -f` takes. */
export function isAutomations(source: JsonObject): boolean {
  return Array.isArray(source['automations']) || isJsonObject(source['trigger'])
}

/** Automations of Prefect. Their words are understood as they are; what is not is noted by the check of the manifests. */
export function importAutomations(
  source: JsonObject,
  fallbackName: string,
  report: Reporter,
): readonly JsonObject[] {
  if (source['automations'] === undefined) return [toAutomation(source, fallbackName, [], report)]
  return asList(source['automations']).flatMap((item, index) => {
    const path = ['automations', index]
    if (isJsonObject(item)) return [toAutomation(item, `automation-${index}`, path, report)]
    report.lost({ path, value: item }, 'an automation is a map', 'Write it as a map')
    return []
  })
}

function toAutomation(
  source: JsonObject,
  fallbackName: string,
  path: readonly PathStep[],
  report: Reporter,
): JsonObject {
  const spec = members(without(source, OF_THE_SERVER)).map(
    ([key, value]): readonly [string, Json] =>
      ACTION_LISTS.includes(key)
        ? [
            key,
            asList(value).map((action, index) => toAction(action, [...path, key, index], report)),
          ]
        : [key, value],
  )
  return {
    apiVersion: API_VERSION,
    kind: 'Automation',
    metadata: { name: toName(asText(source['name']) ?? fallbackName) },
    spec: normalizeAutomationSpec(Object.fromEntries(spec)),
  }
}

function toAction(action: Json, path: readonly PathStep[], report: Reporter): Json {
  for (const [key, value] of members(action)) {
    if (typeof value !== 'string' || !UUID.test(value)) continue
    const reason = 'it is an id of the server of Prefect'
    report.check({ path: [...path, key], value }, reason, 'Write the name of the object here')
  }
  return asMap(translateFiring(action, path, report))
}
