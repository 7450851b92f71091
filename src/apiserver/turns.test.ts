import { expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { ANSWERS_PER_TURN, createTurns } from './turns.ts'

test('requests that come together are answered in several turns, in order', async () => {
  const clock = new FakeClock()
  const turns = createTurns(clock)
  const begun: number[] = []
  const all = Array.from({ length: 2 * ANSWERS_PER_TURN + 1 }, async (_, index) => {
    await turns.take()
    begun.push(index)
  })
  await Promise.resolve()
  expect(begun).toHaveLength(ANSWERS_PER_TURN)
  await clock.advance(1)
  await Promise.all(all)
  expect(begun).toHaveLength(2 * ANSWERS_PER_TURN + 1)
  expect(begun).toEqual(begun.toSorted((a, b) => a - b))
})
