import { isJsonObject, type Json, type JsonObject, ownMember } from '../../lib/json.ts'
import { addition } from './definition.ts'
import { toNetworkConfiguration } from './network.ts'
import { wholePlaceholder } from './placeholders.ts'
import type { Place, Reporter } from './report.ts'
import { runTaskAdditions } from './settings.ts'
import type { SplitTemplate } from './task-definition.ts'
import { asList, asMap, isEmpty, members, without } from './values.ts'

/** Members of the RunTask body that are settings of Prefect. */
const SETTINGS: Readonly<Record<string, string>> = {
  launchType: 'launch_type',
  cluster: 'cluster',
  taskDefinition: 'task_definition_arn',
  capacityProviderStrategy: 'capacity_provider_strategy',
  tags: 'labels',
}

/** Members that a template has under the same name. */
const FIELDS: readonly string[] = [
  'platformVersion',
  'enableExecuteCommand',
  'propagateTags',
  'placementConstraints',
  'placementStrategy',
  'group',
]

/** Members that are Capstan's own business, and why. */
const OWN: Readonly<Record<string, readonly [reason: string, action: string]>> = {
  clientToken: ['Capstan derives its own, so that nothing starts twice', 'Nothing has to be done'],
  startedBy: ['Capstan finds its tasks by it', 'Use labels to mark tasks'],
  count: ['a run is one task', 'Use spec.array of a Run for several tasks'],
  referenceId: ['ECS keeps it for itself', 'Nothing has to be done'],
}

/**
 * `job_configuration.task_run_request` taken apart: settings, fields, and everything that has neither as
 * taskCustomizations, which are applied to the RunTask body last.
 */
export function splitRunRequest(
  source: Json | undefined,
  place: Place,
  report: Reporter,
): SplitTemplate {
  const body = asMap(source)
  const overrides = splitOverrides(asMap(body['overrides']))
  const own = members(body).filter(([name]) => ownMember(OWN, name) !== undefined)
  for (const [name, value] of own) {
    const [reason = '', action = ''] = ownMember(OWN, name) ?? []
    report.lost({ path: [...place.path, name], value }, reason, action)
  }
  const known = [
    'overrides',
    'networkConfiguration',
    ...FIELDS,
    ...Object.keys(SETTINGS),
    ...Object.keys(OWN),
  ]
  const added = members(without(body, known)).filter(([, value]) => !isEmpty(value))
  const customizations = [...overrides.customizations, ...runTaskAdditions('', added)]
  const settings = members(body).flatMap(([name, value]): readonly [string, Json][] => {
    const setting = ownMember(SETTINGS, name)
    return setting === undefined ? [] : [[setting, name === 'tags' ? toMap(value, 'key') : value]]
  })
  const fields = members(body).filter(([name, value]) => FIELDS.includes(name) && !isEmpty(value))
  return {
    settings: { ...overrides.settings, ...Object.fromEntries(settings) },
    fields: {
      ...Object.fromEntries(fields),
      ...networkField(body['networkConfiguration'], place, report),
      ...(customizations.length > 0 && { taskCustomizations: customizations }),
    },
  }
}

function networkField(value: Json | undefined, place: Place, report: Reporter): JsonObject {
  if (!isJsonObject(value) || isEmpty(value)) return {}
  const path = [...place.path, 'networkConfiguration']
  return { networkConfiguration: toNetworkConfiguration(value, { path, value }, report) }
}

interface SplitOverrides {
  readonly settings: JsonObject
  readonly customizations: readonly JsonObject[]
}

/** Sizes as placeholders are settings, as in the definition; as literals they are overrides of their own. */
function splitOverrides(overrides: JsonObject): SplitOverrides {
  const containers = asList(overrides['containerOverrides']).map(asMap)
  const index = mainOverride(containers)
  const main = containers[index] ?? {}
  const others = containers.filter((_, at) => at !== index)
  const taskRole = overrides['taskRoleArn']
  const sizes = [...members(main), ...members(overrides)].filter(([name, value]) =>
    isSizePlaceholder(name, value),
  )
  const literal = (
    value: JsonObject,
    known: readonly string[],
  ): readonly (readonly [string, Json])[] =>
    members(without(value, known)).filter(
      ([name, item]) => !isEmpty(item) && !isSizePlaceholder(name, item),
    )
  return {
    settings: {
      ...(main['command'] !== undefined && { command: main['command'] }),
      ...(main['environment'] !== undefined && { env: toMap(main['environment'], 'name') }),
      ...(taskRole !== undefined && { task_role_arn: taskRole }),
      ...Object.fromEntries(sizes),
    },
    customizations: [
      ...runTaskAdditions(
        '/overrides/containerOverrides/0',
        literal(main, ['name', 'command', 'environment']),
      ),
      ...others.map((other) => addition('/overrides/containerOverrides/-', other)),
      ...runTaskAdditions('/overrides', literal(overrides, ['containerOverrides', 'taskRoleArn'])),
    ],
  }
}

function isSizePlaceholder(name: string, value: Json): boolean {
  return (name === 'cpu' || name === 'memory') && wholePlaceholder(value) === name
}

/** The override of the default template, else the first without a name, else the first. */
function mainOverride(containers: readonly JsonObject[]): number {
  const isMain = ({ name }: JsonObject): boolean =>
    isEmpty(name) || wholePlaceholder(name) === 'container_name' || name === 'prefect'
  return Math.max(0, containers.findIndex(isMain))
}

/** `[{name: A, value: x}]` as `{A: x}`; maps and placeholders stay. */
function toMap(value: Json, keyName: string): Json {
  if (!Array.isArray(value)) return value
  const entries = asList(value).map(asMap)
  return Object.fromEntries(
    entries.flatMap((entry): readonly [string, Json][] => {
      const key = entry[keyName]
      return typeof key === 'string' ? [[key, entry['value'] ?? null]] : []
    }),
  )
}
