import { expect, test } from 'vitest'
import { COALESCE_MS, LookQueue } from './look-queue.ts'

const NOW = 1_000_000

function filled(dueMs: readonly number[], place = 'a c'): LookQueue {
  const queue = new LookQueue()
  for (const [index, ms] of dueMs.entries()) queue.set(place, `task-${index}`, ms)
  return queue
}

function times(count: number, dueMs: (index: number) => number): readonly number[] {
  return Array.from({ length: count }, (_, index) => dueMs(index))
}

test('nothing is taken before its time, and what comes next is known', () => {
  const queue = filled([NOW + COALESCE_MS + 1, NOW + 9_000])
  expect(queue.takeDue(NOW)).toEqual([])
  expect(queue.firstMs).toBe(NOW + COALESCE_MS + 1)
})

test('free places of a batch go to those that are due next', () => {
  const queue = filled(times(250, (index) => NOW + index * 1_000))
  const [batch, ...others] = queue.takeDue(NOW)
  expect(others).toEqual([])
  expect(batch).toEqual(times(100, (index) => index).map((index) => `task-${index}`))
  expect(queue.firstMs).toBe(NOW + 100_000)
})

test('a batch has at most a hundred, and no more batches are made than are due', () => {
  const queue = filled(times(350, (index) => (index < 101 ? NOW : NOW + 60_000)))
  expect(queue.takeDue(NOW).map(({ length }) => length)).toEqual([100, 100])
})

test('tasks of different places share no call', () => {
  const queue = filled([NOW])
  queue.set('b c', 'other', NOW)
  expect(queue.takeDue(NOW)).toEqual([['task-0'], ['other']])
  expect(queue.firstMs).toBe(Number.POSITIVE_INFINITY)
})

test('a task is moved, and taken out', () => {
  const queue = filled([NOW, NOW])
  queue.set('a c', 'task-0', NOW + 5_000)
  queue.delete('a c', 'task-1')
  expect(queue.takeDue(NOW)).toEqual([])
  expect(queue.firstMs).toBe(NOW + 5_000)
})
