import { expect, test } from 'vitest'
import { choiceOption, durationOption, integerOption, pairsOption, readOptions } from './options.ts'

const options = readOptions({
  allNamespaces: true,
  wait: false,
  tail: '20',
  negative: '-1',
  bad: 'x',
  timeout: '1h30m',
  filename: ['a', 'b'],
  single: 'a',
  param: ['day=2026=x', 'empty='],
  wrong: ['novalue'],
})

test('switches and texts are found by their long names', () => {
  expect(options.flag('all-namespaces')).toBe(true)
  expect(options.flag('wait')).toBe(false)
  expect(options.off('wait')).toBe(true)
  expect(options.off('watch')).toBe(false)
  expect(options.given('wait')).toBe(true)
  expect(options.given('watch')).toBe(false)
  expect(options.text('tail')).toBe('20')
  expect(options.texts('filename')).toEqual(['a', 'b'])
  expect(options.texts('single')).toEqual(['a'])
  expect(options.texts('none')).toEqual([])
})

test('values are read as what they mean', () => {
  expect(integerOption(options, 'tail', 0)).toBe(20)
  expect(integerOption(options, 'negative', -1)).toBe(-1)
  expect(integerOption(options, 'none', 0)).toBeUndefined()
  expect(durationOption(options, 'timeout')).toBe(5_400_000)
  expect([...pairsOption(options, 'param')]).toEqual([
    ['day', '2026=x'],
    ['empty', ''],
  ])
  expect(choiceOption(options, 'tail', ['10', '20'])).toBe('20')
})

test.each<[string, () => unknown, string]>([
  [
    'no number',
    () => integerOption(options, 'bad', 0),
    'invalid argument "x" for "--bad" flag: a whole number',
  ],
  ['too small', () => integerOption(options, 'negative', 0), 'at least 0'],
  ['too large', () => integerOption(options, 'tail', 0, 19), 'at least 0 and at most 19'],
  ['no duration', () => durationOption(options, 'tail'), 'write 90s, 5m, 1h30m or PT5M'],
  ['no choice', () => choiceOption(options, 'bad', ['a', 'b']), 'must be one of a, b'],
  [
    'no pair',
    () => pairsOption(options, 'wrong'),
    'invalid argument "novalue" for "--wrong" flag: write key=value',
  ],
])('%s is refused', (_, read, message) => {
  expect(read).toThrow(message)
})
