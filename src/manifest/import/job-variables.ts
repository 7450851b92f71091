import type { PathStep } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json, type JsonObject, ownMember } from '../../lib/json.ts'
import { toAwsSettings } from './credentials.ts'
import type { Reporter } from './report.ts'
import { fieldOf, isTemplateSetting, joinFields, toFields } from './settings.ts'
import { isEmpty, members } from './values.ts'

export interface JobVariables {
  /** Members of a template: settings of the ECS worker. */
  readonly template: JsonObject
  /** Variables that the WorkPool has to declare. */
  readonly variables: JsonObject
}

/**
 * Job variables of a deployment. Those of the ECS worker become fields of the template, which count in
 * every WorkPool, whatever its variables; the others stay variables.
 */
export function splitJobVariables(
  source: JsonObject,
  path: readonly PathStep[],
  report: Reporter,
): JobVariables {
  const expanded = members(expandDotted(source))
  const own = expanded.filter(([name]) => !isTemplateSetting(name) && !APART.includes(name))
  for (const [name, value] of own) {
    const reason = 'the ECS worker has no such setting, so it stays a variable'
    const action = `Declare ${name} in the variables of the WorkPool, and use it in its template`
    report.check({ path: [...path, name], value }, reason, action)
  }
  reportApart(expanded, path, report)
  const fields = expanded.map(([name, value]) => settingFields(name, value, path, report))
  return {
    template: withArnMode(withStrategy(joinFields(...fields), path, report)),
    variables: Object.fromEntries(own),
  }
}

const APART = ['name', 'aws_credentials']

function reportApart(
  variables: readonly (readonly [string, Json])[],
  path: readonly PathStep[],
  report: Reporter,
): void {
  for (const [name, value] of variables.filter(([key]) => APART.includes(key))) {
    const place = { path: [...path, name], value }
    if (name === 'name') report.lost(place, 'runs are named by Capstan', 'Use labels to mark tasks')
    else if (toAwsSettings(value, place.path, report)) {
      report.lost(
        place,
        'an account belongs to a WorkPool',
        'Make a WorkPool with these settings in spec.aws',
      )
    }
  }
}

/** Null, and what is empty, overrides a default with nothing, as null in a template removes what is inherited. */
function settingFields(
  name: string,
  value: Json,
  path: readonly PathStep[],
  report: Reporter,
): JsonObject {
  const isNothing = value === null || (isEmpty(value) && !MAPS.includes(name))
  if (!isNothing) return toFields(name, { path: [...path, name], value }, report)
  const field = ownMember(NULLABLE_FIELDS, name) ?? fieldOf(name)
  return field === undefined ? {} : { [field]: field === 'launchType' ? 'NONE' : null }
}

/** Merged key by key: an empty one changes nothing. */
const MAPS = ['env', 'labels']

const NULLABLE_FIELDS: Readonly<Record<string, string>> = {
  cpu: 'cpu',
  memory: 'memory',
  network_configuration: 'networkConfiguration',
  cloudwatch_logs_options: 'cloudwatchLogsOptions',
}

/** With a strategy the worker sends no launch type. */
function withStrategy(
  template: JsonObject,
  path: readonly PathStep[],
  report: Reporter,
): JsonObject {
  const { launchType, ...rest } = template
  if (launchType === undefined || isEmpty(template['capacityProviderStrategy'])) return template
  const reason = 'capacity_provider_strategy replaces it, as with the ECS worker'
  report.changed(
    { path: [...path, 'launch_type'], value: launchType },
    reason,
    'Nothing has to be done',
  )
  return rest
}

/** The worker runs a linked definition as it is, in its own container. */
function withArnMode(template: JsonObject): JsonObject {
  if (typeof template['taskDefinitionArn'] !== 'string') return template
  return {
    taskDefinition: null,
    containerName: null,
    ...template,
    taskDefinitionArnMode: 'UseAsIs',
  }
}

/** `env.FOO: x` is `env: {FOO: x}`; where both are given, the nested form wins. */
function expandDotted(source: JsonObject): JsonObject {
  const dotted = members(source).filter(([name]) => name.includes('.'))
  const plain = Object.fromEntries(members(source).filter(([name]) => !name.includes('.')))
  return dotted.reduce<JsonObject>((expanded, [name, value]) => {
    const [first = '', ...rest] = name.split('.')
    const nested = rest.reduceRight<Json>((inner, step) => ({ [step]: inner }), value)
    return { ...expanded, [first]: underlay(nested, ownMember(expanded, first)) }
  }, plain)
}

function underlay(weak: Json, strong: Json | undefined): Json {
  if (strong === undefined) return weak
  if (!isJsonObject(weak) || !isJsonObject(strong)) return strong
  const joined = members(weak).map(([key, item]): readonly [string, Json] => [
    key,
    underlay(item, ownMember(strong, key)),
  ])
  return { ...strong, ...Object.fromEntries(joined) }
}
