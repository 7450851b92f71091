import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cpuMsSince, startOfWork } from '../../../test/world/cpu-time.ts'
import { createRecurrence, jitterMs, type RecurrenceSpec } from './recurrence.ts'

const MINUTE = 60_000
const DAY = 1440 * MINUTE

function at(text: string): number {
  return Date.parse(text)
}

function times(spec: Omit<RecurrenceSpec, 'seed'>, from: string, count: number): readonly string[] {
  const recurrence = createRecurrence({ ...spec, seed: 'uid' })
  return recurrence
    .between(at(from), at(from) + 3 * 366 * DAY, count)
    .map((ms) => new Date(ms).toISOString().replace(':00.000Z', 'Z'))
}

type Case = readonly [string, Omit<RecurrenceSpec, 'seed'>, string, readonly string[]]

describe('where clocks are set forward', () => {
  const cases: readonly Case[] = [
    [
      'New York: a fixed time that is skipped comes at the change',
      { cron: '30 2 * * *', timezone: 'America/New_York' },
      '2026-03-07T12:00Z',
      ['2026-03-08T07:00Z', '2026-03-09T06:30Z'],
    ],
    [
      'New York: steps follow the time that passes',
      { cron: '*/30 * * * *', timezone: 'America/New_York' },
      '2026-03-08T06:00Z',
      ['2026-03-08T06:30Z', '2026-03-08T07:00Z', '2026-03-08T07:30Z'],
    ],
    [
      'Berlin: a fixed time that is skipped comes at the change',
      { cron: '15 2 * * *', timezone: 'Europe/Berlin' },
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:15Z'],
    ],
    [
      'Lord Howe, half an hour: a fixed time that is skipped comes at the change',
      { cron: '10 2 * * *', timezone: 'Australia/Lord_Howe' },
      '2026-10-03T00:00Z',
      ['2026-10-03T15:30Z', '2026-10-04T15:10Z'],
    ],
    [
      'Berlin: an interval of a day keeps the hour on the wall',
      { intervalMs: DAY, timezone: 'Europe/Berlin', anchorDate: '2026-03-27T08:00:00+01:00' },
      '2026-03-28T00:00Z',
      ['2026-03-28T07:00Z', '2026-03-29T06:00Z', '2026-03-30T06:00Z'],
    ],
    [
      'Berlin: an interval below a day is time that passes',
      { intervalMs: 12 * 60 * MINUTE, timezone: 'Europe/Berlin', anchorDate: '2026-03-28T07:00Z' },
      '2026-03-28T07:00Z',
      ['2026-03-28T19:00Z', '2026-03-29T07:00Z'],
    ],
    [
      'Berlin: a rule comes at the change, once',
      { rrule: 'FREQ=DAILY;BYHOUR=2;BYMINUTE=30', timezone: 'Europe/Berlin' },
      '2026-03-28T12:00Z',
      ['2026-03-29T01:00Z', '2026-03-30T00:30Z'],
    ],
    [
      'Berlin: an hourly rule does not come twice at the change',
      { rrule: 'FREQ=HOURLY', timezone: 'Europe/Berlin' },
      '2026-03-28T23:30Z',
      ['2026-03-29T00:00Z', '2026-03-29T01:00Z', '2026-03-29T02:00Z'],
    ],
  ]
  test.each(cases)('%s', (_, spec, from, expected) => {
    expect(times(spec, from, expected.length)).toEqual(expected)
  })
})

