import Database from 'better-sqlite3'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { someOf } from '../../test/world/effort.ts'
import { seededRandom } from '../../test/world/seeded-random.ts'
import {
  aNewObject,
  anIntent,
  CREATED_MS,
  keyOfRun,
  openTestStore,
} from '../../test/world/test-store.ts'
import { openStore, type SqliteStore } from './open.ts'
import type { Change } from './types.ts'

function create(store: SqliteStore, name: string): void {
  store.objects.create(aNewObject(name))
}

function hearNames(store: SqliteStore): string[][] {
  const heard: string[][] = []
  store.subscribe((changes) => heard.push(changes.map(({ name }) => name)))
  return heard
}

const failure = new Error('the write failed')
function fail(): never {
  throw failure
}

describe('transaction', () => {
  test('returns what the write returns', () => {
    expect(openTestStore().transaction(() => 42)).toBe(42)
  })

  test('takes everything back when the write throws, and announces nothing', () => {
    const store = openTestStore()
    const heard = hearNames(store)
    const before = store.resourceVersion()
    const write = () => {
      create(store, 'a')
      store.attempts.insert(anIntent('a'))
      store.identity.set('key', 'value')
      fail()
    }
    expect(() => store.transaction(write)).toThrow(failure)
    expect(store.objects.get(keyOfRun('a'))).toBeUndefined()
    expect(store.attempts.live()).toEqual([])
    expect(store.identity.get('key')).toBeUndefined()
    expect(store.resourceVersion()).toBe(before)
    expect(store.changesSince(before, 10)).toEqual([])
    expect(heard).toEqual([])
  })

  test('a nested one joins the outer: one announcement, all or nothing', () => {
    const store = openTestStore()
    const heard = hearNames(store)
    store.transaction(() => {
      create(store, 'a')
      store.transaction(() => create(store, 'b'))
    })
    expect(heard).toEqual([['a', 'b']])
    expect(() =>
      store.transaction(() => {
        store.transaction(() => create(store, 'c'))
        fail()
      }),
    ).toThrow(failure)
    expect(store.objects.keys('Run')).toHaveLength(2)
  })

  test('a nested one that fails and is caught takes back its own writes alone', () => {
    const store = openTestStore()
    const heard = hearNames(store)
    store.transaction(() => {
      create(store, 'a')
      expect(() =>
        store.transaction(() => {
          create(store, 'b')
          fail()
        }),
      ).toThrow(failure)
      create(store, 'c')
    })
    expect(heard).toEqual([['a', 'c']])
    expect(store.objects.get(keyOfRun('b'))).toBeUndefined()
  })

  test('awaits nothing: an asynchronous write is refused and rolled back', () => {
    const store = openTestStore()
    const write = () => {
      create(store, 'a')
      return Promise.resolve()
    }
    // oxlint-disable-next-line typescript/no-floating-promises -- it throws before there is one
    expect(() => store.transaction(write)).toThrow('awaits nothing')
    expect(store.objects.keys('Run')).toEqual([])
  })

  test.each<[string, (store: SqliteStore) => unknown]>([
    ['objects', (store) => create(store, 'a')],
    ['attempts', (store) => store.attempts.insert(anIntent('a'))],
    ['identity', (store) => store.identity.raiseEpoch()],
    ['sources', (store) => store.sources.removeFile('s', 'p')],
    ['namespaces', (store) => store.objects.ensureNamespace('x', 'x', CREATED_MS)],
  ])('%s are written inside one only', (_, write) => {
    expect(() => write(openTestStore())).toThrow('inside a transaction only')
  })
})

