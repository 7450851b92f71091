import { describe, expect, test } from 'vitest'
import { KINDS } from '../../kinds/meta.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import { messageField, readMessage, textField } from '../protobuf.ts'
import { EVENTS, KIND_RESOURCES, NAMESPACES, PODS } from '../resources.ts'
import { valueAt } from '../wire.ts'
import { toOpenApiSchema } from './convert.ts'
import { renderOpenApiV3 } from './document.ts'
import { renderOpenApiV2 } from './document-v2.ts'

const INFOS = [...Object.values(KIND_RESOURCES), NAMESPACES, EVENTS, PODS]
const DOCUMENT = renderOpenApiV3(INFOS, 'capstan.dev/v1', '1.2.3')
const SCHEMAS: ReadonlyMap<string, JsonObject> = new Map(
  Object.entries(valueAt(DOCUMENT, 'components.schemas') as Readonly<Record<string, JsonObject>>),
)

describe('conversion', () => {
  const resolve = (ref: string): string => `#/components/schemas/${ref}`
  test.each<readonly [string, JsonObject, JsonObject]>([
    [
      'a numeric bound',
      { type: 'number', exclusiveMinimum: 0 },
      { type: 'number', minimum: 0, exclusiveMinimum: true },
    ],
    ['an upper one', { exclusiveMaximum: 9 }, { maximum: 9, exclusiveMaximum: true }],
    ['a type that may be null', { type: ['integer', 'null'] }, { type: 'integer', nullable: true }],
    ['several types', { type: ['integer', 'string'] }, {}],
    ['no further members', { type: 'object', additionalProperties: false }, { type: 'object' }],
    [
      'any members',
      { type: 'object', additionalProperties: {} },
      { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
    ],
    [
      'any of',
      { description: 'd', anyOf: [{ type: 'string' }] },
      { description: 'd', 'x-kubernetes-preserve-unknown-fields': true },
    ],
    ['a reference', { $ref: 'X' }, { $ref: '#/components/schemas/X' }],
    [
      'a described reference',
      { $ref: 'X', description: 'd' },
      { description: 'd', allOf: [{ $ref: '#/components/schemas/X' }] },
    ],
    ['a boolean schema', { properties: { a: true } }, { properties: { a: {} } }],
    [
      'a property called like a keyword',
      { properties: { title: { type: 'string' } } },
      { properties: { title: { type: 'string' } } },
    ],
    [
      'nested',
      { items: { properties: { a: { $ref: 'X', 'x-message': 'm' } } } },
      { items: { properties: { a: { $ref: '#/components/schemas/X' } } } },
    ],
  ])('of %s', (_, schema, expected) => {
    expect(toOpenApiSchema(schema, resolve)).toEqual(expected)
  })
})

describe('OpenAPI v3', () => {
  test('every reference has its definition', () => {
    const references = JSON.stringify(DOCUMENT).matchAll(
      /"\$ref":"#\/components\/schemas\/([^"]+)"/g,
    )
    const missing = [...references]
      .map(([, name = '']) => name)
      .filter((name) => !SCHEMAS.has(name))
    expect(missing).toEqual([])
  })

  test('speaks the dialect that kubectl reads', () => {
    const problems: string[] = []
    for (const [name, schema] of SCHEMAS) checkDialect(schema, name, problems)
    expect(problems).toEqual([])
  })

  test('statuses have members, for explain, and take others as well', () => {
    const status = valueAt(SCHEMAS.get('dev.capstan.v1.Run'), 'properties.status')
    expect(status).toMatchObject({ nullable: true, 'x-kubernetes-preserve-unknown-fields': true })
    expect(valueAt(status, 'properties.state.properties.type.enum')).toContain('COMPLETED')
    expect(valueAt(status, 'properties.conditions.items.properties.reason.type')).toBe('string')
  })

  test.each(KINDS)('%s has its kind, whole metadata, and PATCH with fieldValidation', (kind) => {
    const schema = SCHEMAS.get(`dev.capstan.v1.${kind}`)
    const gvk = { group: 'capstan.dev', version: 'v1', kind }
    expect(schema?.['x-kubernetes-group-version-kind']).toEqual([gvk])
    expect(valueAt(schema, 'properties.metadata')).toEqual({
      description: 'Standard metadata of every object.',
      allOf: [{ $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta' }],
    })
    for (const field of ['apiVersion', 'kind', 'spec', 'status']) {
      const description = valueAt(schema, `properties.${field}.description`)
      expect(description, `${kind} ${field}`).toEqual(expect.any(String))
    }
    const { plural } = KIND_RESOURCES[kind]
    const paths = DOCUMENT['paths'] as Readonly<Record<string, JsonObject>>
    const item = paths[`/apis/capstan.dev/v1/namespaces/{namespace}/${plural}/{name}`]
    expect(valueAt(item, 'patch.x-kubernetes-group-version-kind')).toEqual(gvk)
    const parameters = valueAt(item, 'patch.parameters') as readonly JsonObject[]
    expect(parameters.map(({ name }) => name)).toContain('fieldValidation')
  })

  test('ObjectMeta is complete', () => {
    const meta = SCHEMAS.get('io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta')
    expect(Object.keys((meta?.['properties'] ?? {}) as JsonObject).toSorted()).toEqual([
      'annotations',
      'creationTimestamp',
      'deletionGracePeriodSeconds',
      'deletionTimestamp',
      'finalizers',
      'generateName',
      'generation',
      'labels',
      'managedFields',
      'name',
      'namespace',
      'ownerReferences',
      'resourceVersion',
      'selfLink',
      'uid',
    ])
  })

  test('every field of a spec is described', () => {
    const bare = [...SCHEMAS]
      .filter(([name]) => /^dev\.capstan\.v1\.(\w+Spec|Template)$/.test(name))
      .flatMap(([name, schema]) =>
        Object.entries((schema['properties'] ?? {}) as Readonly<Record<string, JsonObject>>)
          .filter(([, field]) => field['description'] === undefined && field['$ref'] === undefined)
          .map(([field]) => `${name}.${field}`),
      )
    expect(bare).toEqual([])
  })

  test('the core group has its own document', () => {
    const core = renderOpenApiV3(INFOS, 'v1', '1.2.3')
    expect(Object.keys(core['paths'] as JsonObject)).toContain('/api/v1/namespaces/{name}')
  })
})

describe('OpenAPI v2', () => {
  const document = readMessage(renderOpenApiV2(INFOS, '1.2.3'))

  test('is a Swagger document with paths and definitions', () => {
    expect(textField(document, 1)).toBe('2.0')
    const names = (messageField(document, 9)?.get(1) ?? []).map((entry) =>
      typeof entry === 'number' ? '' : textField(readMessage(entry), 1),
    )
    expect(names).toEqual(
      expect.arrayContaining(['dev.capstan.v1.Run', 'io.k8s.api.core.v1.Namespace']),
    )
    const paths = (messageField(document, 8)?.get(2) ?? []).map((entry) =>
      typeof entry === 'number' ? '' : textField(readMessage(entry), 1),
    )
    expect(paths).toContain('/apis/capstan.dev/v1/namespaces/{namespace}/runs/{name}')
  })

  // kubectl up to 1.26 looks there before it sends a dry run.
  test('PATCH is field 8 of a path and takes dryRun', () => {
    const item = (messageField(document, 8)?.get(2) ?? [])
      .map((entry) => (typeof entry === 'number' ? undefined : readMessage(entry)))
      .find((entry) => textField(entry, 1).endsWith('/runs/{name}'))
    const patch = messageField(messageField(item, 2), 8)
    expect(textField(patch, 5)).toBe('patchNamespacedRun')
    const names = (patch?.get(8) ?? []).map((entry) => {
      const parameter = typeof entry === 'number' ? undefined : readMessage(entry)
      const query = messageField(messageField(messageField(parameter, 1), 2), 3)
      return textField(query, 4)
    })
    expect(names).toContain('dryRun')
  })
})

const SCHEMA_MAPS = ['properties']
const SCHEMA_MEMBERS = ['items', 'additionalProperties']

function checkDialect(schema: Json | undefined, path: string, problems: string[]): void {
  if (!isJsonObject(schema)) {
    problems.push(`${path} is ${JSON.stringify(schema)}`)
    return
  }
  for (const bound of ['exclusiveMinimum', 'exclusiveMaximum']) {
    if (typeof schema[bound] === 'number') problems.push(`${path}.${bound} is a number`)
  }
  if (Array.isArray(schema['type'])) problems.push(`${path}.type is a list`)
  for (const key of SCHEMA_MEMBERS) {
    if (schema[key] !== undefined) checkDialect(schema[key], `${path}.${key}`, problems)
  }
  for (const key of SCHEMA_MAPS) {
    const members = schema[key]
    if (!isJsonObject(members)) continue
    for (const [name, member] of Object.entries(members))
      checkDialect(member, `${path}.${name}`, problems)
  }
  for (const key of [
    '$schema',
    '$id',
    '$defs',
    'anyOf',
    'oneOf',
    'tsType',
    'x-message',
    'propertyNames',
  ]) {
    if (schema[key] !== undefined) problems.push(`${path} has ${key}`)
  }
}
