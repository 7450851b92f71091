import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../lib/json.ts'
import {
  DEFAULT_TEMPLATE,
  LEVELS,
  type LeveledTemplate,
  MAP_FIELDS,
  mergeTemplates,
} from './merge.ts'

/** Templates of WorkPool, Deployment and Run. */
function levelsOf(...templates: readonly JsonObject[]): readonly LeveledTemplate[] {
  return templates.map((template, index) => ({ level: LEVELS[index + 1] ?? 'Run', template }))
}

function merged(...templates: readonly JsonObject[]): JsonObject {
  return mergeTemplates(levelsOf(...templates)).template
}

const FARGATE_STRATEGY = [{ capacityProvider: 'FARGATE', weight: 1 }]

describe('field by field', () => {
  const cases: readonly {
    readonly name: string
    readonly templates: readonly JsonObject[]
    readonly expected: JsonObject
  }[] = [
    {
      name: 'the stronger value counts',
      templates: [{ cpu: 256 }, { cpu: 512 }],
      expected: { cpu: 512 },
    },
    {
      name: 'what only one has stays',
      templates: [{ cpu: 256 }, { memory: 512 }],
      expected: { cpu: 256, memory: 512 },
    },
    {
      name: 'null removes what is inherited',
      templates: [{ cpu: 256 }, { cpu: null }],
      expected: {},
    },
    {
      name: 'what null removed can come again',
      templates: [{ cpu: 1 }, { cpu: null }, { cpu: 3 }],
      expected: { cpu: 3 },
    },
    {
      name: 'objects are replaced as a whole',
      templates: [{ retry: { limit: 3 } }, { retry: { backoff: {} } }],
      expected: { retry: { backoff: {} } },
    },
    {
      name: 'lists are replaced as a whole',
      templates: [{ command: ['a', 'b'] }, { command: ['c'] }],
      expected: { command: ['c'] },
    },
    {
      name: 'false, zero and empty text are values',
      templates: [
        { streamOutput: true, stopTimeoutSeconds: 30, group: 'g' },
        { streamOutput: false, stopTimeoutSeconds: 0, group: '' },
      ],
      expected: { streamOutput: false, stopTimeoutSeconds: 0, group: '' },
    },
    {
      name: 'customizations are concatenated, weakest first',
      templates: [{ taskCustomizations: [{ op: 'a' }] }, {}, { taskCustomizations: [{ op: 'b' }] }],
      expected: { taskCustomizations: [{ op: 'a' }, { op: 'b' }] },
    },
    {
      name: 'null drops inherited customizations',
      templates: [{ taskCustomizations: [{ op: 'a' }] }, { taskCustomizations: null }],
      expected: {},
    },
  ]
  test.each(cases)('$name', ({ templates, expected }) => {
    expect(merged(...templates)).toEqual(expected)
  })
})

describe('key by key', () => {
  test.each(MAP_FIELDS)('%s merges its keys', (field) => {
    expect(
      merged({ [field]: { A: 'pool', B: 'pool' } }, { [field]: { B: 'run', C: 'run' } }),
    ).toEqual({
      [field]: { A: 'pool', B: 'run', C: 'run' },
    })
  })

  test.each(MAP_FIELDS.filter((field) => field !== 'env'))('null removes a key of %s', (field) => {
    expect(merged({ [field]: { A: 'x', B: 'y' } }, { [field]: { A: null } })).toEqual({
      [field]: { B: 'y' },
    })
  })

  test.each(MAP_FIELDS)('null removes %s as a whole', (field) => {
    expect(merged({ [field]: { A: 'x' } }, { [field]: null }, { [field]: { B: 'y' } })).toEqual({
      [field]: { B: 'y' },
    })
  })

  test('a map that lost its last key is gone', () => {
    expect(merged({ labels: { a: 'x' } }, { labels: { a: null } })).toEqual({})
  })

  test('null in env stays, to unset the name in the task definition too', () => {
    expect(merged({ env: { A: 'x' } }, { env: { A: null } })).toEqual({ env: { A: null } })
  })

  test('unsetEnv is null in env, and beats a value of its own level', () => {
    expect(merged({ env: { A: 'x', B: 'y' } }, { unsetEnv: ['A', 'C'], env: { C: 'z' } })).toEqual({
      env: { A: null, B: 'y', C: null },
    })
  })

  test('a stronger level sets again what a weaker one has unset', () => {
    expect(merged({ unsetEnv: ['A'] }, { env: { A: 'again' } })).toEqual({ env: { A: 'again' } })
  })
})

