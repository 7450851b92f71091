import { SCHEMAS } from '../../kinds/generated.ts'
import { isKind } from '../../kinds/meta.ts'
import { STATUS_SCHEMAS } from '../../kinds/status-schemas.ts'
import { invariant } from '../../lib/assert.ts'
import { isJsonObject, type JsonObject } from '../../lib/json.ts'
import { groupVersion, type ResourceInfo } from '../resource.ts'
import { textAt } from '../wire.ts'
import { DEFINITION_PREFIX, OBJECT_META, type ResolveRef, toOpenApiSchema } from './convert.ts'
import { coreSchemas, metaSchemas } from './meta-schemas.ts'
import { describePaths, kindExtension, type Operation, type PathDescription } from './paths.ts'

/** Where references point to; the only thing that v2 and v3 schemas disagree on here. */
export type RefPrefix = '#/components/schemas/' | '#/definitions/'

const GROUP_VERSION_KIND = 'x-kubernetes-group-version-kind'

/** The OpenAPI v3 document of one group version. */
export function renderOpenApiV3(
  infos: readonly ResourceInfo[],
  gv: string,
  version: string,
): JsonObject {
  const own = infos.filter((info) => groupVersion(info) === gv)
  const paths = own.flatMap(describePaths)
  return {
    openapi: '3.0.0',
    info: { title: 'Capstan', version },
    paths: Object.fromEntries(paths.map((path) => [path.path, renderPathV3(path)])),
    components: { schemas: forExplain(renderDefinitions(own, '#/components/schemas/')) },
  }
}

/**
 * What `kubectl explain` shows of a field stands beside its reference, not behind it; and statuses have members.
 * Only here: old kubectl, which reads v2, checks manifests by what it finds.
 */
function forExplain(
  definitions: Readonly<Record<string, JsonObject>>,
): Readonly<Record<string, JsonObject>> {
  const entries = Object.entries(definitions).map(([name, schema]) => {
    const { properties } = schema
    if (!isJsonObject(properties)) return [name, schema]
    const kind = name.slice(DEFINITION_PREFIX.length)
    const described = Object.entries(properties).map(([field, value]) => [
      field,
      isJsonObject(value) ? withDescription(value, definitions) : value,
    ])
    const status = isKind(kind) ? { status: toOpenStatus(STATUS_SCHEMAS[kind]) } : {}
    return [name, { ...schema, properties: { ...Object.fromEntries(described), ...status } }]
  })
  return Object.fromEntries(entries)
}

function withDescription(
  schema: JsonObject,
  definitions: Readonly<Record<string, JsonObject>>,
): JsonObject {
  const { $ref: reference } = schema
  if (typeof reference !== 'string') return schema
  const target = definitions[reference.slice('#/components/schemas/'.length)]
  const description = target?.['description']
  return description === undefined ? schema : { description, allOf: [schema] }
}

function toOpenStatus(schema: JsonObject): JsonObject {
  return { ...schema, nullable: true, 'x-kubernetes-preserve-unknown-fields': true }
}

/** Definitions of the kinds of `infos` and everything that they refer to. */
export function renderDefinitions(
  infos: readonly ResourceInfo[],
  prefix: RefPrefix,
): Readonly<Record<string, JsonObject>> {
  const ref = (definition: string): string => `${prefix}${definition}`
  const all: Readonly<Record<string, JsonObject>> = {
    ...metaSchemas(ref),
    ...coreSchemas(ref),
    ...capstanSchemas(ref),
  }
  const wanted = collectReferences(all, infos.map(definitionName), prefix)
  const byName = new Map(infos.map((info) => [definitionName(info), info]))
  return Object.fromEntries(
    [...wanted].sort().map((name) => {
      const info = byName.get(name)
      const extension = info ? { [GROUP_VERSION_KIND]: [kindExtension(info)] } : {}
      return [name, { ...all[name], ...extension }]
    }),
  )
}

/** Name under which a kind's definition stands. */
export function definitionName({ group, version, kind }: ResourceInfo): string {
  return group === '' ? `io.k8s.api.core.${version}.${kind}` : `${DEFINITION_PREFIX}${kind}`
}

