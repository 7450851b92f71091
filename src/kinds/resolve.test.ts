import { describe, expect, test } from 'vitest'
import { validator } from '../../test/world/validator.ts'
import type { JsonObject } from '../lib/json.ts'
import type { DeploymentSpec, RunSpec, WorkPoolSpec } from './generated.ts'
import { type ResolvedRun, type ResolveResult, resolveRun } from './resolve.ts'

const CHECKS = validator
const IMAGE = 'busybox'

interface Specs {
  readonly pool?: WorkPoolSpec
  readonly deployment?: DeploymentSpec
  readonly run?: RunSpec
  readonly attempt?: number
}

function resolve({ pool = {}, deployment, run = {}, attempt = 1 }: Specs): ResolveResult {
  return resolveRun(
    {
      run: { metadata: { name: 'r', namespace: 'ns', uid: 'u-1' }, spec: run },
      pool: { name: 'p', spec: pool },
      ...(deployment && { deployment: { name: 'd', spec: deployment } }),
      attempt,
    },
    CHECKS,
  )
}

function resolved(specs: Specs): ResolvedRun {
  const result = resolve(specs)
  if (!result.ok) throw new Error(JSON.stringify(result.problems))
  return result.resolved
}

describe('the template', () => {
  test('defaults hold where nobody says anything', () => {
    expect(resolved({ run: { template: { image: IMAGE } } }).template).toEqual({
      image: IMAGE,
      launchType: 'FARGATE',
      taskDefinitionArnMode: 'CopyOnChange',
      streamOutput: false,
      autoDeregisterTaskDefinition: false,
      matchLatestRevisionInFamily: true,
      enableExecuteCommand: false,
      taskStartTimeoutSeconds: 300,
    })
  })

  const cases: readonly (readonly [string, Specs, JsonObject])[] = [
    [
      'each level is rendered and the stronger one counts',
      {
        pool: { template: { image: 'pool', cpu: 256, env: { A: '{{ workPool.name }}' } } },
        deployment: { template: { image: '{{ deployment.name }}', env: { B: '{{ run.name }}' } } },
        run: { template: { memory: 512, env: { C: '{{ run.attempt }}' } } },
      },
      { image: 'd', cpu: 256, memory: 512, env: { A: 'p', B: 'r', C: 1 } },
    ],
    [
      'a placeholder without a value leaves what is inherited',
      {
        pool: {
          variables: { properties: { cpu: { type: 'integer' } } },
          template: { image: IMAGE, cpu: 256 },
        },
        run: { template: { cpu: '{{ cpu }}' } },
      },
      { cpu: 256 },
    ],
    [
      'a whole map can come from a parameter, and still merges key by key',
      {
        pool: { template: { image: IMAGE, env: { A: '1' } } },
        run: { parameters: { env: { B: '2' } }, template: { env: '{{ parameters.env }}' } },
      },
      { env: { A: '1', B: '2' } },
    ],
    [
      'numbers become text where text is needed',
      {
        run: {
          parameters: { rows: 5, yes: true },
          template: {
            image: IMAGE,
            command: ['x', '{{ parameters.rows }}'],
            labels: { yes: '{{ parameters.yes }}' },
          },
        },
      },
      { command: ['x', '5'], labels: { yes: 'true' } },
    ],
    [
      'patches of all levels are concatenated, also as text, and rendered inside',
      {
        pool: { template: { image: IMAGE, taskCustomizations: [{ op: 'remove', path: '/a' }] } },
        run: {
          parameters: { quote: 'a"b' },
          template: {
            taskCustomizations: '[{"op":"add","path":"/b","value":"{{ parameters.quote }}"}]',
          },
        },
      },
      {
        taskCustomizations: [
          { op: 'remove', path: '/a' },
          { op: 'add', path: '/b', value: 'a"b' },
        ],
      },
    ],
    [
      'a patch that is JSON only when rendered',
      {
        run: {
          parameters: { n: 5 },
          template: {
            image: IMAGE,
            taskCustomizations: '[{"op":"add","path":"/b","value":{{ parameters.n }}}]',
          },
        },
      },
      { taskCustomizations: [{ op: 'add', path: '/b', value: 5 }] },
    ],
    [
      "Prefect's own variable switches heartbeats on",
      { run: { template: { image: IMAGE, env: { PREFECT_RUNNER_HEARTBEAT_FREQUENCY: '45' } } } },
      { heartbeat: { frequencySeconds: 45 } },
    ],
    [
      'a heartbeat that is written beats the variable',
      {
        run: {
          template: {
            image: IMAGE,
            heartbeat: { frequencySeconds: 60 },
            env: { PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 30 },
          },
        },
      },
      { heartbeat: { frequencySeconds: 60 } },
    ],
  ]
  test.each(cases)('%s', (_, specs, expected) => {
    expect(resolved(specs).template).toMatchObject(expected)
  })

  test('a placeholder that is null removes what is inherited', () => {
    const { template } = resolved({
      pool: { template: { image: IMAGE, group: 'g' } },
      run: { parameters: { group: null }, template: { group: '{{ parameters.group }}' } },
    })
    expect(template).not.toHaveProperty('group')
  })

  test('sources follow the levels, also of what a variable switched on', () => {
    const { sources } = resolved({
      pool: { template: { image: IMAGE, env: { PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 60 } } },
      run: { template: { cpu: 256 } },
    })
    expect(sources.get('image')).toBe('WorkPool')
    expect(sources.get('cpu')).toBe('Run')
    expect(sources.get('launchType')).toBe('Default')
    expect(sources.get('heartbeat')).toBe('WorkPool')
  })
})

