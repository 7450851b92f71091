import fc from 'fast-check'
import { expect, test } from 'vitest'
import { SequenceList } from './sequence-list.ts'

test('holds what was added and not removed, in order, from any number on', () => {
  fc.assert(
    fc.property(fc.nat(200), fc.array(fc.nat(200)), fc.nat(210), (count, removals, from) => {
      const items = Array.from({ length: count }, (_, index) => ({ sequence: index + 1 }))
      const list = new SequenceList<{ readonly sequence: number }>()
      for (const item of items) list.add(item)
      const removed = new Set(removals.flatMap((index) => items[index] ?? []))
      for (const item of removed) list.remove(item)
      const kept = items.filter((item) => !removed.has(item))
      expect(list.size).toBe(kept.length)
      expect([...list.after(from)]).toEqual(kept.filter(({ sequence }) => sequence > from))
    }),
  )
})
