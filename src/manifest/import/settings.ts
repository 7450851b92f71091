import { isJsonObject, type Json, type JsonObject, ownMember, parseJson } from '../../lib/json.ts'
import { addition, escapePointer, splitDefinition } from './definition.ts'
import { toNetworkConfiguration } from './network.ts'
import { wholePlaceholder } from './placeholders.ts'
import type { Place, Reporter } from './report.ts'
import { asList, isEmpty, members } from './values.ts'

/** Members of a template. */
type Fields = JsonObject

interface Setting {
  readonly place: Place
  readonly report: Reporter
}

/** What a setting of Prefect becomes. The value is neither null nor a whole-text placeholder. */
type Rule = (value: Json, setting: Setting) => Fields

/** The same value under the name that Capstan has for it. */
function same(field: string): Rule {
  return (value) => ({ [field]: value })
}

/** Numbers that Prefect also takes as text. */
function number(field: string): Rule {
  return (value) => {
    const isText = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value)
    return { [field]: isText ? Number(value) : value }
  }
}

/**
 * The settings of the ECSTask block and of the ECS worker, and what each becomes in a template
 * (docs/settings.md). Those that are no part of a template are not here.
 */
const RULES: Readonly<Record<string, Rule>> = {
  task_definition_arn: same('taskDefinitionArn'),
  task_definition: toDefinition,
  family: same('family'),
  image: same('image'),
  command: same('command'),
  cluster: same('cluster'),
  container_name: same('containerName'),
  launch_type: same('launchType'),
  capacity_provider_strategy: same('capacityProviderStrategy'),
  cpu: number('cpu'),
  memory: number('memory'),
  execution_role_arn: same('executionRoleArn'),
  task_role_arn: same('taskRoleArn'),
  configure_cloudwatch_logs: same('configureCloudwatchLogs'),
  cloudwatch_logs_options: (value) => ({ cloudwatchLogsOptions: toTexts(value) }),
  cloudwatch_logs_prefix: same('cloudwatchLogsPrefix'),
  stream_output: same('streamOutput'),
  vpc_id: same('vpcId'),
  network_configuration: toNetwork,
  auto_deregister_task_definition: same('autoDeregisterTaskDefinition'),
  match_latest_revision_in_family: same('matchLatestRevisionInFamily'),
  prefect_api_key_secret_arn: (value) => ({ secrets: { PREFECT_API_KEY: value } }),
  prefect_api_auth_string_secret_arn: (value) => ({ secrets: { PREFECT_API_AUTH_STRING: value } }),
  env: toEnv,
  labels: (value) => ({ labels: toTexts(value) }),
  task_customizations: toPatch,
  task_start_timeout_seconds: number('taskStartTimeoutSeconds'),
  task_watch_poll_interval: number('taskWatchPollInterval'),
}

/** True for settings that become fields of a template. */
export function isTemplateSetting(name: string): boolean {
  return Object.hasOwn(RULES, name)
}

/** The field of a template that has a setting's value as it is; undefined where it is more than that. */
export function fieldOf(name: string): string | undefined {
  const sample = ownMember(RULES, name)?.(SAMPLE, {
    place: { path: [], value: SAMPLE },
    report: SILENT,
  })
  const [entry, ...others] = members(sample)
  return entry?.[1] === SAMPLE && others.length === 0 ? entry[0] : undefined
}

const SAMPLE = '-'
const SILENT: Reporter = {
  notes: [],
  lost: ignore,
  changed: ignore,
  check: ignore,
  refused: ignore,
}

function ignore(): void {
  // Only asked for its answer.
}

/**
 * The fields of a template for one setting. Empty lists, maps and texts say nothing, as in Prefect;
 * of null the caller knows what it means.
 */
export function toFields(name: string, place: Place, report: Reporter): Fields {
  const { value } = place
  const rule = ownMember(RULES, name)
  if (rule === undefined || value === undefined || isEmpty(value)) return {}
  const isMap = name === 'env' || name === 'labels'
  if (wholePlaceholder(value) === undefined || isMap) return rule(value, { place, report })
  const field = fieldOf(name)
  return field === undefined ? wholeFields(name, value) : { [field]: value }
}

