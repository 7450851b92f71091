import { describe, expect, test } from 'vitest'
import type { JsonObject } from '../lib/json.ts'
import { type LoadResult, loadManifest } from './load.ts'
import { renderProblem } from './problem.ts'
import { createValidator } from './validator.ts'

const validator = createValidator()

function load(text: string): LoadResult {
  return loadManifest({ file: 'f.yaml', text, defaultNamespace: 'default', validator })
}

function run(spec: JsonObject, metadata: JsonObject = { name: 'r' }): string {
  return JSON.stringify({ apiVersion: 'capstan.dev/v1', kind: 'Run', metadata, spec })
}

function template(fields: JsonObject): string {
  return run({ template: fields })
}

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

describe('templates as they are written', () => {
  const ALLOWED: readonly (readonly [string, JsonObject])[] = [
    [
      'a placeholder for a number',
      { cpu: '{{ cpu }}', ephemeralStorageGiB: '{{ parameters.size }}' },
    ],
    ['a placeholder for a boolean', { streamOutput: '{{ x }}' }],
    [
      'a placeholder for a map',
      { networkConfiguration: '{{ network }}', env: '{{ parameters.env }}' },
    ],
    ['a placeholder for a list', { sidecars: '{{ sidecars }}', unsetEnv: '{{ x }}' }],
    [
      'a placeholder deep inside',
      {
        healthCheck: { command: ['x'], interval: '{{ x }}' },
        sidecars: [{ essential: '{{ x }}' }],
      },
    ],
    ['a placeholder for a word', { launchType: '{{ launch_type }}', containerName: 'a-{{ x }}' }],
    [
      'null for any field',
      { image: null, cpu: null, launchType: null, retry: null, env: null, taskDefinition: null },
    ],
    [
      'null for a key of a map',
      {
        env: { A: null },
        secrets: { A: null },
        labels: { a: null },
        cloudwatchLogsOptions: { a: null },
      },
    ],
    ['numbers and booleans in env', { env: { A: 1, B: 1.5, C: true, D: '' } }],
    ['names that look like indexes', { env: { 0: 'a', '12': null } }],
    ['a command as text', { command: 'sh -c "x"' }],
    ['patches as text', { taskCustomizations: '[{"op":"remove","path":"/a"}]' }],
    [
      'patches with placeholders instead of JSON',
      { taskCustomizations: '[{"op":"add","path":"/a","value":{{ x }}}]' },
    ],
    [
      'no launch type but a strategy',
      { launchType: null, capacityProviderStrategy: [{ capacityProvider: 'X' }] },
    ],
    [
      'a heartbeat that is a placeholder',
      { env: { PREFECT_FLOWS_HEARTBEAT_FREQUENCY: '{{ x }}' } },
    ],
  ]
  test.each(ALLOWED)('%s', (_, fields) => {
    expect(load(template(fields)).problems).toEqual([])
  })

  const REFUSED: readonly (readonly [string, JsonObject, string, string])[] = [
    ['text for a number', { cpu: 'lots' }, 'WrongType', 'spec.template.cpu'],
    ['braces that are no placeholder', { cpu: '{{ a b }}' }, 'WrongType', 'spec.template.cpu'],
    ['null deep inside', { retry: { limit: null } }, 'WrongType', 'spec.template.retry.limit'],
    ['null in a list', { command: [null] }, 'WrongType', 'spec.template.command[0]'],
    ['a list in env', { env: { A: [1] } }, 'WrongType', 'spec.template.env.A'],
    ['a number in labels', { labels: { a: 1 } }, 'WrongType', 'spec.template.labels.a'],
    ['an empty name in env', { env: { '': 'x' } }, 'InvalidFormat', 'spec.template.env[""]'],
    ['a name with = in env', { env: { 'A=B': 'x' } }, 'InvalidFormat', 'spec.template.env["A=B"]'],
    ['an unknown word', { launchType: 'FARGAT' }, 'NotAllowed', 'spec.template.launchType'],
    ['too little memory', { memory: 3 }, 'OutOfRange', 'spec.template.memory'],
    [
      'too much disk',
      { ephemeralStorageGiB: 500 },
      'OutOfRange',
      'spec.template.ephemeralStorageGiB',
    ],
    ['a fraction', { cpu: 0.5 }, 'WrongType', 'spec.template.cpu'],
    ['an empty image', { image: '' }, 'OutOfRange', 'spec.template.image'],
    [
      'no strategy at all',
      { capacityProviderStrategy: [] },
      'OutOfRange',
      'spec.template.capacityProviderStrategy',
    ],
    [
      'a fast heartbeat',
      { heartbeat: { frequencySeconds: 29 } },
      'OutOfRange',
      'spec.template.heartbeat.frequencySeconds',
    ],
    [
      'a fast heartbeat in env',
      { env: { PREFECT_RUNNER_HEARTBEAT_FREQUENCY: '5' } },
      'InvalidHeartbeat',
      'spec.template.env.PREFECT_RUNNER_HEARTBEAT_FREQUENCY',
    ],
    ['an unknown field', { imgae: 'x' }, 'UnknownField', 'spec.template.imgae'],
    [
      'an unknown field deep inside',
      { sidecars: [{ imagee: 'x' }] },
      'UnknownField',
      'spec.template.sidecars[0].imagee',
    ],
    ['a missing field', { volumes: [{}] }, 'Missing', 'spec.template.volumes[0].name'],
    [
      'an ulimit without a limit',
      { ulimits: [{ name: 'core', softLimit: 0 }] },
      'Missing',
      'spec.template.ulimits[0].hardLimit',
    ],
    [
      'definition and ARN',
      { taskDefinition: {}, taskDefinitionArn: 'a' },
      'Exclusive',
      'spec.template.taskDefinitionArn',
    ],
    [
      'launch type and strategy',
      { launchType: 'EC2', capacityProviderStrategy: [{ capacityProvider: 'X' }] },
      'Exclusive',
      'spec.template.capacityProviderStrategy',
    ],
    [
      'a rung with nothing',
      { capacityLadder: [{ waitSeconds: 5 }] },
      'Missing',
      'spec.template.capacityLadder[0]',
    ],
    [
      'a rung with both',
      {
        capacityLadder: [
          { launchType: 'EC2', capacityProviderStrategy: [{ capacityProvider: 'X' }] },
        ],
      },
      'Exclusive',
      'spec.template.capacityLadder[0]',
    ],
    [
      'a patch that is no JSON',
      { taskCustomizations: '[{"op":' },
      'InvalidPatch',
      'spec.template.taskCustomizations',
    ],
    [
      'a patch that is no list',
      { taskCustomizations: '{}' },
      'InvalidPatch',
      'spec.template.taskCustomizations',
    ],
    [
      'a patch without a value',
      { taskCustomizations: [{ op: 'add', path: '/a' }] },
      'InvalidPatch',
      'spec.template.taskCustomizations[0]',
    ],
    [
      'a patch without a source',
      { taskDefinitionCustomizations: '[{"op":"move","path":"/a"}]' },
      'InvalidPatch',
      'spec.template.taskDefinitionCustomizations[0]',
    ],
    [
      'an unknown operation',
      { taskCustomizations: [{ op: 'delete', path: '/a' }] },
      'NotAllowed',
      'spec.template.taskCustomizations[0].op',
    ],
  ]
  test.each(REFUSED)('%s is refused', (_, fields, code, path) => {
    const { objects, problems } = load(template(fields))
    expect(objects).toEqual([])
    expect(problems).toMatchObject([{ code, path }])
  })

  test.each(['1.10', '007', '0x1F', '1e3'])('the number %s in env has to be text', (number) => {
    const { problems } = load(`apiVersion: capstan.dev/v1
kind: Run
metadata: {name: r}
spec:
  parameters: {fine: ${number}}
  template:
    env:
      A: ${number}
`)
    expect(problems).toMatchObject([
      { code: 'UnsupportedNumber', path: 'spec.template.env.A', line: 8 },
    ])
  })
})

