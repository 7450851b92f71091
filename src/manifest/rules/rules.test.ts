import { describe, expect, test } from 'vitest'
import { type Case, check, DAILY, places } from '../../../test/world/rule-places.ts'

describe('Run', () => {
  const cases: readonly Case[] = [
    ['deployment and workPool', { deployment: 'd', workPool: 'p' }, 'Exclusive', 'spec.workPool'],
    ['waits for itself', { dependsOn: [{ name: 'me' }] }, 'NotAllowed', 'spec.dependsOn[0].name'],
    [
      'a time without a zone',
      { scheduledTime: '2026-01-01T00:00:00' },
      'InvalidFormat',
      'spec.scheduledTime',
    ],
    ['an empty array', { array: 0 }, 'OutOfRange', 'spec.array'],
    [
      'a fast heartbeat',
      { template: { heartbeat: { frequencySeconds: 5 } } },
      'OutOfRange',
      'spec.template.heartbeat.frequencySeconds',
    ],
  ]
  test.each(cases)('%s', (_, spec, code, path) => {
    expect(places('Run', spec)).toEqual([[code, path]])
  })

  test.each([
    [{ dependsOn: [{ kind: 'Deployment', name: 'me' }] }],
    [{ deployment: 'd', template: { cpu: 256 } }],
    [{ scheduledTime: '2026-01-01T00:00:00+02:00' }],
  ])('%j is fine', (spec) => {
    expect(check('Run', spec)).toEqual([])
  })
})

describe('WorkPool', () => {
  const cases: readonly Case[] = [
    [
      'the same queue twice',
      { queues: [{ name: 'a' }, { name: 'b' }, { name: 'a' }] },
      'Duplicate',
      'spec.queues[2].name',
    ],
    [
      'a window that never opens',
      { windows: [{ effect: 'Deny', cron: '0 0 31 4 *', durationSeconds: 60 }] },
      'InvalidSchedule',
      'spec.windows[0].cron',
    ],
    [
      'a window nowhere',
      { windows: [{ effect: 'Deny', ...DAILY, durationSeconds: 60, timezone: 'x' }] },
      'InvalidTimezone',
      'spec.windows[0].timezone',
    ],
    [
      'variables with a reference outside',
      { variables: { properties: { a: { $ref: 'http://x/y' } } } },
      'InvalidSchema',
      'spec.variables.properties.a.$ref',
    ],
    ['a negative limit', { concurrencyLimit: -1 }, 'OutOfRange', 'spec.concurrencyLimit'],
    [
      'an endpoint that is no URL',
      { aws: { endpoint: 'localhost' } },
      'InvalidFormat',
      'spec.aws.endpoint',
    ],
    [
      'an unknown bucket',
      { apiLimits: { clusterMod: {} } },
      'UnknownField',
      'spec.apiLimits.clusterMod',
    ],
    [
      'a wrong template',
      { template: { taskDefinition: {}, taskDefinitionArn: 'a' } },
      'Exclusive',
      'spec.template.taskDefinitionArn',
    ],
  ]
  test.each(cases)('%s', (_, spec, code, path) => {
    expect(places('WorkPool', spec)).toEqual([[code, path]])
  })
})