/** Fields of settings whose value is one placeholder, where the value would have been looked into. */
function wholeFields(name: string, value: Json): Fields {
  const fields: Readonly<Record<string, Fields>> = {
    cloudwatch_logs_options: { cloudwatchLogsOptions: value },
    network_configuration: { networkConfiguration: value },
    task_definition: { taskDefinition: value },
    task_customizations: { taskCustomizations: value },
    prefect_api_key_secret_arn: { secrets: { PREFECT_API_KEY: value } },
    prefect_api_auth_string_secret_arn: { secrets: { PREFECT_API_AUTH_STRING: value } },
  }
  return ownMember(fields, name) ?? {}
}

/** Fields put together; maps and customizations are joined, of other fields the later one counts. */
export function joinFields(...parts: readonly Fields[]): Fields {
  return parts.reduce<Fields>((joined, part) => {
    const merged = members(part).map(([field, value]): readonly [string, Json] => {
      const before = ownMember(joined, field)
      if (JOINED_MAPS.includes(field) && isJsonObject(before) && isJsonObject(value)) {
        return [field, { ...before, ...value }]
      }
      const isPatch = field.endsWith('Customizations')
      return [field, isPatch ? [...asList(before), ...asList(value)] : value]
    })
    return { ...joined, ...Object.fromEntries(merged) }
  }, {})
}

const JOINED_MAPS = ['env', 'secrets', 'labels', 'cloudwatchLogsOptions']

function toTexts(value: Json): JsonObject {
  return Object.fromEntries(
    members(value)
      .filter(([, item]) => item !== null)
      .map(([key, item]) => [key, typeof item === 'string' ? item : JSON.stringify(item)]),
  )
}

/** Scalars and null stay; ECS has no other values. */
function toEnv(value: Json, { place, report }: Setting): Fields {
  const reason = 'an environment variable is text, a number, a boolean or null'
  if (!isJsonObject(value)) {
    report.lost(place, 'the environment is a map of names and values', 'Write it as a map')
    return {}
  }
  const env = members(value).filter(([name, item]) => {
    const isScalar = item === null || typeof item !== 'object'
    const at = { path: [...place.path, name], value: item }
    if (!isScalar) report.lost(at, reason, 'Write it as text, for example as JSON')
    return isScalar
  })
  return { env: Object.fromEntries(env) }
}

function toDefinition(value: Json, { place, report }: Setting): Fields {
  if (!isJsonObject(value)) {
    report.lost(place, 'a task definition is a map', 'Write it under template.taskDefinition')
    return {}
  }
  const { definition, customizations } = splitDefinition(value, place.path, report)
  return {
    taskDefinition: definition,
    ...(customizations.length > 0 && { taskDefinitionCustomizations: customizations }),
  }
}

function toNetwork(value: Json, { place, report }: Setting): Fields {
  if (!isJsonObject(value)) {
    report.lost(place, 'a network configuration is a map', 'Write it under networkConfiguration')
    return {}
  }
  const network = toNetworkConfiguration(value, place, report)
  return isEmpty(network) ? {} : { networkConfiguration: network }
}

/** A list of operations; its JSON text; or the map that older versions of Prefect saved. */
function toPatch(value: Json, { place, report }: Setting): Fields {
  const list = isJsonObject(value) ? value['patch'] : value
  const operations = typeof list === 'string' ? parseList(list) : asList(list)
  if (operations === undefined) {
    report.lost(place, 'it is not the JSON text of a patch', 'Write it under taskCustomizations')
    return {}
  }
  return operations.length > 0 ? { taskCustomizations: operations } : {}
}

function parseList(text: string): readonly Json[] | undefined {
  const value = parseJson(text)
  return Array.isArray(value) ? (value as readonly Json[]) : undefined
}

/** Operations of taskCustomizations that add members to the RunTask body. */
export function runTaskAdditions(
  pointer: string,
  values: readonly (readonly [string, Json])[],
): readonly JsonObject[] {
  return values.map(([key, value]) => addition(`${pointer}/${escapePointer(key)}`, value))
}
