import { camelCase, normalizeTrigger } from '../../kinds/automation-synonyms.ts'
import { SCHEMAS } from '../../kinds/generated.ts'
import { parseIntervalMs } from '../../kinds/interval.ts'
import type { PathStep } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { toSlug } from './names.ts'
import type { Reporter } from './report.ts'
import { asList, asMap, asText, isEmpty, members } from './values.ts'

type SourcePath = readonly PathStep[]

/** Members of Prefect's trigger that belong to the action, which is to run the deployment. */
const ACTION_MEMBERS = ['name', 'enabled', 'parameters', 'job_variables', 'schedule_after']

/** `triggers` of a deployment: automations that start it. `owner` is the deployment's name. */
export function toTriggers(
  source: Json | undefined,
  owner: string,
  path: SourcePath,
  report: Reporter,
): readonly JsonObject[] {
  return asList(source).flatMap((item, index) => {
    const at = [...path, index]
    const trigger = toTrigger(item, at, report)
    if (!trigger || !isJsonObject(item)) return []
    const name = toSlug(asText(item['name']) ?? `${owner}-automation-${index}`)
    return [{ name, ...actionFields(item, at, report), trigger }]
  })
}

function actionFields(source: JsonObject, path: SourcePath, report: Reporter): JsonObject {
  const variables = asMap(source['job_variables'])
  for (const [name, value] of members(variables)) {
    const place = { path: [...path, 'job_variables', name], value }
    const reason =
      'a trigger gives variables, which the WorkPool has to declare, and which a template of the Deployment beats'
    report.check(
      place,
      reason,
      `Declare ${name} in the variables of the WorkPool, and use it there`,
    )
  }
  const after = source['schedule_after']
  const seconds = isEmpty(after) ? undefined : toSeconds(after)
  if (!isEmpty(after) && seconds === undefined) {
    report.lost(
      { path: [...path, 'schedule_after'], value: after },
      'it is no duration',
      'Set scheduleAfterSeconds',
    )
  }
  return {
    ...(source['enabled'] === false && { enabled: false }),
    ...(!isEmpty(source['parameters']) && { parameters: asMap(source['parameters']) }),
    ...(!isEmpty(variables) && { variables }),
    ...(seconds !== undefined && seconds > 0 && { scheduleAfterSeconds: seconds }),
  }
}

function toSeconds(value: Json | undefined): number | undefined {
  if (typeof value !== 'number' && typeof value !== 'string') return undefined
  const durationMs = parseIntervalMs(value)
  return durationMs === undefined ? undefined : Math.round(durationMs / 1_000)
}

const TYPES = ['event', 'compound', 'sequence']

/** A trigger in Capstan's words; undefined for sorts that Capstan does not have. */
function toTrigger(source: Json, path: SourcePath, report: Reporter): JsonObject | undefined {
  const place = { path, value: source }
  if (!isJsonObject(source)) {
    report.lost(place, 'a trigger is a map', 'Write it as a map')
    return undefined
  }
  const type = asText(source['type']) ?? 'event'
  if (!TYPES.includes(type)) {
    const reason = `triggers are of type ${TYPES.join(', ')}`
    report.lost(place, reason, 'Use an event trigger, or an alert on the metrics of Capstan')
    return undefined
  }
  const known = Object.keys(
    asMap(asMap(asMap(SCHEMAS.automation['$defs'])['Trigger'])['properties']),
  )
  const fields = members(source).filter(([key]) => known.includes(camelCase(key)))
  for (const [key, value] of members(source)) {
    if (known.includes(camelCase(key)) || ACTION_MEMBERS.includes(key) || isEmpty(value)) continue
    report.lost({ path: [...path, key], value }, 'a trigger has no such member', 'Remove it')
  }
  const parts = asList(source['triggers']).flatMap((part, index): readonly JsonObject[] => {
    const converted = toTrigger(part, [...path, 'triggers', index], report)
    return converted ? [converted] : []
  })
  const kept = fields.filter(([key, value]) => key !== 'triggers' && !isEmpty(value))
  const trigger = asMap(normalizeTrigger(Object.fromEntries(kept)))
  return { type, ...trigger, ...(parts.length > 0 && { triggers: parts }) }
}
