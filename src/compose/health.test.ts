import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { openTestStore } from '../../test/world/test-store.ts'
import { StoreUnusable } from '../store/errors.ts'
import { createHealth } from './health.ts'
import { createPartAges, type PartAges } from './part-ages.ts'

const WELL: PartAges = { intake: 4_000, observer: 30_000, sources: 9_000, store: 0 }

function failing(
  ages: Partial<Record<keyof PartAges, number | undefined>>,
  notReady: string[] = [],
) {
  const health = createHealth({
    store: openTestStore(),
    agesMs: () => ({ ...WELL, ...ages }) as PartAges,
    storeProblem: () => undefined,
    sourcesNotReady: () => notReady,
  })
  return health.ready().filter(({ ok }) => !ok)
}

describe('/readyz', () => {
  test('is well while every part has done its work lately, or is not there', () => {
    expect(failing({})).toEqual([])
    expect(failing({ intake: undefined, sources: undefined })).toEqual([])
  })

  test.each([
    ['intake', 30_000, 'heartbeats could last come in 30 s ago'],
    ['observer', 180_000, 'last look at tasks 180 s ago'],
    ['sources', 120_000, 'last look at a folder 120 s ago'],
  ] as const)('fails when %s is stuck for %i ms', (name, ageMs, message) => {
    expect(failing({ [name]: ageMs - 1 })).toEqual([])
    expect(failing({ [name]: ageMs })).toEqual([{ name, ok: false, message }])
  })

  test('fails for a folder that was not read, in its words', () => {
    expect(failing({}, ['/x has not been read yet'])).toEqual([
      { name: 'sources', ok: false, message: '/x has not been read yet' },
    ])
  })
})

test('the age of the store is how long it has been in trouble', async () => {
  const clock = new FakeClock()
  let problem: StoreUnusable | undefined
  const agesMs = createPartAges({
    clock,
    observer: { staleMs: () => 1 },
    intake: { staleMs: () => undefined },
    sources: { staleMs: () => 2 },
    storeProblem: () => problem,
  })
  await clock.advance(5_000)
  expect(agesMs()).toEqual({ intake: undefined, observer: 1, sources: 2, store: 0 })
  problem = new StoreUnusable('Full', 'the disk is full')
  await clock.advance(7_000)
  expect(agesMs().store).toBe(7_000)
})