describe('parameters and variables', () => {
  test('defaults of the schema, then the deployment, then the run, key by key', () => {
    const { parameters, variables } = resolved({
      pool: {
        variables: {
          properties: {
            a: { default: 1 },
            b: { default: 1 },
            c: { default: null },
            image: { default: IMAGE },
          },
        },
        template: { image: '{{ image }}' },
      },
      deployment: {
        parameterSchema: {
          properties: { x: { default: 1 }, y: { default: 1 }, z: { default: 1 } },
        },
        parameters: { y: 2, z: 2 },
        variables: { a: 2 },
      },
      run: { parameters: { z: 3, extra: [1] }, variables: { b: 3 } },
    })
    expect(parameters).toEqual({ x: 1, y: 2, z: 3, extra: [1] })
    expect(variables).toEqual({ a: 2, b: 3, image: IMAGE })
  })

  test('without a schema, any variable may be given', () => {
    expect(
      resolved({ run: { variables: { image: IMAGE }, template: { image: '{{ image }}' } } })
        .template.image,
    ).toBe(IMAGE)
  })

  test('a schema that is not enforced still gives defaults', () => {
    const { parameters } = resolved({
      deployment: {
        enforceParameterSchema: false,
        parameterSchema: {
          properties: { x: { type: 'integer', default: 1 }, y: { type: 'integer' } },
        },
        template: { image: IMAGE },
      },
      run: { parameters: { y: 'text' } },
    })
    expect(parameters).toEqual({ x: 1, y: 'text' })
  })
})