describe('where clocks are set back', () => {
  const cases: readonly Case[] = [
    [
      'New York: a fixed time that comes twice runs the first time',
      { cron: '30 1 * * *', timezone: 'America/New_York' },
      '2026-10-31T12:00Z',
      ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
    ],
    [
      'New York: every hour is every hour',
      { cron: '0 * * * *', timezone: 'America/New_York' },
      '2026-11-01T04:30Z',
      ['2026-11-01T05:00Z', '2026-11-01T06:00Z', '2026-11-01T07:00Z'],
    ],
    [
      'Berlin: a fixed time that comes twice runs the first time',
      { cron: '30 2 * * *', timezone: 'Europe/Berlin' },
      '2026-10-24T12:00Z',
      ['2026-10-25T00:30Z', '2026-10-26T01:30Z'],
    ],
    [
      'Lord Howe, half an hour: a fixed time that comes twice runs the first time',
      { cron: '45 1 * * *', timezone: 'Australia/Lord_Howe' },
      '2026-04-04T00:00Z',
      ['2026-04-04T14:45Z', '2026-04-05T15:15Z'],
    ],
    [
      'New York: a rule runs the first time',
      { rrule: 'FREQ=DAILY;BYHOUR=1;BYMINUTE=30', timezone: 'America/New_York' },
      '2026-10-31T12:00Z',
      ['2026-11-01T05:30Z', '2026-11-02T06:30Z'],
    ],
  ]
  test.each(cases)('%s', (_, spec, from, expected) => {
    expect(times(spec, from, expected.length)).toEqual(expected)
  })
})

describe('the calendar', () => {
  const cases: readonly Case[] = [
    [
      'the leap day comes every four years',
      { cron: '0 12 29 2 *' },
      '2027-01-01T00:00Z',
      ['2028-02-29T12:00Z'],
    ],
    ['a nickname', { cron: '@daily' }, '2026-01-01T00:00Z', ['2026-01-02T00:00Z']],
    [
      'no anchor: full hours',
      { intervalMs: 60 * MINUTE },
      '2026-01-01T00:10Z',
      ['2026-01-01T01:00Z'],
    ],
    [
      'an anchor in the future counts backwards as well',
      { intervalMs: 10 * MINUTE, anchorDate: '2030-01-01T00:05Z' },
      '2026-01-01T00:00Z',
      ['2026-01-01T00:05Z', '2026-01-01T00:15Z'],
    ],
    [
      'every second week keeps its phase over years',
      { rrule: 'DTSTART:20200106T090000Z\nRRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=MO' },
      '2026-01-01T00:00Z',
      ['2026-01-12T09:00Z', '2026-01-26T09:00Z'],
    ],
    [
      'the last Friday of the month',
      { rrule: 'FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=17' },
      '2026-01-01T00:00Z',
      ['2026-01-30T17:00Z', '2026-02-27T17:00Z'],
    ],
    [
      'COUNT counts from DTSTART',
      { rrule: 'DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;COUNT=3' },
      '2026-01-01T00:00Z',
      ['2026-01-02T00:00Z', '2026-01-03T00:00Z'],
    ],
    [
      'EXDATE leaves a time out, UNTIL ends',
      {
        rrule:
          'DTSTART;TZID=Europe/Berlin:20260101T080000\nRRULE:FREQ=DAILY;UNTIL=20260104T000000Z\nEXDATE:20260102T080000',
      },
      '2026-01-01T12:00Z',
      ['2026-01-03T07:00Z'],
    ],
  ]
  test.each(cases)('%s', (_, spec, from, expected) => {
    expect(times(spec, from, 2).slice(0, expected.length)).toEqual(expected)
  })

  test('a rule that has ended says so', () => {
    const rrule = 'DTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;COUNT=3'
    const recurrence = createRecurrence({ rrule, seed: '' })
    expect(recurrence.next(at('2026-01-03T00:00Z'))).toBeUndefined()
    expect(recurrence.next(at('2026-01-04T00:00Z'))).toBeUndefined()
  })
})

describe('what would take for ever is refused', () => {
  test.each([
    ['FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30', /never comes/],
    ['FREQ=MINUTELY;BYMONTH=2;BYMONTHDAY=30', /never comes/],
    ['FREQ=MINUTELY;INTERVAL=60;BYMINUTE=30', /never comes/],
    ['DTSTART:20260106T000000Z\nRRULE:FREQ=DAILY;INTERVAL=7;BYDAY=MO', /never comes/],
    ['FREQ=DAILY;BYSETPOS=2', /BYSETPOS/],
    ['FREQ=WEEKLY;BYWEEKNO=3', /BYWEEKNO/],
    ['FREQ=DAILY;COUNT=100000', /UNTIL/],
    ['FREQ=DAILY\nRDATE:20260101T000000Z', /RDATE/],
    ['DTSTART:soon\nRRULE:FREQ=DAILY', /no date/],
  ])('%j', (rrule, message) => {
    expect(() => createRecurrence({ rrule, seed: '' })).toThrow(message)
  })
})

