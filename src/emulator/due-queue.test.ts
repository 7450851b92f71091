import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueQueue } from './due-queue.ts'

test('items come out in order of time, ties in the order they were added', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(20)), (times) => {
      const queue = new DueQueue<{ atMs: number; index: number }>()
      const items = times.map((atMs, index) => ({ atMs, index }))
      for (const item of items) queue.add(item.atMs, item)
      const taken = items.map(() => queue.take(20))
      expect(taken).toEqual(items.toSorted((a, b) => a.atMs - b.atMs || a.index - b.index))
      expect(queue.size).toBe(0)
    }),
  )
})

test('nothing comes before its time', () => {
  const queue = new DueQueue<string>()
  queue.add(10, 'later')
  expect(queue.take(9)).toBeUndefined()
  expect(queue.next).toMatchObject({ atMs: 10, item: 'later' })
  expect(queue.take(10)).toBe('later')
  expect(queue.take(10)).toBeUndefined()
})
