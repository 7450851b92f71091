import type { Json, JsonObject } from '../../lib/json.ts'
import { splitDefinition } from './definition.ts'
import { wholePlaceholder } from './placeholders.ts'
import type { Place, Reporter } from './report.ts'
import { asList, asMap, asText, isEmpty, members, without } from './values.ts'

/** The container that Prefect runs flows in when nobody names another. */
export const PREFECT_CONTAINER = 'prefect'

export interface SplitTemplate {
  /** Settings that a template has fields for, under the names of Prefect. */
  readonly settings: JsonObject
  /** The rest of the definition: `taskDefinition`, `taskDefinitionCustomizations`. */
  readonly fields: JsonObject
}

/** Members of the definition that are settings: always, or only as the placeholder of the default template. */
const TOP_LEVEL: readonly {
  readonly member: string
  readonly setting: string
  /** A literal size stands in the definition alone, a setting also in the overrides of RunTask. */
  readonly literal: 'Setting' | 'Definition'
}[] = [
  { member: 'family', setting: 'family', literal: 'Setting' },
  { member: 'executionRoleArn', setting: 'execution_role_arn', literal: 'Setting' },
  { member: 'cpu', setting: 'cpu', literal: 'Definition' },
  { member: 'memory', setting: 'memory', literal: 'Definition' },
]

/**
 * `job_configuration.task_definition` taken apart: what the default template has becomes settings, what
 * people added stays a task definition to start from. Of an unedited template nothing stays.
 */
export function splitTaskDefinition(
  source: Json | undefined,
  place: Place,
  report: Reporter,
): SplitTemplate {
  const body = asMap(source)
  const hoisted = TOP_LEVEL.filter(({ member, literal }) => {
    const value = body[member]
    return !isEmpty(value) && (literal === 'Setting' || wholePlaceholder(value) !== undefined)
  })
  const main = splitContainers(asList(body['containerDefinitions']).map(asMap))
  const rest = {
    ...without(body, ['containerDefinitions', ...hoisted.map(({ member }) => member)]),
    ...(main.containers.length > 0 && { containerDefinitions: main.containers }),
  }
  const { definition, customizations } = splitDefinition(rest, place.path, report)
  return {
    settings: {
      ...Object.fromEntries(hoisted.map(({ member, setting }) => [setting, body[member]])),
      ...main.settings,
    },
    fields: {
      ...(!isEmpty(definition) && { taskDefinition: definition }),
      ...(customizations.length > 0 && { taskDefinitionCustomizations: customizations }),
    },
  }
}

interface SplitContainers {
  readonly settings: JsonObject
  readonly containers: readonly JsonObject[]
}

/** Image and name of the container of the run; it stays in the list when there is more to say about it. */
function splitContainers(containers: readonly JsonObject[]): SplitContainers {
  const index = mainIndex(containers)
  const main = containers[index]
  if (!main) return { settings: {}, containers }
  const name = asText(main['name']) ?? PREFECT_CONTAINER
  const others = without(main, ['name', 'image'])
  const isAlone = containers.length === 1 && members(others).length === 0
  const kept = containers.map((container, at) => (at === index ? { name, ...others } : container))
  return {
    settings: {
      container_name: name,
      ...(main['image'] !== undefined && { image: main['image'] }),
    },
    containers: isAlone ? [] : kept,
  }
}

/** The container with the placeholder of the default template, else `prefect`, else a nameless one, else the first. */
function mainIndex(containers: readonly JsonObject[]): number {
  const tests: readonly ((container: JsonObject) => boolean)[] = [
    ({ name }) => wholePlaceholder(name) === 'container_name',
    ({ name }) => name === PREFECT_CONTAINER,
    ({ name }) => isEmpty(name),
    () => true,
  ]
  const found = tests.map((test) => containers.findIndex(test)).find((index) => index >= 0)
  return found ?? -1
}