describe('several together', () => {
  test('are one commit, heard of at once, each in what the one before it has left', () => {
    const store = openTestStore()
    const heard = hearNames(store)
    const seen: boolean[] = []
    const names = ['a', 'b']
    const results = store.together(
      names.map((name) => () => {
        seen.push(store.objects.get(keyOfRun('a')) !== undefined)
        create(store, name)
        return name.toUpperCase()
      }),
    )
    expect(results.map((result) => result())).toEqual(['A', 'B'])
    expect(seen).toEqual([false, true])
    expect(heard).toEqual([['a', 'b']])
  })

  test('one that fails takes back its own writes, and throws for itself alone', () => {
    const store = openTestStore()
    const heard = hearNames(store)
    const [first, second, third] = store.together([
      () => create(store, 'a'),
      () => {
        create(store, 'b')
        fail()
      },
      () => create(store, 'c'),
    ])
    expect(first).not.toThrow()
    expect(second).toThrow(failure)
    expect(third).not.toThrow()
    expect(heard).toEqual([['a', 'c']])
    expect(store.objects.get(keyOfRun('b'))).toBeUndefined()
  })

  test('none is done where the transaction itself ends', () => {
    const store = openTestStore()
    const full = new Database.SqliteError('database or disk is full', 'SQLITE_FULL')
    const works = [
      () => create(store, 'a'),
      () => {
        throw full
      },
    ]
    expect(() => store.together(works)).toThrow('full')
    expect(store.objects.get(keyOfRun('a'))).toBeUndefined()
    expect(store.writeProblem()).toMatchObject({ reason: 'Full' })
  })
})

describe('announcements', () => {
  test('come after the commit: the listener reads what it hears of', () => {
    const store = openTestStore()
    const seen: unknown[] = []
    store.subscribe((changes) => {
      for (const { name } of changes) seen.push(store.objects.get(keyOfRun(name))?.metadata.uid)
      expect(changes.at(-1)?.resourceVersion).toBe(store.resourceVersion())
    })
    store.transaction(() => {
      create(store, 'a')
      expect(seen).toEqual([])
    })
    expect(seen).toEqual(['uid-a'])
  })

  test('of a listener that writes come after the ones it is hearing, to everyone in the same order', () => {
    const store = openTestStore()
    store.subscribe((changes) => {
      if (changes[0]?.name === 'a') store.transaction(() => create(store, 'b'))
    })
    const second = hearNames(store)
    store.transaction(() => create(store, 'a'))
    expect(second).toEqual([['a'], ['b']])
  })

  test('reach the others when a listener throws, and the commit stands', () => {
    const errors: unknown[] = []
    const store = openStore({
      path: ':memory:',
      random: seededRandom(1),
      nowMs: CREATED_MS,
      onListenerError: (error) => errors.push(error),
    })
    store.subscribe(fail)
    const heard = hearNames(store)
    store.transaction(() => create(store, 'a'))
    store.transaction(() => create(store, 'b'))
    expect(heard).toEqual([['a'], ['b']])
    expect(errors).toEqual([failure, failure])
  })

  test('end with the unsubscription, also in the middle of one', () => {
    const store = openTestStore()
    const heard: string[] = []
    const unsubscribes: (() => void)[] = []
    store.subscribe(() => {
      for (const unsubscribe of unsubscribes) unsubscribe()
    })
    unsubscribes.push(store.subscribe(() => heard.push('x')))
    store.transaction(() => create(store, 'a'))
    expect(heard).toEqual([])
  })
})

/** One step of a random program. `fail` makes the transaction throw at its end. */
type Step =
  | { readonly type: 'Create' | 'Delete' | 'Release' | 'Event'; readonly name: string }
  | { readonly type: 'Status'; readonly name: string; readonly value: number }
  | { readonly type: 'Nested'; readonly steps: readonly Step[]; readonly fails: boolean }

interface ModelObject {
  readonly value: number | undefined
  readonly isDeleted: boolean
}
type Model = ReadonlyMap<string, ModelObject>

