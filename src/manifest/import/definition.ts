import { SCHEMAS } from '../../kinds/generated.ts'
import type { PathStep } from '../../kinds/placeholder.ts'
import type { Json, JsonObject } from '../../lib/json.ts'
import type { Reporter } from './report.ts'
import { asList, asMap, members, withoutNulls } from './values.ts'

/** What ECS adds to a revision and RegisterTaskDefinition does not take. */
const POST_REGISTRATION = [
  'compatibilities',
  'taskDefinitionArn',
  'revision',
  'status',
  'requiresAttributes',
  'registeredAt',
  'registeredBy',
  'deregisteredAt',
]

export interface SplitDefinition {
  /** What `taskDefinition` of a template takes. */
  readonly definition: JsonObject
  /** The rest, as operations of taskDefinitionCustomizations. */
  readonly customizations: readonly JsonObject[]
}

/**
 * A RegisterTaskDefinition body in two parts: members that manifests check, and members that they do not
 * know and that go in by patch. Nulls are left out; zeros and false stay (Prefect drops zeros).
 */
export function splitDefinition(
  source: JsonObject,
  path: readonly PathStep[],
  report: Reporter,
): SplitDefinition {
  const written = members(withoutNulls(source))
  for (const [key, value] of written.filter(([name]) => POST_REGISTRATION.includes(name))) {
    const reason = 'ECS writes this itself when a revision is registered'
    report.lost({ path: [...path, key], value }, reason, 'Nothing has to be done')
  }
  const own = written.filter(([name]) => !POST_REGISTRATION.includes(name))
  const known = fieldsOf('TaskDefinition')
  const containers = asList(Object.fromEntries(own)['containerDefinitions']).map(asMap)
  const knownInContainer = fieldsOf('ContainerDefinition')
  const definition = own
    .filter(([name]) => known.includes(name))
    .map(([name, value]): readonly [string, Json] =>
      name === 'containerDefinitions'
        ? [name, containers.map((container) => only(container, knownInContainer))]
        : [name, value],
    )
  return {
    definition: Object.fromEntries(definition),
    customizations: [
      ...containers.flatMap((container, index) =>
        additions(container, knownInContainer, `/containerDefinitions/${index}`),
      ),
      ...additions(Object.fromEntries(own), known, ''),
    ],
  }
}

/** Fields that the schema of templates gives a part of the definition. */
function fieldsOf(part: 'TaskDefinition' | 'ContainerDefinition'): readonly string[] {
  const definitions = asMap(SCHEMAS.template['$defs'])
  return Object.keys(asMap(asMap(definitions[part])['properties']))
}

function only(value: JsonObject, keys: readonly string[]): JsonObject {
  return Object.fromEntries(members(value).filter(([key]) => keys.includes(key)))
}

/** Operations that add the members which are not among the known ones. */
function additions(
  value: JsonObject,
  known: readonly string[],
  pointer: string,
): readonly JsonObject[] {
  return members(value)
    .filter(([key]) => !known.includes(key))
    .map(([key, item]) => addition(`${pointer}/${escapePointer(key)}`, item))
}

/** An operation of an RFC 6902 patch that adds a member. */
export function addition(path: string, value: Json): JsonObject {
  return { op: 'add', path, value }
}

export function escapePointer(key: string): string {
  return key.replaceAll('~', '~0').replaceAll('/', '~1')
}
