import fc from 'fast-check'
import { expect, test } from 'vitest'
import { placeIn, sortInSlices } from './sorted.ts'

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

test('sorting in slices gives what sorting at once gives, equals in the order in which they came', async () => {
  const lengths = fc.constantFrom(0, 1, 1_023, 1_024, 1_025, 3_000, 5_000)
  await fc.assert(
    fc.asyncProperty(lengths, fc.integer(), async (length, seed) => {
      const items = Array.from({ length }, (_, index) => ({
        rank: Math.abs(Math.imul(index + 1, seed | 1)) % 97,
        index,
      }))
      const byRank = (a: { rank: number }, b: { rank: number }): number => a.rank - b.rank
      let pauses = 0
      const sorted = await sortInSlices(items, byRank, () => {
        pauses += 1
        return undefined
      })
      expect(sorted).toEqual(items.toSorted(byRank))
      expect(pauses).toBeGreaterThanOrEqual(Math.ceil(length / 1_024))
    }),
    { numRuns: 30 },
  )
})