describe('what is not a manifest', () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ['- a', 'NotAnObject', 'a manifest is a map'],
    ['just text', 'NotAnObject', 'a manifest is a map'],
    ['kind: Run', 'Missing', "'apiVersion' is missing"],
    ['apiVersion: capstan.dev/v1', 'Missing', "'kind' is missing"],
    ['{apiVersion: batch/v1, kind: Job}', 'UnknownApiVersion', 'apiVersion must be capstan.dev/v1'],
    ['{apiVersion: capstan.dev/v1, kind: Runn}', 'UnknownKind', 'did you mean Run?'],
    [
      '{apiVersion: capstan.dev/v1, kind: 5}',
      'UnknownKind',
      'kind must be one of WorkPool, Deployment, Run, Automation',
    ],
    ['{apiVersion: capstan.dev/v1, kind: Run}', 'Missing', "'metadata' is missing"],
    ['{apiVersion: capstan.dev/v1, kind: Run, metadata: {}}', 'Missing', "'name' is missing"],
    [
      '{apiVersion: capstan.dev/v1, kind: Automation, metadata: {name: a}}',
      'Missing',
      "'spec' is missing",
    ],
    ['{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: A}}', 'InvalidFormat', 'RFC 1123'],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: 5}}',
      'WrongType',
      'expected text, found a number',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a-, namespace: b.c}}',
      'InvalidFormat',
      'RFC 1123 label',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a, labels: {"a b": c}}}',
      'InvalidFormat',
      "'a b' must be a label key",
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a, labels: {a: "b c"}}}',
      'InvalidFormat',
      'must be a label value',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a, annotations: {capstan.dev/on-change: Maybe}}}',
      'NotAllowed',
      '"Replace" or "Reject"',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a, annotations: {capstan.dev/prune: "no"}}}',
      'NotAllowed',
      '"true" or "false"',
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a}, specs: {}}',
      'UnknownField',
      "did you mean 'spec'?",
    ],
    [
      '{apiVersion: capstan.dev/v1, kind: Run, metadata: {name: a}, spec: null}',
      'WrongType',
      'expected a map, found nothing',
    ],
  ]
  test.each(cases)('%s', (text, code, message) => {
    const { problems } = load(text)
    expect(problems.map((problem) => [problem.code, problem.message])).toContainEqual([
      code,
      expect.stringContaining(message),
    ])
  })

  test('an object that is there twice', () => {
    const { objects, problems } = load(`${run({})}\n---\n${run({ queue: 'q' })}\n`)
    expect(objects).toHaveLength(1)
    expect(problems).toMatchObject([{ code: 'Duplicate', line: 3 }])
  })

  test('problems stand in the order of the file', () => {
    const { problems } = load(`${template({ cpu: 'x', zzz: 1, env: { A: [] } })}\nnonsense`)
    const places = problems.map(({ line, column }) => line * 1_000 + column)
    expect(places).toEqual([...places].sort((left, right) => left - right))
  })
})

test('a problem, as it is printed', () => {
  const text = `apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: hello
spec:
  template:
    imgae: busybox
    networkConfiguration:
      awsvpcConfiguration: {subnets: [a]}
`
  expect(
    load(text)
      .problems.map((problem) => renderProblem(problem, text))
      .join('\n'),
  ).toBe(
    `f.yaml:7:5: spec.template.imgae: unknown field 'imgae'; did you mean 'image'?
  7 |     imgae: busybox
    |     ^
f.yaml:9:7: spec.template.networkConfiguration.awsvpcConfiguration: unknown field 'awsvpcConfiguration'; the fields are subnets, securityGroups, assignPublicIp, subnetTags
  9 |       awsvpcConfiguration: {subnets: [a]}
    |       ^
  hint: write subnets, securityGroups and assignPublicIp directly under networkConfiguration`,
  )
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
