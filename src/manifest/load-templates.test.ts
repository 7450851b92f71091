import { describe, expect, test } from 'vitest'
import { load, template } from '../../test/world/loaded.ts'
import type { JsonObject } from '../lib/json.ts'

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
