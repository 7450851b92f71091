import { describe, expect, test } from 'vitest'
import { load, run, template } from '../../test/world/loaded.ts'
import type { JsonObject } from '../lib/json.ts'

function hashOf(text: string): string {
  const { objects, problems } = load(text)
  expect(problems).toEqual([])
  return objects.map(({ contentHash }) => contentHash).join()
}

describe('objects', () => {
  test('what people write is kept, what the controller writes is not', () => {
    const { objects, problems } = load(`
apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: hello
  namespace: team
  labels: {a: b}
  annotations: {c: d}
  finalizers: [x/y]
  uid: 1b4e28ba-2fa1-11d2-883f-0016d3cca427
  resourceVersion: "7"
  generation: 3
  creationTimestamp: null
  managedFields: [{manager: kubectl}]
spec:
  template: {image: x}
status:
  state: {type: COMPLETED}
`)
    expect(problems).toEqual([])
    expect(objects).toMatchObject([
      { kind: 'Run', file: 'f.yaml', spec: { template: { image: 'x' } } },
    ])
    expect(objects.map(({ metadata }) => metadata)).toEqual([
      {
        name: 'hello',
        namespace: 'team',
        labels: { a: 'b' },
        annotations: { c: 'd' },
        finalizers: ['x/y'],
      },
    ])
  })

  test('the default namespace, a missing spec and empty maps', () => {
    const { objects } = load(
      '{apiVersion: capstan.dev/v1, kind: WorkPool, metadata: {name: p, labels: null}}',
    )
    expect(objects).toMatchObject([{ metadata: { name: 'p', namespace: 'default' }, spec: {} }])
    expect(objects).not.toHaveProperty('0.metadata.labels')
  })

  test('generateName is completed by the content', () => {
    const named = (spec: JsonObject): readonly string[] =>
      load(run(spec, { generateName: 'job-' })).objects.map(({ metadata }) => metadata.name)
    const names = named({ priority: 1 })
    expect(names).toEqual([expect.stringMatching(/^job-[0-9a-f]{10}$/)])
    expect(named({ priority: 2 })).toEqual(names)
    expect(named({ queue: 'q' })).not.toEqual(names)
  })

  test('a List stands for its items, with places of their own', () => {
    const { objects, problems } = load(`apiVersion: v1
kind: List
items:
  - {apiVersion: capstan.dev/v1, kind: WorkPool, metadata: {name: a}}
  - apiVersion: capstan.dev/v1
    kind: Run
    metadata: {name: b}
    spec:
      template: {cpu: x}
  - {apiVersion: capstan.dev/v1, kind: WorkPool, metadata: {name: c}}
`)
    expect(objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'c'])
    expect(problems).toMatchObject([
      { code: 'WrongType', line: 9, column: 23, path: 'spec.template.cpu' },
    ])
  })

  test('automations are kept in words of their own', () => {
    const { objects, problems } = load(`
apiVersion: capstan.dev/v1
kind: Automation
metadata: {name: a}
spec:
  trigger: {type: event, for_each: [x], match: {a_b: c}}
  actions_on_trigger: [{type: cancel-flow-run}]
`)
    expect(problems).toEqual([])
    expect(objects.map(({ spec }) => spec)).toEqual([
      {
        trigger: { type: 'event', forEach: ['x'], match: { a_b: 'c' } },
        actionsOnTrigger: [{ type: 'cancel-run' }],
      },
    ])
  })

  test('locate finds values of the object', () => {
    const { objects } = load('apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata:\n  name: p\n')
    const placesOf = (atKey: boolean): unknown =>
      objects.map(({ locate }) => locate(['metadata', 'name'], atKey))
    expect(placesOf(false)).toEqual([{ line: 4, column: 9 }])
    expect(placesOf(true)).toEqual([{ line: 4, column: 3 }])
  })
})

describe('the content hash', () => {
  const base = run({ template: { image: 'x', cpu: 256 } })
  const SAME: readonly (readonly [string, string])[] = [
    ['order of keys', run({ template: { cpu: 256, image: 'x' } })],
    ['comments and layout', `# a comment\n${base}\n`],
    [
      'cancel, suspend and priority',
      run({ cancel: true, suspend: true, priority: 5, template: { image: 'x', cpu: 256 } }),
    ],
    [
      'other annotations',
      run({ template: { image: 'x', cpu: 256 } }, { name: 'r', annotations: { note: 'n' } }),
    ],
    ['the name', run({ template: { image: 'x', cpu: 256 } }, { name: 'other' })],
  ]
  test.each(SAME)('does not hold: %s', (_, text) => {
    expect(hashOf(text)).toBe(hashOf(base))
  })

  const OTHER: readonly (readonly [string, string])[] = [
    ['the spec', run({ template: { image: 'y', cpu: 256 } })],
    ['labels', run({ template: { image: 'x', cpu: 256 } }, { name: 'r', labels: { a: 'b' } })],
    [
      'the rerun annotation',
      run(
        { template: { image: 'x', cpu: 256 } },
        { name: 'r', annotations: { 'capstan.dev/rerun': '1' } },
      ),
    ],
  ]
  test.each(OTHER)('holds: %s', (_, text) => {
    expect(hashOf(text)).not.toBe(hashOf(base))
  })

  test('of a WorkPool holds suspend', () => {
    const pool = (suspend: boolean): string =>
      `{apiVersion: capstan.dev/v1, kind: WorkPool, metadata: {name: p}, spec: {suspend: ${suspend}}}`
    expect(hashOf(pool(true))).not.toBe(hashOf(pool(false)))
  })
})

test('values of env and secrets never stand in a problem', () => {
  const text = template({
    env: { A: ['canary'], B: { c: 'canary' }, 'X=Y': 'canary' },
    secrets: { A: ['canary'], B: 4_711_4711 },
    taskCustomizations: '[{"op":"add","value":canary}]',
    command: { canary: 'canary' },
  })
  const { problems } = load(text)
  expect(problems.length).toBeGreaterThan(4)
  expect(JSON.stringify(problems)).not.toMatch(/canary|47114711/)
})
