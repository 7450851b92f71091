import { SCHEMAS } from '../../kinds/generated.ts'
import { KIND_NAMES, KINDS } from '../../kinds/meta.ts'
import { STATUS_SCHEMAS } from '../../kinds/status-schemas.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { plainText } from '../json-text.ts'

/** A place in the schemas: what it says, and the document that its references are meant from. */
export interface SchemaNode {
  readonly schema: JsonObject
  readonly document: JsonObject
  /** References on the way here, so that a recursive schema is seen as one. */
  readonly via: readonly string[]
}

/** The root of a kind's schema, or of `template` and `common`; undefined for an unknown name. */
export function rootNode(name: string): SchemaNode | undefined {
  const document: Json | undefined = (SCHEMAS as JsonObject)[name]
  if (!isJsonObject(document)) return undefined
  const { properties } = document
  const kind = KINDS.find((candidate) => KIND_NAMES[candidate].singular === name)
  if (!kind || !isJsonObject(properties)) return { schema: document, document, via: [] }
  // Manifests may hold any status, so the schema that checks them says nothing of its members.
  const status = STATUS_SCHEMAS[kind]
  const schema = { ...document, properties: { ...properties, status } }
  return { schema, document, via: [] }
}

/** Follows references to the end; what stands beside a `$ref` (its description) wins. */
export function resolveNode(node: SchemaNode): SchemaNode {
  const { $ref: reference, ...beside } = node.schema
  if (typeof reference !== 'string') return node
  const target = followReference(reference, node.document)
  if (!target) return node
  return resolveNode({
    schema: { ...target.schema, ...beside },
    document: target.document,
    via: [...node.via, `${plainText(target.document['$id'])}${reference.replace(/^[^#]*/, '')}`],
  })
}

/** `#/$defs/X`, `common.schema.json#/$defs/X` or `template.schema.json`. */
function followReference(
  reference: string,
  from: JsonObject,
): { readonly schema: JsonObject; readonly document: JsonObject } | undefined {
  const [file = '', pointer = ''] = reference.split('#')
  const document = file === '' ? from : rootNode(file.replace('.schema.json', ''))?.document
  if (!document) return undefined
  const schema = pointer
    .split('/')
    .filter((step) => step !== '')
    .reduce<Json | undefined>(
      (value, step) => (isJsonObject(value) ? value[step] : undefined),
      document,
    )
  return isJsonObject(schema) ? { schema, document } : undefined
}

/** The node that holds the members: of a list its items, of a map its values, of alternatives the one with members. */
export function membersNode(node: SchemaNode): SchemaNode {
  const resolved = resolveNode(node)
  const { items, additionalProperties, anyOf, properties } = resolved.schema
  if (isJsonObject(properties)) return resolved
  if (isJsonObject(items)) return membersNode({ ...resolved, schema: items })
  if (isJsonObject(additionalProperties)) {
    return membersNode({ ...resolved, schema: additionalProperties })
  }
  const alternatives = Array.isArray(anyOf) ? anyOf.filter(isJsonObject) : []
  const found = alternatives
    .map((schema) => membersNode({ ...resolved, schema }))
    .find((alternative) => isJsonObject(alternative.schema['properties']))
  return found ?? resolved
}

export interface SchemaMember {
  readonly name: string
  readonly node: SchemaNode
  readonly isRequired: boolean
}

/** The fields below a node, in order of their names, as kubectl lists them. */
export function membersOf(node: SchemaNode): readonly SchemaMember[] {
  const holder = membersNode(node)
  const { properties, required } = holder.schema
  if (!isJsonObject(properties)) return []
  return Object.keys(properties)
    .sort()
    .flatMap((name) => {
      const schema = properties[name]
      if (!isJsonObject(schema)) return []
      const isRequired = Array.isArray(required) && required.includes(name)
      return [{ name, node: { ...holder, schema }, isRequired }]
    })
}

/** `string`, `[]Object`, `map[string]string`, `string or []string`: kubectl's words for types. */
export function typeName(node: SchemaNode): string {
  const { schema, ...rest } = resolveNode(node)
  const { type, items, properties, additionalProperties, anyOf } = schema
  if (Array.isArray(anyOf)) {
    const names = anyOf
      .filter(isJsonObject)
      .map((alternative) => typeName({ ...rest, schema: alternative }))
    return [...new Set(names)].join(' or ')
  }
  if (type === 'array') {
    return `[]${isJsonObject(items) ? grouped(typeName({ ...rest, schema: items })) : 'Object'}`
  }
  if (isJsonObject(properties)) return 'Object'
  if (isJsonObject(additionalProperties)) {
    return `map[string]${grouped(typeName({ ...rest, schema: additionalProperties }))}`
  }
  return type === 'object' || typeof type !== 'string' ? 'Object' : type
}

function grouped(name: string): string {
  return name.includes(' or ') ? `(${name})` : name
}
