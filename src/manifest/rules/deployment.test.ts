import { describe, expect, test } from 'vitest'
import { type Case, check, DAILY, places } from '../../../test/world/rule-places.ts'
import type { JsonObject } from '../../lib/json.ts'

function schedule(fields: JsonObject): JsonObject {
  return { schedules: [fields] }
}

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
