import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../lib/json.ts'
import { createUserSchemas } from './user-schema.ts'

const schemas = createUserSchemas()

describe('schemas', () => {
  test.each([
    [{}],
    [{ type: 'object', properties: { a: { type: 'string', format: 'date' } }, required: ['a'] }],
    [{ properties: { pattern: { type: 'string' }, $ref: {} } }],
    [{ properties: { a: { default: { pattern: 'x' }, enum: [{ $ref: 'y' }] } } }],
    [{ properties: { a: { $ref: '#/definitions/b' } }, definitions: { b: { type: 'integer' } } }],
    [
      {
        properties: {
          a: { anyOf: [{ type: 'string' }, { type: 'null' }], title: 'A', position: 0 },
        },
      },
    ],
  ])('%j can be used', (schema) => {
    expect(schemas.checkSchema(schema)).toEqual([])
  })

  const REFUSED: readonly (readonly [JsonObject, string])[] = [
    [{ properties: { a: { pattern: '^(a+)+$' } } }, 'properties/a/pattern'],
    [{ patternProperties: { x: {} } }, 'patternProperties'],
    [
      { properties: { a: { items: { anyOf: [{ pattern: 'x' }] } } } },
      'properties/a/items/anyOf/0/pattern',
    ],
    [{ properties: { properties: { pattern: 'x' } } }, 'properties/properties/pattern'],
    [{ definitions: { a: { pattern: 'x' } } }, 'definitions/a/pattern'],
    [{ $ref: 'https://example.com/schema.json' }, '$ref'],
    [{ $ref: 'other.schema.json' }, '$ref'],
    [{ $id: 'common.schema.json' }, '$id'],
    [{ $async: true }, '$async'],
    [{ type: 'nonsense' }, ''],
    [{ $ref: '#/definitions/missing' }, ''],
    [{ required: 'a' }, ''],
  ]
  test.each(REFUSED)('%j is refused', (schema, path) => {
    const issues = schemas.checkSchema(schema)
    expect(issues.map((issue) => [issue.code, issue.path.join('/')])).toEqual([
      ['InvalidSchema', path],
    ])
  })

  test('depth is bounded', () => {
    let schema: JsonObject = {}
    for (let level = 0; level < 50; level += 1) schema = { items: schema }
    expect(schemas.checkSchema(schema)).toMatchObject([{ code: 'InvalidSchema' }])
  })
})

describe('values', () => {
  const schema = {
    properties: {
      n: { type: 'integer', minimum: 1 },
      w: { enum: ['quick', 'full'] },
      l: { type: 'array', items: { type: 'string' } },
    },
    required: ['n'],
    additionalProperties: false,
  }
  const cases: readonly (readonly [JsonObject, readonly string[]])[] = [
    [{ n: 1, w: 'full', l: ['x'] }, []],
    [{}, ["n: 'n' is missing"]],
    [{ n: 0.5 }, ['n: expected a whole number, found a fraction']],
    [{ n: 0 }, ['n: must be at least 1, found 0']],
    [{ n: 1, w: 'slow' }, ['w: must be one of quick, full']],
    [{ n: 1, l: ['x', 5] }, ['l/1: expected text, found a number']],
    [{ n: 1, other: 2 }, ["other: unknown field 'other'; the fields are n, w, l"]],
  ]
  test.each(cases)('%j', (values, expected) => {
    const issues = schemas.checkValues(schema, values)
    expect(issues.map(({ path, message }) => `${path.join('/')}: ${message}`)).toEqual(expected)
  })

  test('a schema that cannot be used, or never ends, is one issue and no crash', () => {
    expect(schemas.checkValues({ pattern: 'x' }, {})).toMatchObject([{ path: [] }])
    expect(schemas.checkValues({ $ref: '#' }, {})).toMatchObject([{ path: [] }])
  })

  test('many schemas are forgotten one by one', () => {
    for (let index = 0; index < 210; index += 1) {
      expect(schemas.checkValues({ title: `${index}`, required: ['a'] }, { a: 1 })).toEqual([])
    }
    expect(schemas.checkValues({ title: '0', required: ['a'] }, {})).toHaveLength(1)
  })
})