/** Every definition of the schema files under a name of its own. */
function capstanSchemas(ref: (definition: string) => string): Readonly<Record<string, JsonObject>> {
  const definitions: Record<string, JsonObject> = {}
  for (const schema of Object.values(SCHEMAS)) {
    const resolve: ResolveRef = (target) => ref(definitionOfRef(target, textAt(schema, '$id')))
    const { $defs = {}, ...root } = schema
    invariant(isJsonObject($defs), 'definitions of a schema are an object')
    for (const [name, definition] of Object.entries($defs)) {
      if (isJsonObject(definition)) {
        definitions[`${DEFINITION_PREFIX}${name}`] = toOpenApiSchema(definition, resolve)
      }
    }
    if (root['properties'] !== undefined) {
      const name = rootName(textAt(schema, '$id'))
      definitions[`${DEFINITION_PREFIX}${name}`] = withObjectMeta(
        toOpenApiSchema(root, resolve),
        ref,
      )
    }
  }
  return definitions
}

/** `run.schema.json` describes a Run, `template.schema.json` a template. */
const ROOT_NAMES: Readonly<Record<string, string>> = {
  'automation.schema.json': 'Automation',
  'deployment.schema.json': 'Deployment',
  'run.schema.json': 'Run',
  'template.schema.json': 'Template',
  'workpool.schema.json': 'WorkPool',
}

function rootName(id: string): string {
  const name = ROOT_NAMES[id]
  invariant(name !== undefined, `the schema ${id} has a name in OpenAPI`)
  return name
}

/** `common.schema.json#/$defs/Slug`, `#/$defs/Quota` or `template.schema.json`, seen from the file `from`. */
function definitionOfRef(target: string, from: string): string {
  const [file = '', pointer = ''] = target.split('#')
  const name = pointer.startsWith('/$defs/')
    ? pointer.slice('/$defs/'.length)
    : rootName(file === '' ? from : file)
  return name === 'MetadataInput' ? OBJECT_META : `${DEFINITION_PREFIX}${name}`
}

function withObjectMeta(schema: JsonObject, ref: (definition: string) => string): JsonObject {
  const properties = schema['properties']
  if (!isJsonObject(properties) || properties['metadata'] === undefined) return schema
  return { ...schema, properties: { ...properties, metadata: { $ref: ref(OBJECT_META) } } }
}

function collectReferences(
  all: Readonly<Record<string, JsonObject>>,
  names: readonly string[],
  prefix: RefPrefix,
): ReadonlySet<string> {
  const wanted = new Set<string>()
  const queue = names.filter((name) => all[name] !== undefined)
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (wanted.has(name)) continue
    wanted.add(name)
    const references = JSON.stringify(all[name]).matchAll(/"\$ref":"([^"]+)"/g)
    for (const [, reference = ''] of references) queue.push(reference.slice(prefix.length))
  }
  return wanted
}

function renderPathV3({ pathParameters, info, operations }: PathDescription): JsonObject {
  const parameters = pathParameters.map((name) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }))
  const rendered = operations.map((operation) => [
    operation.method,
    renderOperationV3(info, operation),
  ])
  return { ...(parameters.length > 0 ? { parameters } : {}), ...Object.fromEntries(rendered) }
}

function renderOperationV3(info: ResourceInfo, operation: Operation): JsonObject {
  const { id, action, parameters, consumes, hasBody } = operation
  const schema = { $ref: `#/components/schemas/${definitionName(info)}` }
  const types = consumes.length > 0 ? consumes : ['application/json', 'application/yaml']
  const isPatch = operation.method === 'patch'
  const bodySchema = isPatch ? { type: 'object' } : schema
  return {
    operationId: id,
    parameters: parameters.map(({ name, description }) => ({
      name,
      in: 'query',
      description,
      schema: { type: 'string' },
    })),
    ...(hasBody
      ? {
          requestBody: {
            required: true,
            content: Object.fromEntries(types.map((type) => [type, { schema: bodySchema }])),
          },
        }
      : {}),
    responses: { 200: { description: 'OK', content: { 'application/json': { schema } } } },
    'x-kubernetes-action': action,
    [GROUP_VERSION_KIND]: kindExtension(info),
  }
}
