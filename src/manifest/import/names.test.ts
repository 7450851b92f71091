import { expect, test } from 'vitest'
import { toName, toSlug } from './names.ts'

test.each([
  ['My ECS Pool', 'my-ecs-pool'],
  ['my_pool', 'my-pool'],
  ['a.b', 'a.b'],
  ['--x..y--', 'x.y'],
  ['a-.b', 'a.b'],
  ['§§', 'imported'],
])('%s is named %s', (text, name) => {
  expect(toName(text)).toBe(name)
})

test('names are cut, and stay different', () => {
  const [first = '', second = ''] = ['a', 'b'].map((end) => toName(`${'x'.repeat(300)}${end}`))
  expect([first.length, second.length]).toEqual([253, 253])
  expect(first).not.toBe(second)
})

test('slugs have no dots and 63 characters', () => {
  expect(toSlug('Every 5.min')).toBe('every-5-min')
  expect(toSlug('x'.repeat(100))).toHaveLength(63)
})