describe('where the task runs', () => {
  const cases: readonly {
    readonly name: string
    readonly templates: readonly JsonObject[]
    readonly expected: JsonObject
  }[] = [
    {
      name: 'a strategy replaces a weaker launch type',
      templates: [{ launchType: 'EC2' }, { capacityProviderStrategy: FARGATE_STRATEGY }],
      expected: { capacityProviderStrategy: FARGATE_STRATEGY },
    },
    {
      name: 'a launch type replaces a weaker strategy',
      templates: [{ capacityProviderStrategy: FARGATE_STRATEGY }, { launchType: 'EC2' }],
      expected: { launchType: 'EC2' },
    },
    {
      name: 'without the strategy the launch type beneath it is back',
      templates: [
        { launchType: 'EC2' },
        { capacityProviderStrategy: FARGATE_STRATEGY },
        { capacityProviderStrategy: null },
      ],
      expected: { launchType: 'EC2' },
    },
    {
      name: 'launchType null is NONE: the default of the cluster counts',
      templates: [{ capacityProviderStrategy: FARGATE_STRATEGY }, { launchType: null }],
      expected: { launchType: 'NONE' },
    },
    {
      name: 'a stronger launch type replaces the ladder',
      templates: [{ capacityLadder: [{ launchType: 'FARGATE_SPOT' }] }, { launchType: 'EC2' }],
      expected: { launchType: 'EC2' },
    },
    {
      name: 'a ladder stays beside a launch type of its own level',
      templates: [{ launchType: 'EC2', capacityLadder: [{ launchType: 'FARGATE' }] }],
      expected: { launchType: 'EC2', capacityLadder: [{ launchType: 'FARGATE' }] },
    },
  ]
  test.each(cases)('$name', ({ templates, expected }) => {
    expect(merged(...templates)).toEqual(expected)
  })

  test('the built-in launch type gives way to a strategy of the pool', () => {
    const levels = [
      { level: 'Default', template: DEFAULT_TEMPLATE },
      ...levelsOf({ capacityProviderStrategy: FARGATE_STRATEGY }),
    ] as const
    expect(mergeTemplates(levels).template).not.toHaveProperty('launchType')
  })
})

test('sources name the level of each effective value', () => {
  const { sources } = mergeTemplates([
    { level: 'Default', template: { launchType: 'FARGATE', streamOutput: false } },
    ...levelsOf(
      { cpu: 256, memory: 512, env: { A: 'x', B: 'y' } },
      { memory: 1024, labels: { a: 'b' } },
      { cpu: null, env: { B: 'z' }, unsetEnv: ['C'], labels: { a: null } },
    ),
  ])
  expect(Object.fromEntries(sources)).toEqual({
    launchType: 'Default',
    streamOutput: 'Default',
    memory: 'Deployment',
    'env.A': 'WorkPool',
    'env.B': 'Run',
    'env.C': 'Run',
  })
})

const names = fc.constantFrom('A', 'B', 'C', '__proto__', 'constructor', 'toString')
const texts = fc.dictionary(names, fc.string({ maxLength: 3 }), { maxKeys: 4 })
/** Templates without null: what adds and replaces, but removes nothing. */
const additive = fc.record(
  {
    image: fc.string({ maxLength: 3 }),
    cpu: fc.integer({ min: 1, max: 9 }),
    env: texts,
    labels: texts,
    taskCustomizations: fc.array(fc.record({ op: fc.constantFrom('add', 'remove') }), {
      maxLength: 2,
    }),
    launchType: fc.constantFrom('EC2', 'FARGATE'),
    unsetEnv: fc.array(names, { maxLength: 2 }),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<JsonObject>

describe('properties', () => {
  test('an unset name is unset, whatever any weaker level says', () => {
    fc.assert(
      fc.property(additive, additive, additive, names, (pool, deployment, run, name) => {
        const result = merged(pool, deployment, { ...run, unsetEnv: [name] })
        expect(Object.entries(result['env'] ?? {})).toContainEqual([name, null])
      }),
    )
  })

  test('merging three levels is merging two and then the third', () => {
    fc.assert(
      fc.property(additive, additive, additive, (pool, deployment, run) => {
        expect(merged(merged(pool, deployment), run)).toEqual(merged(pool, deployment, run))
      }),
    )
  })

  test('a level without fields changes nothing', () => {
    fc.assert(
      fc.property(additive, additive, (pool, run) => {
        expect(merged({}, pool, {}, run)).toEqual(merged(pool, run))
      }),
    )
  })

  test('merging does not change what it is given', () => {
    fc.assert(
      fc.property(additive, additive, (pool, run) => {
        const before = JSON.stringify([pool, run])
        merged(pool, run)
        expect(JSON.stringify([pool, run])).toBe(before)
      }),
    )
  })

  test('no key reaches a prototype', () => {
    const hostile = fc.constantFrom('env', 'labels', '__proto__', 'constructor', 'prototype')
    fc.assert(
      fc.property(hostile, names, fc.jsonValue(), (field, name, value) => {
        const template = JSON.parse(
          JSON.stringify({ [field]: null }).replace(
            'null',
            () =>
              `{"__proto__": {"polluted": 1}, ${JSON.stringify(name)}: ${JSON.stringify(value)}}`,
          ),
        ) as JsonObject
        const result = merged(template, template)
        expect(({} as Record<string, Json>)['polluted']).toBeUndefined()
        expect(Object.getPrototypeOf(result)).toBe(Object.prototype)
        expect(result).not.toHaveProperty('polluted')
      }),
    )
  })
})
