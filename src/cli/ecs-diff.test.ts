import { describe, expect, test } from 'vitest'
import { validator } from '../../test/world/validator.ts'
import { API_VERSION } from '../kinds/meta.ts'
import type { JsonObject } from '../lib/json.ts'
import { type EcsWorlds, renderEcsDiff } from './ecs-diff.ts'
import type { ApiObject } from './objects.ts'

function object(kind: string, name: string, spec: JsonObject): ApiObject {
  const metadata = { name, namespace: 'default', uid: 'u', resourceVersion: '7' }
  return { apiVersion: API_VERSION, kind, metadata, spec, status: { active: 0 } }
}

function run(template: JsonObject): ApiObject {
  return object('Run', 'hello', { template: { image: 'busybox:1', ...template } })
}

function render(worlds: EcsWorlds): string {
  return renderEcsDiff(worlds, validator)
}

function diffRun(before: JsonObject, after: JsonObject): string {
  const changed = [run(after)]
  return render({ before: [run(before)], after: changed, changed })
}

/** What changes in a template, and whether that makes a new revision. */
const CASES: readonly (readonly [string, JsonObject, JsonObject, readonly string[]])[] = [
  [
    'the image',
    {},
    { image: 'busybox:2' },
    [
      'task definition: a new revision of capstan-default-hello',
      '  containerDefinitions.main.image: "busybox:1" -> "busybox:2"',
    ],
  ],
  [
    'env',
    { env: { A: 'hunter2', B: 'x' } },
    { env: { A: 'hunter3' } },
    [
      'task definition: the same revision',
      'RunTask:',
      '  overrides.containerOverrides.main.environment.A: <hidden> -> <hidden>',
      '  overrides.containerOverrides.main.environment.B: <hidden> -> (none)',
    ],
  ],
  [
    'command and labels',
    { command: ['a'] },
    { command: ['b'], labels: { team: 'x' } },
    [
      'task definition: the same revision',
      'RunTask:',
      '  overrides.containerOverrides.main.command: ["a"] -> ["b"]',
      '  tags.team: (none) -> "x"',
    ],
  ],
  [
    'sizes: both',
    { cpu: 256, memory: 512 },
    { cpu: 512, memory: 1024 },
    [
      'task definition: a new revision of capstan-default-hello',
      '  cpu: 256 -> 512',
      '  memory: 512 -> 1024',
      'RunTask:',
      '  overrides.containerOverrides.main.cpu: 256 -> 512',
      '  overrides.containerOverrides.main.memory: 512 -> 1024',
      '  overrides.cpu: "256" -> "512"',
      '  overrides.memory: "512" -> "1024"',
    ],
  ],
  [
    'Fargate to Spot',
    {},
    { launchType: 'FARGATE_SPOT' },
    [
      'task definition: the same revision',
      'RunTask:',
      '  capacityProviderStrategy: (none) -> [{"capacityProvider":"FARGATE_SPOT","weight":1}]',
      '  launchType: "FARGATE" -> (none)',
    ],
  ],
  [
    'a definition of one’s own to a linked one',
    {},
    { image: null, taskDefinitionArn: 'f:3' },
    ['task definition: another one', '  taskDefinition: one of its own -> f:3'],
  ],
  [
    'something between two links',
    { image: null, taskDefinitionArn: 'f:3' },
    { image: null, taskDefinitionArn: 'f:3', cluster: 'batch' },
    [
      'task definition: linked, so what it becomes is seen at launch',
      'RunTask:',
      '  cluster: (none) -> "batch"',
    ],
  ],
  ['a watch interval', {}, { taskWatchPollInterval: 3 }, ['task definition: the same revision']],
  [
    'a pair that Fargate does not know',
    {},
    { cpu: 256, memory: 9000 },
    [expect.stringContaining('would be refused: ') as unknown as string],
  ],
]

describe('a Run', () => {
  test.each(CASES)('%s', (_, before, after, lines) => {
    const [title, ...rest] = diffRun(before, after).trimEnd().split('\n')
    expect(title).toBe('# ECS: run/hello')
    expect(rest.map((line) => line.replace(/^# {3}/, ''))).toEqual(lines)
    expect(rest.join()).not.toContain('hunter')
  })

  test('that is new says what it will register', () => {
    const changed = [run({})]
    expect(render({ before: [], after: changed, changed })).toContain(
      'new: its first launch registers a task definition in the family capstan-default-hello',
    )
  })

  test('that cannot be rendered says why', () => {
    expect(diffRun({}, { command: '{{ oops }}' })).toContain(
      'cannot be told: spec.template.command',
    )
  })
})

describe('a WorkPool', () => {
  const pool = (image: string) => object('WorkPool', 'ecs', { template: { image } })
  const deployment = (name: string) => object('Deployment', name, { workPool: 'ecs' })

  test('speaks of its Deployments', () => {
    const others = [deployment('a'), object('Deployment', 'elsewhere', {})]
    const changed = [pool('x:2')]
    const text = render({
      before: [...others, pool('x:1')],
      after: [...others, ...changed],
      changed,
    })
    expect(text).toBe(
      [
        '# ECS: deployment/a',
        '#   task definition: a new revision of capstan-default-a',
        '#     containerDefinitions.main.image: "x:1" -> "x:2"',
        '',
      ].join('\n'),
    )
  })

  test('with many of them is cut short', () => {
    const others = Array.from({ length: 25 }, (_, index) => deployment(`d${index}`))
    const changed = [pool('x:2')]
    const text = render({ before: others, after: [...others, ...changed], changed })
    expect(text.match(/^# ECS: deployment/gm)).toHaveLength(20)
    expect(text).toContain('# ECS: and 5 more')
  })
})

test('an Automation changes nothing in ECS', () => {
  const changed = [object('Automation', 'a', {})]
  expect(render({ before: [], after: changed, changed })).toBe('')
})
