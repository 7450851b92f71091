import { expect, test } from 'vitest'
import { renderRanges } from './ranges.ts'

test.each([
  [[], ''],
  [[3], '3'],
  [[0, 1, 2], '0-2'],
  [[1, 3, 4, 5, 9], '1,3-5,9'],
  [[1, 2, 4], '1-2,4'],
])('%j is %s', (numbers, text) => {
  expect(renderRanges(numbers)).toBe(text)
})
