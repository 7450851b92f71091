import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeIn } from './sorted.ts'

const ascending = (a: number, b: number): number => a - b

test('an item is put before its equals, and the list stays in order', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ max: 20, min: 0 })),
      fc.integer({ max: 20, min: 0 }),
      (list, item) => {
        const sorted = list.toSorted(ascending)
        const place = placeIn(sorted, item, ascending)
        expect(sorted.toSpliced(place, 0, item)).toEqual([...list, item].toSorted(ascending))
        expect(sorted.slice(0, place).every((one) => one < item)).toBe(true)
      },
    ),
  )
})
