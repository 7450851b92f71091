import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeyedHeap } from './heap.ts'

type Step =
  | { readonly type: 'set'; readonly key: string; readonly rank: number }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'pop' }

const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g')
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('set'), key, rank: fc.integer({ min: 0, max: 4 }) }),
  fc.record({ type: fc.constant('delete'), key }),
  fc.record({ type: fc.constant('pop') }),
)

/** The heap as a list that is kept in order by sorting, which keeps the order of arrival among equals. */
function applyToModel(model: { key: string; rank: number }[], step: Step): unknown {
  if (step.type === 'pop') return model.shift()?.key
  const at = model.findIndex((entry) => entry.key === step.key)
  if (at !== -1) model.splice(at, 1)
  if (step.type === 'delete') return at !== -1
  model.push({ key: step.key, rank: step.rank })
  model.sort((a, b) => a.rank - b.rank)
  return undefined
}

function applyToHeap(heap: KeyedHeap, step: Step): unknown {
  if (step.type === 'pop') return heap.pop()
  if (step.type === 'delete') return heap.delete(step.key)
  return heap.set(step.key, step.rank)
}

test('keys leave by rank, equal ranks in the order of their arrival, whatever is moved or taken out', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const heap = new KeyedHeap()
      const model: { key: string; rank: number }[] = []
      for (const each of steps) {
        expect(applyToHeap(heap, each)).toBe(applyToModel(model, each))
        expect(heap.size).toBe(model.length)
        expect(heap.firstRank).toBe(model[0]?.rank)
        for (const entry of model) expect(heap.rankOf(entry.key)).toBe(entry.rank)
      }
      const rest = model.map((entry) => entry.key)
      for (const count of [0, 1, 3, 100]) expect(heap.first(count)).toEqual(rest.slice(0, count))
      expect(rest.map(() => heap.pop())).toEqual(rest)
      expect(heap.pop()).toBeUndefined()
    }),
    { numRuns: 500 },
  )
})

test('a cleared heap is empty and can be used again', () => {
  const heap = new KeyedHeap()
  heap.set('a', 1)
  heap.clear()
  expect([heap.size, heap.rankOf('a'), heap.pop()]).toEqual([0, undefined, undefined])
  heap.set('b', 1)
  expect(heap.pop()).toBe('b')
})
