import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aNewObject, CREATED_MS, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import type { WorkPoolSpec } from '../kinds/generated.ts'
import type { Run } from '../kinds/run.ts'
import { isoTime } from '../lib/instant.ts'
import type { JsonObject } from '../lib/json.ts'
import type { SqliteStore } from '../store/open.ts'
import { RunLines } from './run-lines.ts'

const NAMES = ['a', 'b', 'c', 'd', 'e'] as const
type Name = (typeof NAMES)[number]
const NOW_MS = CREATED_MS + 3_600_000

const STATES: readonly JsonObject[] = [
  { type: 'SCHEDULED', name: 'Scheduled' },
  { type: 'SCHEDULED', name: 'AwaitingConcurrencySlot' },
  { type: 'PENDING', name: 'Pending', timestamp: isoTime(NOW_MS - 1_000) },
  { type: 'PENDING', name: 'Pending', timestamp: isoTime(CREATED_MS) },
  { type: 'RUNNING', name: 'Running' },
  { type: 'COMPLETED', name: 'Completed' },
]

interface Step {
  readonly write: 'create' | 'respec' | 'state' | 'delete'
  readonly name: Name
  readonly spec: JsonObject
  readonly state: JsonObject
  readonly minute: number
}

const step: fc.Arbitrary<Step> = fc.record({
  write: fc.constantFrom('create', 'respec', 'state', 'state', 'delete'),
  name: fc.constantFrom(...NAMES),
  spec: fc.record(
    {
      priority: fc.integer({ min: 0, max: 2 }),
      queue: fc.constantFrom('default', 'fast', 'unknown'),
      deployment: fc.constantFrom('limited', 'free'),
      workPool: fc.constantFrom('default', 'other'),
    },
    { requiredKeys: [] },
  ) as fc.Arbitrary<JsonObject>,
  state: fc.constantFrom(...STATES),
  minute: fc.nat(3),
})

const poolSpec: fc.Arbitrary<WorkPoolSpec> = fc.record({
  concurrencyLimit: fc.nat(3),
  queues: fc.constant([{ name: 'fast', priority: 1 }]),
})

function take({ objects }: SqliteStore, { write, name, spec, state, minute }: Step): void {
  const key = keyOfRun(name)
  const found = objects.get(key)
  if (write === 'create' && !found) {
    const creationTimestamp = isoTime(CREATED_MS + minute * 60_000)
    objects.create(aNewObject(name, { spec, meta: { creationTimestamp } }))
  }
  if (!found) return
  if (write === 'respec') objects.update({ ...found, spec })
  if (write === 'state') objects.setStatus(key, found.metadata.uid, { state })
  if (write === 'delete') objects.markDeleted(key, NOW_MS)
}

function storeWith(spec: WorkPoolSpec): SqliteStore {
  const store = openTestStore()
  store.transaction(() => {
    for (const name of ['default', 'other']) {
      store.objects.create(
        aNewObject(name, {
          kind: 'WorkPool',
          spec: spec as JsonObject,
          meta: { uid: `pool-${name}` },
        }),
      )
    }
    store.objects.create(
      aNewObject('limited', { kind: 'Deployment', spec: { concurrency: { limit: 1 } } }),
    )
    store.objects.create(aNewObject('free', { kind: 'Deployment' }))
  })
  return store
}

function linesOver(store: SqliteStore): RunLines {
  const lines = new RunLines({ store, sizeOf: () => ({ cpuUnits: 256, memoryMib: 512 }) })
  lines.start()
  return lines
}

/** Everything that can be asked of the lines. */
function answers(store: SqliteStore, lines: RunLines, spec: WorkPoolSpec): unknown {
  return ['default', 'other'].map((name) => {
    const pool = { namespace: 'default', name, spec }
    return {
      waiting: Object.fromEntries(lines.waiting('default', name)),
      called: lines.called(pool, NOW_MS).map(({ id }) => id),
      turns: NAMES.flatMap((one) => {
        const run = store.objects.get(keyOfRun(one)) as Run | undefined
        return run ? [lines.turn(pool, NOW_MS, run)] : []
      }),
    }
  })
}

describe('lines that follow the commits', () => {
  test('answer as lines that are read afresh do', () => {
    fc.assert(
      fc.property(poolSpec, fc.array(step, { maxLength: 30 }), (spec, steps) => {
        const store = storeWith(spec)
        const followed = linesOver(store)
        for (const one of steps) {
          store.transaction(() => take(store, one))
          expect(answers(store, followed, spec)).toEqual(answers(store, linesOver(store), spec))
        }
        store.close()
      }),
    )
  })
})

test('a run that was over and runs again takes its place behind the slots that are taken', () => {
  const spec: WorkPoolSpec = { concurrencyLimit: 1 }
  const store = storeWith(spec)
  const state = { type: 'COMPLETED', name: 'Completed' }
  store.transaction(() => store.objects.create(aNewObject('a', { status: { state } })))
  const lines = linesOver(store)
  const run = store.objects.get(keyOfRun('a')) as Run
  const used = (tasks: number) => [{ queue: 'default', tasks, cpuUnits: 0, memoryMib: 0 }]
  const pool = { namespace: 'default', name: 'default', spec }
  expect(lines.turn({ ...pool, used: used(0) }, NOW_MS, run)).toEqual({ type: 'Go', tasks: 1 })
  expect(lines.turn({ ...pool, used: used(1) }, NOW_MS, run)).toMatchObject({
    type: 'Wait',
    why: 'Waits, it is next: 1 of 1 slots of WorkPool default are taken.',
  })
})

