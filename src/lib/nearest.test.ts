import { expect, test } from 'vitest'
import { nearest } from './nearest.ts'

test.each<[string, string[], string | undefined]>([
  ['memroy', ['memory', 'cpu'], 'memory'],
  ['Image', ['image'], 'image'],
  ['iamge', ['image', 'name'], 'image'],
  ['workpol', ['workpools', 'workpool'], 'workpool'],
  ['x', ['y', 'z'], 'y'],
  ['launchtype', ['launchType'], 'launchType'],
  ['entirelyDifferent', ['image', 'command'], undefined],
  ['', ['a'], 'a'],
  ['abc', [], undefined],
])('%s among %j is %s', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected)
})

test('a word of absurd length is not compared', () => {
  expect(nearest('a'.repeat(10_000), ['a'.repeat(9_999)])).toBeUndefined()
})
