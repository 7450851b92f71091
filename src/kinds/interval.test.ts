import { expect, test } from 'vitest'
import { parseIntervalMs } from './interval.ts'

test.each([
  [60, 60_000],
  [0.5, 500],
  ['01:30:00', 5_400_000],
  ['48:00:00', 172_800_000],
  ['0:00:15', 15_000],
  ['PT15M', 900_000],
  ['P1DT2H', 93_600_000],
  ['15m', 900_000],
])('%j', (interval, expected) => {
  expect(parseIntervalMs(interval)).toBe(expected)
})

test.each(['', 'abc', '1:2', '00:60:00', '00:00:61', '60'])('%j is no interval', (interval) => {
  expect(parseIntervalMs(interval)).toBeUndefined()
})