test('the size of a run is asked for where a quota needs it, once', () => {
  const spec: WorkPoolSpec = { quota: { vcpu: 0.5 } }
  const store = storeWith(spec)
  store.transaction(() => {
    for (const name of ['a', 'b', 'c']) store.objects.create(aNewObject(name))
  })
  const asked: string[] = []
  const sizeOf = ({ metadata }: Run) => {
    asked.push(metadata.name)
    return { cpuUnits: 256, memoryMib: 512 }
  }
  const lines = new RunLines({ store, sizeOf })
  lines.start()
  const pool = { namespace: 'default', name: 'default', spec }
  const called = () => lines.called(pool, NOW_MS).map(({ name }) => name)
  expect(called()).toEqual(['a', 'b'])
  store.transaction(() => store.objects.create(aNewObject('d')))
  expect(called()).toEqual(['a', 'b'])
  expect(asked.toSorted()).toEqual(['a', 'b', 'c', 'd'])
})

describe('lines that are read in slices', () => {
  const KEY = { kind: 'WorkPool', namespace: 'default', name: 'default' } as const

  test('answer as lines that are read at once do, whatever is committed between two slices', async () => {
    const steps = fc.array(step, { minLength: 10, maxLength: 20 })
    await fc.assert(
      fc.asyncProperty(poolSpec, steps, async (spec, all) => {
        const store = storeWith(spec)
        const [early, late] = [all.slice(0, 6), all.slice(6)]
        for (const one of early) store.transaction(() => take(store, one))
        const lines = linesOver(store)
        const pause = (): Promise<void> => {
          const next = late.shift()
          if (next) store.transaction(() => take(store, next))
          return Promise.resolve()
        }
        await lines.read(KEY, pause)
        await lines.read({ ...KEY, name: 'other' }, pause)
        expect(answers(store, lines, spec)).toEqual(answers(store, linesOver(store), spec))
        for (const one of late) store.transaction(() => take(store, one))
        expect(answers(store, lines, spec)).toEqual(answers(store, linesOver(store), spec))
        store.close()
      }),
      { numRuns: 50 },
    )
  })

  test('are read once for all who ask, and are there then', async () => {
    const store = storeWith({})
    store.transaction(() => {
      for (let index = 0; index < 100; index += 1) store.objects.create(aNewObject(`r${index}`))
    })
    const lines = linesOver(store)
    let pauses = 0
    const pause = (): Promise<void> => {
      pauses += 1
      return Promise.resolve()
    }
    const reading = lines.read(KEY, pause)
    expect(lines.read(keyOfRun('r7'), pause)).toBe(reading)
    await reading
    expect(pauses).toBeGreaterThan(10)
    expect(lines.read(KEY, pause)).toBeUndefined()
    expect(lines.read(keyOfRun('r7'), pause)).toBeUndefined()
    expect(lines.waiting('default', 'default').get('default')).toBe(100)
  })

  test('have none that has the id of a run that has gone meanwhile', async () => {
    const store = storeWith({})
    store.transaction(() => {
      for (let index = 0; index < 100; index += 1) store.objects.create(aNewObject(`r${index}`))
    })
    const lines = linesOver(store)
    await lines.read(KEY, () => {
      if (!store.objects.get(keyOfRun('r99'))) return undefined
      store.transaction(() => {
        store.objects.markDeleted(keyOfRun('r99'), NOW_MS)
        store.objects.create(aNewObject('new', { spec: { workPool: 'other' } }))
      })
      return undefined
    })
    expect(Object.fromEntries(lines.waiting('default', 'default'))).toEqual({ default: 99 })
    expect(Object.fromEntries(lines.waiting('default', 'other'))).toEqual({ default: 1 })
  })

  test('are read again after the pool was changed meanwhile', async () => {
    const store = storeWith({})
    const lines = linesOver(store)
    await lines.read(KEY, () => {
      const pool = store.objects.get(KEY)
      if (pool?.metadata.generation === 1) {
        store.transaction(() => store.objects.update({ ...pool, spec: { concurrencyLimit: 1 } }))
      }
      return Promise.resolve()
    })
    expect(lines.read(KEY, () => undefined)).toBeUndefined()
  })
})

test('knows who waits for a run or a deployment, as the specs say now', () => {
  const store = storeWith({})
  const create = (name: Name, spec: JsonObject) =>
    store.transaction(() => store.objects.create(aNewObject(name, { spec })))
  create('a', { deployment: 'free' })
  create('b', {})
  create('c', { dependsOn: [{ name: 'a' }] })
  create('d', { dependsOn: [{ kind: 'Deployment', name: 'free' }] })
  const lines = linesOver(store)
  lines.waiting('default', 'default')
  const get = (name: Name) => {
    const run = store.objects.get(keyOfRun(name))
    if (!run) throw new Error(`no run ${name}`)
    return run
  }
  const dependents = (name: Name) => lines.dependents(get(name) as Run).map((key) => key.name)
  expect(dependents('a')).toEqual(['c', 'd'])
  store.transaction(() =>
    store.objects.update({ ...get('c'), spec: { dependsOn: [{ name: 'b' }] } }),
  )
  expect(dependents('a')).toEqual(['d'])
  expect(dependents('b')).toEqual(['c'])
  store.transaction(() => store.objects.markDeleted(keyOfRun('c'), NOW_MS))
  expect(dependents('b')).toEqual([])
})