describe('hashed cron fields', () => {
  test('stay the same for one deployment and spread over many', () => {
    const first = (seed: string) =>
      createRecurrence({ cron: 'H * * * *', seed }).next(at('2026-01-01T00:00Z'))
    expect(first('a')).toBe(first('a'))
    const minutes = new Set(Array.from({ length: 200 }, (_, index) => first(`uid-${index}`)))
    expect(minutes.size).toBeGreaterThan(40)
  })

  test('keep their step and their range', () => {
    const recurrence = createRecurrence({ cron: 'H/15 H(2-4) * * *', seed: 'x' })
    const from = at('2026-01-01T00:00Z')
    const found = recurrence.between(from, from + DAY, 100)
    expect(found).toHaveLength(4)
    expect(new Set(found.slice(1).map((ms, index) => ms - (found[index] ?? 0)))).toEqual(
      new Set([15 * MINUTE]),
    )
    expect(new Date(found[0] ?? 0).getUTCHours()).toBeGreaterThanOrEqual(2)
    expect(new Date(found[0] ?? 0).getUTCHours()).toBeLessThanOrEqual(4)
  })

  test.each(['H(5-70) * * * *', 'H/0 * * * *', 'Hx * * * *'])('%s is refused', (cron) => {
    expect(() => createRecurrence({ cron, seed: '' })).toThrow(/hashed field/)
  })
})

test('jitter is the same for one seed, within its bound, and in whole seconds', () => {
  expect(jitterMs(0, 'a')).toBe(0)
  expect(jitterMs(300, 'a')).toBe(jitterMs(300, 'a'))
  const all = Array.from({ length: 100 }, (_, index) => jitterMs(300, `uid-${index}`))
  expect(all.every((ms) => ms >= 0 && ms <= 300_000 && ms % 1000 === 0)).toBe(true)
  expect(new Set(all).size).toBeGreaterThan(50)
})

describe('looking back over years', () => {
  const specs: readonly Omit<RecurrenceSpec, 'seed'>[] = [
    { cron: '* * * * *' },
    { intervalMs: 60_000 },
    { rrule: 'FREQ=MINUTELY' },
    { rrule: 'FREQ=SECONDLY;INTERVAL=5;BYHOUR=3' },
  ]
  test.each(specs)('%j finds the newest without walking all of them', (spec) => {
    const recurrence = createRecurrence({ ...spec, seed: '' })
    const until = at('2026-06-01T04:00:00.500Z')
    const started = startOfWork()
    const found = recurrence.latest(3, until - 5 * 366 * DAY, until)
    expect(cpuMsSince(started)).toBeLessThan(2_000)
    expect(found).toHaveLength(3)
    const last = found.at(-1) ?? 0
    expect(recurrence.between((found[0] ?? 0) - 1, last, 10)).toEqual(found)
    expect(recurrence.next(last) ?? 0).toBeGreaterThan(until)
  })
})

describe('next, latest and between agree', () => {
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe')
  const spec = fc.constantFrom<Omit<RecurrenceSpec, 'seed'>>(
    { cron: '17 2 * * *' },
    { cron: '*/20 1-3 * * *' },
    { intervalMs: DAY, anchorDate: '2026-01-01T02:30:00Z' },
    { intervalMs: 7 * 60 * MINUTE },
    { rrule: 'FREQ=DAILY;BYHOUR=1,2;BYMINUTE=45' },
  )
  const start = fc.integer({ min: at('2026-01-01T00:00Z'), max: at('2026-12-01T00:00Z') })
  test('whatever the zone and the instant', () => {
    fc.assert(
      fc.property(spec, zone, start, (one, timezone, from) => {
        const recurrence = createRecurrence({ ...one, timezone, seed: '' })
        const to = from + 5 * DAY
        const all = recurrence.between(from, to, 1000)
        expect(all).toEqual([...new Set(all)].toSorted((a, b) => a - b))
        expect(recurrence.latest(3, from, to)).toEqual(all.slice(-3))
      }),
      { numRuns: 60 },
    )
  })
})
