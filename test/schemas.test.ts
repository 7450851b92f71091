import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import { renderPage } from '../scripts/gen/docs.ts'
import { readSchemas, repositoryPath, SCHEMA_NAMES } from '../scripts/gen/schemas.ts'
import { renderGeneratedModule } from '../scripts/gen/types.ts'
import { SCHEMAS } from '../src/kinds/generated.ts'
import { OUTCOME_CLASSES, STATE_TYPES } from '../src/kinds/run.ts'
import { isJsonObject } from '../src/lib/json.ts'
import { cpuMsSince, startOfWork } from './world/cpu-time.ts'

const schemas = readSchemas()

test('src/kinds/generated.ts is current (npm run gen)', async () => {
  const current = readFileSync(repositoryPath('src/kinds/generated.ts'), 'utf8')
  expect(await renderGeneratedModule(schemas)).toBe(current)
})

test.each(SCHEMA_NAMES.filter((name) => name !== 'common'))(
  'docs/kinds/%s.md is current',
  (page) => {
    const current = readFileSync(repositoryPath(`docs/kinds/${page}.md`), 'utf8')
    expect(renderPage(schemas, page, current)).toBe(current)
  },
)

test.each(Object.entries(SCHEMAS))('%s is a JSON Schema', (_name, schema) => {
  // The program takes this for granted, because to check it takes as long as to start.
  const ajv = new Ajv({ strict: false })
  expect(ajv.validateSchema({ ...schema }), ajv.errorsText()).toBe(true)
})

interface Part {
  readonly path: string
  readonly schema: Readonly<Record<string, unknown>>
}

/** Every subschema, with its place. */
function partsOf(schema: unknown, path: string): readonly Part[] {
  if (!isJsonObject(schema)) return []
  const nested = ['items', 'additionalProperties', 'propertyNames'].map(
    (key) => [key, schema[key]] as const,
  )
  const named = ['properties', '$defs'].flatMap((key) =>
    Object.entries(schema[key] ?? {}).map(([name, part]) => [`${key}/${name}`, part] as const),
  )
  const listed = ['anyOf', 'oneOf', 'allOf'].flatMap((key) => {
    const parts = schema[key]
    return Array.isArray(parts)
      ? parts.map((part: unknown, index) => [`${key}/${index}`, part] as const)
      : []
  })
  return [
    { path, schema },
    ...[...nested, ...named, ...listed].flatMap(([key, part]) => partsOf(part, `${path}/${key}`)),
  ]
}

const PARTS = Object.entries(SCHEMAS).flatMap(([name, schema]) => partsOf(schema, name))

describe('kubectl can read what derives from the schemas', () => {
  test('no type lists, no numeric exclusive bounds, no boolean schemas but additionalProperties: false', () => {
    const wrong = PARTS.filter(({ schema }) => {
      const parts = [
        schema['items'],
        schema['propertyNames'],
        ...Object.values(schema['properties'] ?? {}),
      ]
      return (
        Array.isArray(schema['type']) ||
        typeof schema['exclusiveMinimum'] === 'number' ||
        typeof schema['exclusiveMaximum'] === 'number' ||
        schema['additionalProperties'] === true ||
        parts.some((part) => typeof part === 'boolean')
      )
    })
    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('maps are closed, or say what they hold', () => {
    const open = PARTS.filter(
      ({ schema }) => schema['type'] === 'object' && schema['additionalProperties'] === undefined,
    )
    expect(open.map(({ path }) => path)).toEqual([])
  })
})

test('every field is described', () => {
  const silent = PARTS.filter(({ path, schema }) => {
    const isField = /\/properties\/[^/]+$/.test(path)
    return isField && schema['description'] === undefined && schema['$ref'] === undefined
  })
  expect(silent.map(({ path }) => path)).toEqual([])
  const definitions = PARTS.filter(({ path }) =>
    /^\w+\/\$defs\/(?!ObjectName|NamespaceName|Slug)[^/]+$/.test(path),
  )
  expect(
    definitions.filter(({ schema }) => schema['description'] === undefined).map(({ path }) => path),
  ).toEqual([])
})

test('every pattern explains itself', () => {
  const silent = PARTS.filter(
    ({ schema }) => schema['pattern'] !== undefined && schema['x-message'] === undefined,
  )
  expect(silent.map(({ path }) => path)).toEqual([])
})

const PATTERNS = [
  ...new Set(
    PARTS.flatMap(({ schema }) =>
      typeof schema['pattern'] === 'string' ? [schema['pattern']] : [],
    ),
  ),
]

describe.each(PATTERNS)('the pattern %s', (pattern) => {
  const units = ['a', '-', '.', 'a-', 'a.', '-.', 'a/', 'aA', '_', 'a--.', '/']
  test.each(units)('is linear on repeated %j', (unit) => {
    const expression = new RegExp(pattern, 'u')
    const text = unit.repeat(50_000 / unit.length)
    const started = startOfWork()
    for (const end of ['', '!', '\n']) expression.test(`${text}${end}`)
    // About a millisecond; an expression that backtracks takes seconds.
    expect(cpuMsSince(started)).toBeLessThan(200)
  })
})

test('words that code and schemas share are the same', () => {
  const enumOf = (path: string): unknown => PARTS.find((part) => part.path === path)?.schema['enum']
  expect(enumOf('template/$defs/OutcomeClassName')).toEqual(OUTCOME_CLASSES)
  expect(enumOf('automation/$defs/Action/properties/state')).toEqual(STATE_TYPES)
  expect(enumOf('template/properties/launchType')).toEqual(enumOf('template/$defs/LaunchType'))
})
