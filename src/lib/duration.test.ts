import { expect, test } from 'vitest'
import { parseDurationMs } from './duration.ts'

test.each<[string, number | undefined]>([
  ['90s', 90_000],
  ['1h30m', 5_400_000],
  ['1.5h', 5_400_000],
  ['250ms', 250],
  ['2d', 172_800_000],
  ['0', 0],
  ['0s', 0],
  ['PT5M', 300_000],
  ['PT1H30M', 5_400_000],
  ['P1DT2H', 93_600_000],
  ['P2D', 172_800_000],
  ['PT0.5S', 500],
  ['90', undefined],
  ['', undefined],
  ['-5s', undefined],
  ['5 s', undefined],
  ['5x', undefined],
  ['P', undefined],
  ['PT', undefined],
  ['P1DT', undefined],
  ['1h ', undefined],
  [`${'1s'.repeat(40)}`, undefined],
])('%s is %s ms', (text, expected) => {
  expect(parseDurationMs(text)).toBe(expected)
})
