import { describe, expect, test } from 'vitest'
import { validator } from '../../test/world/validator.ts'
import type { JsonObject } from '../lib/json.ts'
import { type ValidateResult, validateFiles } from './validate-files.ts'

function manifest(kind: string, name: string, spec: JsonObject, namespace = 'default'): string {
  return JSON.stringify({ apiVersion: 'capstan.dev/v1', kind, metadata: { name, namespace }, spec })
}

function validate(...texts: readonly string[]): ValidateResult {
  const files = texts.map((text, index) => ({ file: `f${index}.yaml`, text }))
  return validateFiles(files, { defaultNamespace: 'default', validator })
}

const POOL = manifest('WorkPool', 'p', {
  variables: { properties: { image: {}, cpu: { type: 'integer' } }, required: ['image'] },
  template: { image: '{{ image }}', cpu: '{{ cpu }}' },
})

const DEPLOYMENT = manifest('Deployment', 'd', {
  workPool: 'p',
  variables: { image: 'x' },
  parameterSchema: { properties: { depth: { type: 'string' } }, required: ['depth'] },
  template: { command: ['{{ parameters.depth }}'] },
})

test('a set that fits has no problems', () => {
  const { objects, problems, notes, runs } = validate(
    POOL,
    DEPLOYMENT,
    manifest('Run', 'r', { deployment: 'd', parameters: { depth: 'full' } }),
    manifest('Run', 's', { template: { image: 'x' } }),
  )
  expect([problems, notes]).toEqual([[], []])
  expect(objects).toHaveLength(4)
  expect(
    runs.map(({ object, resolved }) => [object.metadata.name, resolved.template.image]),
  ).toEqual([
    ['r', 'x'],
    ['s', 'x'],
  ])
})

describe('problems between objects', () => {
  const cases: readonly (readonly [string, readonly string[], JsonObject])[] = [
    [
      'a parameter that is missing is shown in the run',
      [POOL, DEPLOYMENT, manifest('Run', 'r', { deployment: 'd' })],
      { file: 'f2.yaml', code: 'InvalidParameter', message: "'depth' is missing" },
    ],
    [
      'a variable of the wrong type is shown where it was given',
      [
        POOL,
        manifest('Deployment', 'd', { workPool: 'p', variables: { image: 'x', cpu: 'much' } }),
        manifest('Run', 'r', { deployment: 'd' }),
      ],
      { file: 'f1.yaml', code: 'InvalidVariable', path: 'spec.variables.cpu' },
    ],
    [
      'a placeholder that the pool does not declare',
      [
        POOL,
        manifest('Run', 'r', {
          workPool: 'p',
          variables: { image: 'x' },
          template: { group: '{{ imag }}' },
        }),
      ],
      { file: 'f1.yaml', code: 'InvalidPlaceholder', path: 'spec.template.group' },
    ],
    [
      "a fault of the pool's own, once",
      [
        manifest('WorkPool', 'p', { template: { image: '{{ nowhere }}' } }),
        manifest('Run', 'r', { workPool: 'p' }),
        manifest('Run', 's', { workPool: 'p' }),
      ],
      { file: 'f0.yaml', code: 'InvalidPlaceholder', path: 'spec.template.image' },
    ],
    [
      'a schedule whose parameters do not fit',
      [
        manifest('Deployment', 'd', {
          template: { image: 'x' },
          parameterSchema: { properties: { a: { type: 'integer' } } },
          schedules: [
            { interval: 60, parameters: { a: 'x' } },
            { interval: 60, active: false, parameters: { a: 'y' } },
          ],
        }),
      ],
      { file: 'f0.yaml', code: 'InvalidParameter' },
    ],
    [
      'no image anywhere',
      [manifest('Run', 'r', {})],
      { file: 'f0.yaml', code: 'InvalidTemplate', message: expect.stringContaining('no image') },
    ],
    [
      'the same object in two files',
      [
        manifest('Run', 'r', { template: { image: 'x' } }),
        manifest('Run', 'r', { template: { image: 'y' } }),
      ],
      { file: 'f1.yaml', code: 'Duplicate', message: "Run 'r' is in f0.yaml too" },
    ],
  ]
  test.each(cases)('%s', (_, texts, expected) => {
    expect(validate(...texts).problems).toMatchObject([expected])
  })
})

describe('references that are not in the set are notes', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    [
      'a pool',
      manifest('Run', 'r', { workPool: 'q', template: { image: '{{ x }}' } }),
      "WorkPool 'q'",
    ],
    ['a deployment', manifest('Run', 'r', { deployment: 'q' }), "Deployment 'q'"],
    [
      'a run',
      manifest('Run', 'r', { template: { image: 'x' }, dependsOn: [{ name: 'q' }] }),
      "Run 'q'",
    ],
    ['a pool of a deployment', manifest('Deployment', 'd', { workPool: 'q' }), "WorkPool 'q'"],
    [
      'a pool of another namespace',
      manifest('Run', 'r', { workPool: 'p' }, 'other'),
      "WorkPool 'p'",
    ],
  ]
  test.each(cases)('%s', (_, text, message) => {
    const { problems, notes } = validate(POOL, text)
    expect(problems).toEqual([])
    expect(notes).toMatchObject([
      { file: 'f1.yaml', code: 'UnknownReference', message: `${message} is not among these files` },
    ])
  })
})

test('a file that cannot be read does not hide the others', () => {
  const { objects, problems } = validate('a: [', POOL)
  expect(objects).toHaveLength(1)
  expect(problems).toContainEqual(expect.objectContaining({ file: 'f0.yaml', code: 'InvalidYaml' }))
})
