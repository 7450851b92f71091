import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../lib/json.ts'
import { renderTemplate, type Scope, type TemplateContext } from './template.ts'

function scope(values: JsonObject, declared: readonly string[] = []): Scope {
  return { values, declared: [...Object.keys(values), ...declared] }
}

const CONTEXT: TemplateContext = {
  variables: scope({ image: 'busybox', cpu: 256, spot: true, nothing: null }, ['size']),
  parameters: scope(
    { depth: 'full', rows: [10, 20], config: { region: 'eu', list: [{ id: 7 }] } },
    ['missing'],
  ),
  run: scope({ name: 'r', uid: 'u', namespace: 'ns', attempt: 2 }, ['scheduledTime']),
  deployment: scope({ name: 'd' }),
  workPool: scope({ name: 'p' }),
}

function rendered(value: Json): Json | undefined {
  const { value: result, problems } = renderTemplate(value, CONTEXT)
  expect(problems).toEqual([])
  return result
}

describe('values', () => {
  const cases: readonly (readonly [string, Json, Json | undefined])[] = [
    ['plain text', 'x', 'x'],
    ['numbers, booleans and null', [1, true, null], [1, true, null]],
    ['a whole placeholder keeps text', '{{ image }}', 'busybox'],
    ['a whole placeholder keeps a number', '{{ variables.cpu }}', 256],
    ['a whole placeholder keeps a boolean', '{{ spot }}', true],
    ['a whole placeholder keeps a list', '{{ parameters.rows }}', [10, 20]],
    [
      'a whole placeholder keeps a map',
      '{{ parameters.config }}',
      { region: 'eu', list: [{ id: 7 }] },
    ],
    ['a whole placeholder keeps an explicit null', '{{ nothing }}', null],
    ['dots and indexes walk', '{{ parameters.config.list[0].id }}', 7],
    ['spaces do not count', '{{parameters.rows[1]}}', 20],
    ['inside text, a value becomes text', 'cpu={{ cpu }} spot={{ spot }}', 'cpu=256 spot=true'],
    ['inside text, lists and maps become JSON', 'x{{ parameters.rows }}', 'x[10,20]'],
    ['inside text, null and no value are nothing', '[{{ nothing }}{{ size }}]', '[]'],
    ['run', '{{ run.namespace }}/{{ run.name }} {{ run.uid }} {{ run.attempt }}', 'ns/r u 2'],
    ['deployment and workPool', '{{ deployment.name }}@{{ workPool.name }}', 'd@p'],
    ['a declared name without a value removes the key', { a: '{{ size }}', b: 1 }, { b: 1 }],
    ['a declared name without a value removes the item', ['{{ size }}', 'x'], ['x']],
    ['walking into a missing value is no value', { a: '{{ parameters.missing.x }}' }, {}],
    ['emptied parents stay', { a: { b: '{{ size }}' } }, { a: {} }],
    [
      'but not in a definition, where ECS refuses them, as in Prefect',
      { taskDefinition: { ephemeralStorage: { sizeInGiB: '{{ size }}' }, volumes: [], cpu: '1' } },
      { taskDefinition: { volumes: [], cpu: '1' } },
    ],
    ['keys are not rendered', { '{{ image }}': 1 }, { '{{ image }}': 1 }],
    ['the same name twice', '{{ cpu }}{{ cpu }}', '256256'],
    ['other braces stay', '{{ a b }} {{ x | y }}', '{{ a b }} {{ x | y }}'],
    ['escaped braces stay', '\\{{ image }}', '{{ image }}'],
  ]
  test.each(cases)('%s', (_, value, expected) => {
    expect(rendered(value)).toEqual(expected)
  })

  test('what was filled in is not rendered again', () => {
    const context = { ...CONTEXT, parameters: scope({ text: '{{ image }}' }) }
    expect(
      renderTemplate(['{{ parameters.text }}', 'x{{ parameters.text }}'], context).value,
    ).toEqual(['{{ image }}', 'x{{ image }}'])
  })
})