const name = fc.constantFrom('a', 'b', 'c')
const { steps } = fc.letrec<{ step: Step; steps: readonly Step[] }>((tie) => ({
  step: fc.oneof(
    { maxDepth: 3 },
    fc.record({ type: fc.constantFrom('Create', 'Delete', 'Release', 'Event'), name }),
    fc.record({ type: fc.constant('Status'), name, value: fc.integer({ min: 0, max: 2 }) }),
    fc.record({ type: fc.constant('Nested'), steps: tie('steps'), fails: fc.boolean() }),
  ),
  steps: fc.array(tie('step'), { maxLength: 6 }),
}))
const program = fc.array(fc.record({ steps, fails: fc.boolean(), crash: fc.boolean() }), {
  maxLength: 12,
})

/** Runs the steps on the store and on the model, and returns the model afterwards. */
function runSteps(store: SqliteStore, model: Model, program: readonly Step[]): Model {
  return program.reduce((present, step) => runStep(store, present, step), model)
}

function runStep(store: SqliteStore, model: Model, step: Step): Model {
  if (step.type === 'Nested') {
    return runTransaction(store, model, step.steps, step.fails)
  }
  const next = new Map(model)
  const object = model.get(step.name)
  const key = keyOfRun(step.name)
  switch (step.type) {
    case 'Create':
      if (object) return model
      store.objects.create(aNewObject(step.name, { meta: { finalizers: ['held'] } }))
      return next.set(step.name, { value: undefined, isDeleted: false })
    case 'Status':
      store.objects.setStatus(key, `uid-${step.name}`, { value: step.value })
      return object ? next.set(step.name, { ...object, value: step.value }) : model
    case 'Delete':
      store.objects.markDeleted(key, CREATED_MS)
      return object ? next.set(step.name, { ...object, isDeleted: true }) : model
    case 'Release':
      if (!object?.isDeleted) return model
      store.objects.removeFinalizer(key, `uid-${step.name}`, 'held')
      next.delete(step.name)
      return next
    case 'Event':
      store.events.record(
        { regarding: { ...key, uid: step.name }, type: 'Normal', reason: 'R', message: 'm' },
        CREATED_MS,
      )
      return model
  }
}

function runTransaction(
  store: SqliteStore,
  model: Model,
  steps: readonly Step[],
  fails: boolean,
): Model {
  try {
    return store.transaction(() => {
      const next = runSteps(store, model, steps)
      return fails ? fail() : next
    })
  } catch (error) {
    if (error !== failure) throw error
    return model
  }
}

function stateOf(store: SqliteStore): Model {
  return new Map(
    store.objects.list({ kind: 'Run' }).map(({ metadata, status }) => {
      const value = status?.['value']
      return [
        metadata.name,
        {
          value: typeof value === 'number' ? value : undefined,
          isDeleted: metadata.deletionTimestamp !== undefined,
        },
      ]
    }),
  )
}

describe('whatever is written, fails or crashes', () => {
  test('the state is that of the committed transactions, and each change is announced once, in order, as journalled', () => {
    fc.assert(
      fc.property(program, (transactions) => {
        let store = openTestStore()
        let model: Model = new Map()
        const start = store.resourceVersion()
        const heard: Change[] = []
        store.subscribe((changes) => heard.push(...changes))
        for (const { steps, fails, crash } of transactions) {
          model = runTransaction(store, model, steps, fails)
          if (crash) {
            store = openTestStore(store.serialize())
            store.subscribe((changes) => heard.push(...changes))
          }
          expect(stateOf(store)).toEqual(model)
        }
        expect(heard.map(({ resourceVersion }) => resourceVersion)).toEqual(
          heard.map((_, index) => start + 1 + index),
        )
        expect(store.resourceVersion()).toBe(start + heard.length)
        const journalled = store.changesSince(start, 1_000)
        expect(JSON.parse(JSON.stringify(journalled))).toEqual(JSON.parse(JSON.stringify(heard)))
        for (const object of store.objects.list({ kind: 'Run' })) {
          const last = heard.findLast(({ uid }) => uid === object.metadata.uid)
          expect(object.metadata.resourceVersion).toBe(String(last?.resourceVersion))
        }
      }),
      { numRuns: someOf(150) },
    )
  })
})
