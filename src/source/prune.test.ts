import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { API_VERSION, type CapstanObject, WIRE } from '../kinds/meta.ts'
import type { SourceObjectRow } from '../store/types.ts'
import { decidePrune, type Orphan, type PruneInput } from './prune.ts'

const SOURCE = '/srv/manifests'

function orphan(name: string, state: 'Live' | 'Gone' | 'Deleting' | 'Protected' = 'Live'): Orphan {
  const row: SourceObjectRow = {
    kind: 'Run',
    namespace: 'default',
    name,
    source: SOURCE,
    path: `${name}.yaml`,
    contentHash: 'v1',
  }
  const live: CapstanObject = {
    apiVersion: API_VERSION,
    kind: 'Run',
    metadata: {
      name,
      namespace: 'default',
      uid: name,
      resourceVersion: '1',
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
      ...(state === 'Deleting' && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
      ...(state === 'Protected' && { annotations: { [WIRE.annotationPrune]: 'false' } }),
    },
    spec: {},
  }
  return { row, live: state === 'Gone' ? undefined : live }
}

function orphans(count: number): readonly Orphan[] {
  return Array.from({ length: count }, (_, index) => orphan(`run-${index}`))
}

function input(different: Partial<PruneInput> = {}): PruneInput {
  return {
    source: SOURCE,
    revision: 'r2',
    orphans: [orphan('a')],
    rootKnown: true,
    liveCount: 100,
    namedCount: 99,
    absences: new Map(),
    nowMs: 1_000,
    approved: undefined,
    ...different,
  }
}

/** Looks twice, 200 ms apart, and returns the second decision. */
function lookTwice(different: Partial<PruneInput> = {}) {
  const { absences } = decidePrune(input(different))
  return decidePrune(input({ ...different, absences, nowMs: 1_200 }))
}

function names(list: readonly Orphan[]): readonly string[] {
  return list.map(({ row }) => row.name)
}

describe('the second look', () => {
  test('nothing goes at the first', () => {
    const plan = decidePrune(input())
    expect(names(plan.prune)).toEqual([])
    expect(plan.lookAgainMs).toBe(200)
  })

  test('a look that comes too early waits for the rest', () => {
    const { absences } = decidePrune(input())
    const plan = decidePrune(input({ absences, nowMs: 1_150 }))
    expect(names(plan.prune)).toEqual([])
    expect(plan.lookAgainMs).toBe(50)
  })

  test('what is still missing goes at the second', () => {
    expect(names(lookTwice().prune)).toEqual(['a'])
  })

  test('in a folder that changes meanwhile it takes 2 s', () => {
    const { absences } = decidePrune(input({ revision: 'r1' }))
    expect(names(decidePrune(input({ absences, nowMs: 1_200 })).prune)).toEqual([])
    expect(names(decidePrune(input({ absences, nowMs: 3_000 })).prune)).toEqual(['a'])
  })

  test('what came back in between starts anew', () => {
    const first = decidePrune(input())
    const back = decidePrune(input({ orphans: [], absences: first.absences, nowMs: 1_100 }))
    const again = decidePrune(input({ absences: back.absences, nowMs: 1_200 }))
    expect(names(again.prune)).toEqual([])
  })
})

describe('what is let go instead of deleted', () => {
  test.each(['Gone', 'Deleting', 'Protected'] as const)('%s', (state) => {
    const plan = lookTwice({ orphans: [orphan('a', state)], namedCount: 0, rootKnown: false })
    expect(names(plan.prune)).toEqual([])
    expect(names(plan.release)).toEqual(['a'])
    expect(plan.hold).toBeUndefined()
    expect(plan.rootTrusted).toBe(true)
  })
})

describe('the guard', () => {
  const cases: readonly {
    readonly name: string
    readonly different: Partial<PruneInput>
    readonly reason: string | undefined
  }[] = [
    { name: '10 of 20 go', different: { orphans: orphans(10), liveCount: 20 }, reason: undefined },
    {
      name: '11 of 20 wait',
      different: { orphans: orphans(11), liveCount: 20 },
      reason: 'TooMany',
    },
    {
      name: '20 of 200 go',
      different: { orphans: orphans(20), liveCount: 200 },
      reason: undefined,
    },
    {
      name: '21 of 200 wait',
      different: { orphans: orphans(21), liveCount: 200 },
      reason: 'TooMany',
    },
    {
      name: 'the last one waits',
      different: { namedCount: 0, liveCount: 1 },
      reason: 'EmptyFolder',
    },
    {
      name: 'a folder that is another one waits',
      different: { rootKnown: false },
      reason: 'RootChanged',
    },
  ]
  test.each(cases)('$name', ({ different, reason }) => {
    const plan = lookTwice(different)
    expect(plan.hold?.reason).toBe(reason)
    expect(plan.prune.length).toBe(reason === undefined ? (different.orphans ?? [1]).length : 0)
  })

  test('what the hold names can be approved, and goes then', () => {
    const different = { orphans: orphans(30) }
    const { hold } = lookTwice(different)
    expect(hold).toMatchObject({
      count: 30,
      message: '30 objects of 100 would be deleted at once',
    })
    const plan = lookTwice({ ...different, approved: hold?.token })
    expect(plan.prune.length).toBe(30)
    expect(plan.hold).toBeUndefined()
  })

  test.each([
    { name: 'of another revision', different: { revision: 'r3', orphans: orphans(30) } },
    { name: 'of other objects', different: { orphans: orphans(31) } },
  ])('an approval $name does not count', ({ different }) => {
    const { hold } = lookTwice({ orphans: orphans(30) })
    const plan = lookTwice({ ...different, approved: hold?.token })
    expect(plan.prune).toEqual([])
    expect(plan.hold?.token).not.toBe(hold?.token)
  })

  test('never more than a tenth of more than ten goes without approval', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('Live', 'Gone', 'Deleting', 'Protected'), { maxLength: 60 }),
        fc.nat(200),
        (states, others) => {
          const list = states.map((state, index) => orphan(`run-${index}`, state))
          const liveCount = others + states.filter((state) => state !== 'Gone').length
          const plan = lookTwice({ orphans: list, liveCount, namedCount: others })
          expect(plan.prune.length).toBeLessThanOrEqual(Math.max(10, liveCount / 10))
          if (others === 0) expect(plan.prune).toEqual([])
          for (const { live } of plan.prune) {
            expect(live?.metadata.annotations?.[WIRE.annotationPrune]).not.toBe('false')
          }
        },
      ),
    )
  })
})