describe('problems', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['{{ imgae }}', 'UndeclaredName', '{{ imgae }} is not declared; did you mean {{ image }}?'],
    [
      '{{ parameter.depth }}',
      'UndeclaredName',
      '{{ parameter.depth }} is not declared; did you mean {{ parameters.depth }}?',
    ],
    [
      '{{ parameters.dept }}',
      'UndeclaredName',
      '{{ parameters.dept }} is not declared; did you mean {{ parameters.depth }}?',
    ],
    [
      '{{ run.attemp }}',
      'UndeclaredName',
      '{{ run.attemp }} is not declared; did you mean {{ run.attempt }}?',
    ],
    [
      '{{ somethingElse }}',
      'UndeclaredName',
      'declare it in the variables of the WorkPool, or write \\{{ somethingElse }} to keep the text as it is',
    ],
    [
      '{{ parameters.whatever }}',
      'UndeclaredName',
      "declare it in the deployment's parameterSchema",
    ],
    ['{{ $HOME }}', 'UndeclaredName', '{{ $HOME }} is not declared'],
    ['{{ run }}', 'UndeclaredName', '{{ run }} is not declared'],
    ['{{ parameters }}', 'UndeclaredName', '{{ parameters }} is not declared'],
    ['{{ constructor }}', 'UndeclaredName', '{{ constructor }} is not declared'],
    ['{{ __proto__ }}', 'UndeclaredName', '{{ __proto__ }} is not declared'],
    [
      '{{ parameters.config.regoin }}',
      'NoSuchMember',
      "there is no member 'regoin'; did you mean 'region'?",
    ],
    ['{{ parameters.config.constructor }}', 'NoSuchMember', "there is no member 'constructor'"],
    ['{{ parameters.config.__proto__ }}', 'NoSuchMember', "there is no member '__proto__'"],
    ['{{ parameters.rows.length }}', 'NoSuchMember', "there is no member 'length'"],
    ['{{ parameters.rows[2] }}', 'NoSuchMember', 'there is no element [2]'],
    ['{{ parameters.depth.length }}', 'NoSuchMember', "there is no member 'length'"],
  ]
  test.each(cases)('%s is %s', (text, code, message) => {
    const { problems } = renderTemplate({ env: { A: ['x', `a ${text}`] } }, CONTEXT)
    expect(problems).toEqual([
      { code, path: ['env', 'A', 1], message: expect.stringContaining(message) as string },
    ])
  })

  test('only the first problems are listed', () => {
    const many = Array.from({ length: 500 }, () => '{{ unknown }}')
    expect(renderTemplate(many, CONTEXT).problems).toHaveLength(20)
  })

  test('what is filled in is bounded', () => {
    const context = { ...CONTEXT, parameters: scope({ big: 'x'.repeat(100_000) }) }
    const { problems } = renderTemplate(
      Array.from({ length: 50 }, () => '{{ parameters.big }}'),
      context,
    )
    expect(problems.map(({ code }) => code)).toEqual(['TooLarge'])
  })

  test('nesting is bounded', () => {
    let deep: Json = 'x'
    for (let level = 0; level < 100_000; level += 1) deep = [deep]
    expect(renderTemplate(deep, CONTEXT).problems.map(({ code }) => code)).toEqual(['TooDeep'])
  })
})

test('a value without braces comes out as it went in', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      fc.pre(!JSON.stringify(value).includes('{{'))
      expect(renderTemplate(value as Json, CONTEXT)).toEqual({ value, problems: [] })
    }),
  )
})

test('nothing but the context can be reached, whatever the path', () => {
  const steps = fc.constantFrom(
    'constructor',
    '__proto__',
    'prototype',
    'toString',
    'name',
    'valueOf',
  )
  fc.assert(
    fc.property(fc.array(steps, { minLength: 1, maxLength: 4 }), (path) => {
      const { value } = renderTemplate(`{{ ${path.join('.')} }}`, CONTEXT)
      expect(value).toBeUndefined()
    }),
  )
})
