import { describe, expect, test } from 'vitest'
import type { Json, JsonObject } from '../../lib/json.ts'
import { createReporter } from './report.ts'
import { isTemplateSetting, joinFields, toFields } from './settings.ts'

function fields(setting: string, value: Json): JsonObject {
  return toFields(setting, { path: [setting], value }, createReporter())
}

const ARN = 'arn:aws:iam::123456789012:role/x'

/** Each setting of the block and of the worker, with a value, and what becomes of it. */
const SETTINGS: readonly (readonly [string, Json, JsonObject])[] = [
  ['task_definition_arn', 'family:3', { taskDefinitionArn: 'family:3' }],
  [
    'task_definition',
    { family: 'f', cpu: '512', pidMode: null, revision: 3, containerDefinitions: [{ name: 'a' }] },
    { taskDefinition: { family: 'f', cpu: '512', containerDefinitions: [{ name: 'a' }] } },
  ],
  ['family', 'my-family', { family: 'my-family' }],
  ['image', 'alpine:latest', { image: 'alpine:latest' }],
  ['command', ['echo', 'hello'], { command: ['echo', 'hello'] }],
  ['cluster', 'batch', { cluster: 'batch' }],
  ['container_name', 'flow', { containerName: 'flow' }],
  ['launch_type', 'FARGATE_SPOT', { launchType: 'FARGATE_SPOT' }],
  [
    'capacity_provider_strategy',
    [{ capacityProvider: 'gpu', weight: 1, base: 0 }],
    { capacityProviderStrategy: [{ capacityProvider: 'gpu', weight: 1, base: 0 }] },
  ],
  ['cpu', 2048, { cpu: 2048 }],
  ['memory', '4096', { memory: 4096 }],
  ['execution_role_arn', ARN, { executionRoleArn: ARN }],
  ['task_role_arn', ARN, { taskRoleArn: ARN }],
  ['configure_cloudwatch_logs', true, { configureCloudwatchLogs: true }],
  [
    'cloudwatch_logs_options',
    { 'awslogs-group': 'x', 'max-buffer-size': 4 },
    { cloudwatchLogsOptions: { 'awslogs-group': 'x', 'max-buffer-size': '4' } },
  ],
  ['cloudwatch_logs_prefix', 'nightly', { cloudwatchLogsPrefix: 'nightly' }],
  ['stream_output', true, { streamOutput: true }],
  ['vpc_id', 'vpc-1', { vpcId: 'vpc-1' }],
  [
    'network_configuration',
    { awsvpcConfiguration: { awsvpcConfiguration: { subnets: ['subnet-1'] } } },
    { networkConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'DISABLED' } },
  ],
  ['auto_deregister_task_definition', false, { autoDeregisterTaskDefinition: false }],
  ['match_latest_revision_in_family', true, { matchLatestRevisionInFamily: true }],
  ['prefect_api_key_secret_arn', 'arn:s', { secrets: { PREFECT_API_KEY: 'arn:s' } }],
  [
    'prefect_api_auth_string_secret_arn',
    'arn:s',
    { secrets: { PREFECT_API_AUTH_STRING: 'arn:s' } },
  ],
  ['env', { A: 'x', B: 1, C: null }, { env: { A: 'x', B: 1, C: null } }],
  ['labels', { team: 'data', rank: 1, none: null }, { labels: { team: 'data', rank: '1' } }],
  [
    'task_customizations',
    '[{"op":"remove","path":"/tags"}]',
    { taskCustomizations: [{ op: 'remove', path: '/tags' }] },
  ],
  ['task_start_timeout_seconds', 120, { taskStartTimeoutSeconds: 120 }],
  ['task_watch_poll_interval', 5, { taskWatchPollInterval: 5 }],
]

describe('each setting becomes its field', () => {
  test.each(SETTINGS)('%s', (setting, value, expected) => {
    expect(isTemplateSetting(setting)).toBe(true)
    expect(fields(setting, value)).toEqual(expected)
  })

  test.each(SETTINGS)('%s says nothing when it is null', (setting) => {
    expect(fields(setting, null)).toEqual({})
  })

  test.each(SETTINGS.filter(([setting]) => setting !== 'env' && setting !== 'labels'))(
    '%s can be a placeholder',
    (setting, _, expected) => {
      const text = `{{ ${setting} }}`
      expect(JSON.stringify(fields(setting, text))).toContain(JSON.stringify(text))
      expect(Object.keys(fields(setting, text))).toEqual(Object.keys(expected))
    },
  )
})

test('a patch may also be the map that older versions saved', () => {
  const operation = { op: 'add', path: '/group', value: 'x' }
  expect(fields('task_customizations', { patch: [operation] })).toEqual({
    taskCustomizations: [operation],
  })
})

test('members of a definition that manifests do not know go in by patch', () => {
  const definition = {
    containerDefinitions: [
      { name: 'a', image: 'x' },
      { name: 'b', 'new/field': 1 },
    ],
    brandNew: { x: 0 },
  }
  expect(fields('task_definition', definition)).toEqual({
    taskDefinition: { containerDefinitions: [{ name: 'a', image: 'x' }, { name: 'b' }] },
    taskDefinitionCustomizations: [
      { op: 'add', path: '/containerDefinitions/1/new~1field', value: 1 },
      { op: 'add', path: '/brandNew', value: { x: 0 } },
    ],
  })
})

describe('what cannot be kept is reported without its value', () => {
  const LOST: readonly (readonly [string, Json, string])[] = [
    ['env', 'hunter2', 'env'],
    ['env', { A: ['hunter2'] }, 'env.A'],
    ['task_definition', 'hunter2', 'task_definition'],
    ['task_definition', { image: 'x', revision: 'hunter2' }, 'task_definition.revision'],
    ['network_configuration', ['hunter2'], 'network_configuration'],
    ['network_configuration', { vpc: 'hunter2' }, 'network_configuration.vpc'],
    ['task_customizations', 'hunter2', 'task_customizations'],
  ]
  test.each(LOST)('%s: %j', (setting, value, path) => {
    const report = createReporter()
    toFields(setting, { path: [setting], value }, report)
    expect(report.notes.map((note) => [note.kind, note.path])).toEqual([['Lost', path]])
    expect(JSON.stringify(report.notes)).not.toContain('hunter2')
  })
})

test('maps and patches are joined, of other fields the later one counts', () => {
  const first = { env: { A: 1, B: 1 }, image: 'a', taskCustomizations: [1] }
  const second = { env: { B: 2 }, image: 'b', taskCustomizations: [2] }
  expect(joinFields(first, second)).toEqual({
    env: { A: 1, B: 2 },
    image: 'b',
    taskCustomizations: [1, 2],
  })
})
