import { describe, expect, test } from 'vitest'
import type { Kind } from '../../kinds/meta.ts'
import type { JsonObject } from '../../lib/json.ts'
import { type Issue, renderPath } from '../problem.ts'
import { createValidator } from '../validator.ts'

const validator = createValidator()

function check(kind: Kind, spec: JsonObject): readonly Issue[] {
  return validator.object(kind, {
    apiVersion: 'capstan.dev/v1',
    kind,
    metadata: { name: 'me' },
    spec,
  })
}

type Case = readonly [string, JsonObject, string, string]

function places(kind: Kind, spec: JsonObject): readonly (readonly [string, string])[] {
  return check(kind, spec).map(({ code, path }) => [code, renderPath(path)] as const)
}

function schedule(fields: JsonObject): JsonObject {
  return { schedules: [fields] }
}

const DAILY = { cron: '0 6 * * *' }

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

describe('Deployment', () => {
  const cases: readonly Case[] = [
    ['a schedule of nothing', schedule({}), 'Missing', 'spec.schedules[0]'],
    [
      'cron and interval',
      schedule({ ...DAILY, interval: 5 }),
      'Exclusive',
      'spec.schedules[0].interval',
    ],
    [
      'interval and rrule',
      schedule({ interval: 5, rrule: 'FREQ=DAILY' }),
      'Exclusive',
      'spec.schedules[0].rrule',
    ],
    [
      'too few cron fields',
      schedule({ cron: '0 6 * *' }),
      'InvalidSchedule',
      'spec.schedules[0].cron',
    ],
    [
      'seconds in cron',
      schedule({ cron: '0 0 6 * * *' }),
      'InvalidSchedule',
      'spec.schedules[0].cron',
    ],
    ['a wrong hour', schedule({ cron: '0 25 * * *' }), 'InvalidSchedule', 'spec.schedules[0].cron'],
    [
      'no cron at all',
      schedule({ cron: 'a b c d e' }),
      'InvalidSchedule',
      'spec.schedules[0].cron',
    ],
    [
      'a day that never comes',
      schedule({ cron: '0 0 30 2 *' }),
      'InvalidSchedule',
      'spec.schedules[0].cron',
    ],
    [
      'an unknown zone',
      schedule({ ...DAILY, timezone: 'Mars/Base' }),
      'InvalidTimezone',
      'spec.schedules[0].timezone',
    ],
    [
      'an offset as a zone',
      schedule({ ...DAILY, timezone: '+02:00' }),
      'InvalidTimezone',
      'spec.schedules[0].timezone',
    ],
    [
      'no interval',
      schedule({ interval: 'often' }),
      'InvalidSchedule',
      'spec.schedules[0].interval',
    ],
    [
      'an interval of nothing',
      schedule({ interval: 'PT0.1S' }),
      'InvalidSchedule',
      'spec.schedules[0].interval',
    ],
    [
      'an anchor without an interval',
      schedule({ ...DAILY, anchorDate: '2026-01-01T00:00:00Z' }),
      'Exclusive',
      'spec.schedules[0].anchorDate',
    ],
    [
      'a rule without a frequency',
      schedule({ rrule: 'BYDAY=MO' }),
      'InvalidSchedule',
      'spec.schedules[0].rrule',
    ],
    [
      'a rule with a part of its own',
      schedule({ rrule: 'FREQ=DAILY;EVERY=2' }),
      'InvalidSchedule',
      'spec.schedules[0].rrule',
    ],
    [
      'the same slug twice',
      {
        schedules: [
          { ...DAILY, slug: 'a' },
          { ...DAILY, slug: 'a' },
        ],
      },
      'Duplicate',
      'spec.schedules[1].slug',
    ],
    ['a limit of nothing', { concurrency: { limit: 0 } }, 'OutOfRange', 'spec.concurrency.limit'],
    [
      'a schema with a pattern',
      { parameterSchema: { properties: { a: { pattern: 'x' } } } },
      'InvalidSchema',
      'spec.parameterSchema.properties.a.pattern',
    ],
    [
      'a schema that is none',
      { parameterSchema: { properties: { a: { type: 'strin' } } } },
      'InvalidSchema',
      'spec.parameterSchema',
    ],
    [
      'parameters that break their schema',
      { parameterSchema: { properties: { a: { type: 'string' } } }, parameters: { a: 5 } },
      'InvalidParameter',
      'spec.parameters.a',
    ],
    [
      'a trigger that lacks something',
      { triggers: [{ trigger: { type: 'compound' } }] },
      'Missing',
      'spec.triggers[0].trigger.triggers',
    ],
    [
      'a trigger under another spelling',
      {
        triggers: [
          {
            trigger: {
              type: 'event',
              posture: 'Proactive',
              expect: ['a'],
              for_each: ['a'],
              within: 1,
            },
          },
        ],
      },
      'OutOfRange',
      'spec.triggers[0].trigger.within',
    ],
    [
      'the same trigger twice',
      {
        triggers: [
          { name: 'a', trigger: { type: 'event' } },
          { name: 'a', trigger: { type: 'event' } },
        ],
      },
      'Duplicate',
      'spec.triggers[1].name',
    ],
  ]
  test.each(cases)('%s', (_, spec, code, path) => {
    expect(places('Deployment', spec)).toEqual([[code, path]])
  })

  test.each([
    [schedule(DAILY)],
    [schedule({ cron: '*/5 0-6,22 1 JAN-MAR MON-FRI' })],
    [schedule({ cron: '0 0 29 2 *' })],
    [schedule({ cron: '@daily', timezone: 'Europe/Berlin' })],
    [schedule({ interval: 900, anchorDate: '2026-01-01T00:00:00Z' })],
    [schedule({ interval: '01:00:00' })],
    [schedule({ rrule: 'DTSTART:20260101T000000Z\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=5' })],
    [{ schedules: [] }],
    [{ parameterSchema: { properties: { a: { type: 'string' } }, required: ['a'] } }],
    [
      {
        enforceParameterSchema: false,
        parameterSchema: { properties: { a: { type: 'string' } } },
        parameters: { a: 5 },
      },
    ],
  ])('%j is fine', (spec) => {
    expect(check('Deployment', spec)).toEqual([])
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

describe('Automation', () => {
  const event = { type: 'event' }
  function trigger(fields: JsonObject): JsonObject {
    return { trigger: fields }
  }
  function action(fields: JsonObject): JsonObject {
    return { trigger: event, actions: [fields] }
  }
  const cases: readonly Case[] = [
    ['a metric', trigger({ type: 'metric' }), 'NotAllowed', 'spec.trigger.type'],
    [
      'an event with parts',
      trigger({ type: 'event', triggers: [event] }),
      'Exclusive',
      'spec.trigger.triggers',
    ],
    [
      'a compound that expects',
      trigger({ type: 'compound', expect: ['a'], triggers: [event] }),
      'Exclusive',
      'spec.trigger.expect',
    ],
    [
      'a sequence that requires',
      trigger({ type: 'sequence', require: 'any', triggers: [event] }),
      'Exclusive',
      'spec.trigger.require',
    ],
    ['a compound without parts', trigger({ type: 'compound' }), 'Missing', 'spec.trigger.triggers'],
    [
      'more required than there are',
      trigger({ type: 'compound', require: 2, triggers: [event] }),
      'OutOfRange',
      'spec.trigger.require',
    ],
    [
      'some other requirement',
      trigger({ type: 'compound', require: 'most', triggers: [event] }),
      'NotAllowed',
      'spec.trigger.require',
    ],
    [
      'a short proactive window',
      trigger({ type: 'event', posture: 'Proactive', expect: ['a'], within: 9 }),
      'OutOfRange',
      'spec.trigger.within',
    ],
    [
      'a proactive trigger that expects nothing',
      trigger({ type: 'event', posture: 'Proactive' }),
      'Missing',
      'spec.trigger.expect',
    ],
    [
      'triggers five levels deep',
      trigger(
        [1, 2, 3, 4].reduce<JsonObject>(
          (inner) => ({ type: 'compound', triggers: [inner] }),
          event,
        ),
      ),
      'TooDeep',
      'spec.trigger.triggers[0].triggers[0].triggers[0].triggers[0]',
    ],
    [
      'a new state that is missing',
      action({ type: 'change-run-state' }),
      'Missing',
      'spec.actions[0].state',
    ],
    [
      'a deployment that is missing',
      action({ type: 'run-deployment' }),
      'Missing',
      'spec.actions[0].deployment',
    ],
    ['a webhook to nowhere', action({ type: 'call-webhook' }), 'Missing', 'spec.actions[0].url'],
    ['an unknown action', action({ type: 'delete-run' }), 'NotAllowed', 'spec.actions[0].type'],
    [
      'a label filter of numbers',
      trigger({ type: 'event', match: { a: 5 } }),
      'WrongType',
      'spec.trigger.match.a',
    ],
    [
      'an address and a secret with one',
      action({ type: 'call-webhook', url: 'https://a', urlSecret: 'b' }),
      'Exclusive',
      'spec.actions[0].urlSecret',
    ],
    [
      'an address that is no web address',
      action({ type: 'call-webhook', url: 'ftp://a' }),
      'InvalidFormat',
      'spec.actions[0].url',
    ],
    [
      'a header of the connection',
      action({ type: 'call-webhook', url: 'https://a', headers: { host: 'b' } }),
      'NotAllowed',
      'spec.actions[0].headers.host',
    ],
    [
      'a placeholder that stands for nothing',
      action({ type: 'call-webhook', url: 'https://a', payload: { a: '{{ runs.name }}' } }),
      'InvalidPlaceholder',
      'spec.actions[0].payload',
    ],
    [
      'a secret where it would be kept',
      action({ type: 'run-deployment', deployment: 'd', parameters: { a: '{{ secrets.b }}' } }),
      'InvalidPlaceholder',
      'spec.actions[0].parameters',
    ],
    [
      'both spellings of a key',
      trigger({ type: 'event', for_each: ['a'], forEach: ['b'] }),
      'UnknownField',
      'spec.trigger.for_each',
    ],
  ]
  test.each(cases)('%s', (_, spec, code, path) => {
    expect(places('Automation', spec)).toEqual([[code, path]])
  })

  test.each([
    [action({ type: 'run-deployment', source: 'inferred' })],
    [action({ type: 'call-webhook', urlSecret: 'b', headers: { X: '{{ secrets.c }}' } })],
    [action({ type: 'send-notification', url: 'https://a', body: '{{ flow_run.name }}' })],
    [action({ type: 'pause-deployment', deployment_id: 'd' })],
    [trigger({ type: 'event', matchRelated: [{ a: 'b' }, { c: ['d', '!e'] }] })],
    [
      trigger({
        type: 'compound',
        require: 1,
        triggers: [event, { type: 'sequence', triggers: [event] }],
      }),
    ],
  ])('%j is fine', (spec) => {
    expect(check('Automation', spec)).toEqual([])
  })
})
