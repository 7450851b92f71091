import { expect, test } from 'vitest'
import type { LaunchWindow } from '../kinds/generated.ts'
import { closedWindow } from './launch-windows.ts'

const DENY: LaunchWindow = { effect: 'Deny', cron: '0 22 * * *', durationSeconds: 14_400 }
const ALLOW: LaunchWindow = { effect: 'Allow', cron: '0 8 * * 1-5', durationSeconds: 36_000 }
const BERLIN = { ...DENY, cron: '0 0 * * *', durationSeconds: 3_600, timezone: 'Europe/Berlin' }

test.each<[string, readonly LaunchWindow[] | undefined, string, string | undefined]>([
  ['no windows', undefined, '2026-01-15T23:00Z', undefined],
  ['an empty list', [], '2026-01-15T23:00Z', undefined],
  ['before a Deny window', [DENY], '2026-01-15T21:59Z', undefined],
  ['at its first instant', [DENY], '2026-01-15T22:00Z', '2026-01-16T02:00Z'],
  ['past midnight', [DENY], '2026-01-16T01:59Z', '2026-01-16T02:00Z'],
  ['at its end', [DENY], '2026-01-16T02:00Z', undefined],
  ['in an Allow window', [ALLOW], '2026-01-15T12:00Z', undefined],
  ['after it', [ALLOW], '2026-01-15T18:00Z', '2026-01-16T08:00Z'],
  ['over the weekend', [ALLOW], '2026-01-16T18:00Z', '2026-01-19T08:00Z'],
  [
    'Deny wins over Allow',
    [ALLOW, { ...DENY, cron: '0 12 * * *' }],
    '2026-01-15T12:30Z',
    '2026-01-15T16:00Z',
  ],
  ['the later end of two', [DENY, BERLIN], '2026-01-15T23:30Z', '2026-01-16T02:00Z'],
  ['a zone', [BERLIN], '2026-01-15T23:30Z', '2026-01-16T00:00Z'],
])('%s', (_, windows, now, until) => {
  const closed = closedWindow('etl', windows, Date.parse(now))
  expect(closed?.untilMs).toBe(until === undefined ? undefined : Date.parse(until))
  expect(closed === undefined).toBe(until === undefined)
})

test('a window that cannot be read launches nothing and says why', () => {
  const windows = [{ ...DENY, timezone: 'Mars/Base' }]
  expect(closedWindow('etl', windows, 0)?.why).toMatch(/cannot be read.*Mars/)
})
