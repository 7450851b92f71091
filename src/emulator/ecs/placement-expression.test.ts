import { expect, test } from 'vitest'
import { isSatisfied } from './placement-expression.ts'

const attributes = { 'ecs.instance-type': 't3.large', zone: 'a' }

test.each([
  ['attribute:zone == a', true],
  ['attribute:zone == b', false],
  ['attribute:zone != b', true],
  ['attribute:ecs.instance-type == t3.large', true],
  ['attribute:zone in [a, b]', true],
  ['attribute:zone in [b,c]', false],
  ['attribute:zone not_in [b,c]', true],
  ['attribute:zone exists', true],
  ['attribute:gpu exists', false],
  ['attribute:gpu !exists', true],
  ['task:group == x', true],
])('%s is %j', (expression, satisfied) => {
  expect(isSatisfied({ type: 'memberOf', expression }, attributes)).toBe(satisfied)
})

test('only memberOf has an expression', () => {
  expect(isSatisfied({ type: 'distinctInstance' }, attributes)).toBe(true)
})