describe('problems', () => {
  const cases: readonly (readonly [string, Specs, JsonObject])[] = [
    [
      'an undeclared name, with its place',
      { pool: { template: { env: { A: 'x {{ imgae }}' } } }, run: {} },
      { code: 'UndeclaredName', level: 'WorkPool', path: ['template', 'env', 'A'] },
    ],
    [
      'a parameter of the wrong type',
      {
        deployment: {
          parameterSchema: { properties: { n: { type: 'integer' } } },
          template: { image: IMAGE },
        },
        run: { parameters: { n: 'x' } },
      },
      {
        code: 'InvalidParameter',
        level: 'Run',
        path: ['parameters', 'n'],
        message: 'expected a whole number, found text',
      },
    ],
    [
      "a wrong parameter of the deployment's own",
      {
        deployment: {
          parameterSchema: { properties: { n: { type: 'integer' } } },
          parameters: { n: 'x' },
        },
      },
      { code: 'InvalidParameter', level: 'Deployment', path: ['parameters', 'n'] },
    ],
    [
      'a required parameter that nobody gave',
      { deployment: { parameterSchema: { properties: { n: {} }, required: ['n'] } } },
      {
        code: 'InvalidParameter',
        level: 'Run',
        path: ['parameters', 'n'],
        message: "'n' is missing",
      },
    ],
    [
      'a required variable that nobody gave',
      { pool: { variables: { properties: { image: {} }, required: ['image'] } } },
      {
        code: 'InvalidVariable',
        level: 'Run',
        path: ['variables', 'image'],
        message: "'image' is missing",
      },
    ],
    [
      'a variable that the pool does not declare',
      { pool: { variables: { properties: { image: {} } } }, run: { variables: { imgae: 'x' } } },
      {
        code: 'UndeclaredVariable',
        level: 'Run',
        path: ['variables', 'imgae'],
        message: "WorkPool 'p' declares no variable 'imgae'; did you mean 'image'?",
      },
    ],
    [
      'a value that does not fit its field',
      { pool: { template: { image: IMAGE, cpu: '{{ run.name }}' } } },
      {
        code: 'InvalidTemplate',
        level: 'WorkPool',
        path: ['template', 'cpu'],
        message: 'expected a whole number, found text',
      },
    ],
    [
      'a patch that is no JSON even when rendered',
      {
        run: {
          parameters: { p: 'nonsense' },
          template: { image: IMAGE, taskCustomizations: '{{ parameters.p }}' },
        },
      },
      { code: 'InvalidPatch', level: 'Run', path: ['template', 'taskCustomizations'] },
    ],
    ['no image at all', {}, { code: 'ImageMissing', level: 'Run', path: ['template', 'image'] }],
    [
      'task definition and ARN from different levels',
      {
        pool: { template: { taskDefinition: {} } },
        run: { template: { taskDefinitionArn: 'f:1' } },
      },
      { code: 'TaskDefinitionTwice', level: 'Run', path: ['template', 'taskDefinitionArn'] },
    ],
    [
      'log options while logs are off',
      { run: { template: { image: IMAGE, cloudwatchLogsOptions: { 'awslogs-group': 'g' } } } },
      { code: 'LogOptionsWithoutLogs', level: 'Run' },
    ],
    [
      'logs without an execution role',
      { run: { template: { image: IMAGE, streamOutput: true } } },
      { code: 'LogsWithoutRole', path: ['template', 'executionRoleArn'] },
    ],
    [
      'secrets without an execution role',
      { run: { template: { image: IMAGE, secrets: { A: 'arn' } } } },
      { code: 'SecretsWithoutRole' },
    ],
    [
      'secrets with a definition that is used as it is',
      {
        run: {
          template: {
            taskDefinitionArn: 'f:1',
            taskDefinitionArnMode: 'UseAsIs',
            secrets: { A: 'arn' },
          },
        },
      },
      { code: 'SecretsWithUseAsIs', path: ['template', 'secrets'] },
    ],
    [
      'health checks as a sign of life, without one',
      {
        run: {
          template: {
            image: IMAGE,
            heartbeat: { frequencySeconds: 30, source: 'ContainerHealth' },
          },
        },
      },
      { code: 'HealthCheckMissing', level: 'Run', path: ['template', 'heartbeat'] },
    ],
    [
      'heartbeats that are too fast',
      {
        pool: { template: { env: { PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 10 } } },
        run: { template: { image: IMAGE } },
      },
      {
        code: 'InvalidHeartbeat',
        level: 'WorkPool',
        path: ['template', 'env', 'PREFECT_FLOWS_HEARTBEAT_FREQUENCY'],
      },
    ],
  ]
  test.each(cases)('%s', (_, specs, expected) => {
    const result = resolve(specs)
    expect(result.ok ? [] : result.problems).toContainEqual(expect.objectContaining(expected))
  })

  const roleFromElsewhere: readonly JsonObject[] = [
    { image: IMAGE, executionRoleArn: 'role' },
    { taskDefinitionArn: 'f:1' },
    { image: IMAGE, taskDefinition: { executionRoleArn: 'role' } },
  ]
  test.each(roleFromElsewhere)('an execution role may come from %j', (template) => {
    const specs = { run: { template: { ...template, streamOutput: true, secrets: { A: 'arn' } } } }
    expect(resolve(specs).ok).toBe(true)
  })
})
