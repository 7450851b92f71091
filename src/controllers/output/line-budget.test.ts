import { expect, test } from 'vitest'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { createLineBudget } from './line-budget.ts'

test('a second has its lines, at once or one by one, and no more', () => {
  const clock = new FakeClock()
  const budget = createLineBudget(clock, 10)
  const taken = (tries: number): number =>
    Array.from({ length: tries }, () => budget.take()).filter(Boolean).length
  expect(taken(25)).toBe(10)
  clock.advanceSync(500)
  expect(taken(25)).toBe(5)
  clock.advanceSync(60_000)
  expect(taken(25)).toBe(10)
})
