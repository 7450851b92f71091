import { expect, test } from 'vitest'
import { renderAge } from './age.ts'

const SECOND = 1_000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

// The cases of k8s.io/apimachinery/pkg/util/duration, TestHumanDuration.
test.each<[number, string]>([
  [-2 * SECOND, '<invalid>'],
  [-1.5 * SECOND, '0s'],
  [0, '0s'],
  [SECOND, '1s'],
  [70 * SECOND, '70s'],
  [119 * SECOND, '119s'],
  [2 * MINUTE, '2m'],
  [190 * SECOND, '3m10s'],
  [10 * MINUTE, '10m'],
  [179 * MINUTE, '179m'],
  [3 * HOUR, '3h'],
  [7 * HOUR + 59 * MINUTE, '7h59m'],
  [8 * HOUR + 30 * MINUTE, '8h'],
  [47 * HOUR, '47h'],
  [49 * HOUR, '2d1h'],
  [7 * DAY + 23 * HOUR, '7d23h'],
  [8 * DAY + 5 * HOUR, '8d'],
  [400 * DAY, '400d'],
  [2 * 365 * DAY, '2y'],
  [3 * 365 * DAY + 10 * DAY, '3y10d'],
  [9 * 365 * DAY + 10 * DAY, '9y'],
  [Number.NaN, '<unknown>'],
])('%d ms is %s', (spanMs, expected) => {
  expect(renderAge(spanMs)).toBe(expected)
})
