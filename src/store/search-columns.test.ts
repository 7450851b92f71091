import Database from 'better-sqlite3'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { downgrade } from '../../test/world/downgrade.ts'
import { aNewObject, CREATED_MS, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import type { JsonObject } from '../lib/json.ts'
import type { SqliteStore } from './open.ts'

/** The last schema that drew these columns from the objects' JSON by itself. */
const GENERATING_SCHEMA = 10

const NAMES = ['a', 'b', 'c'] as const
const KINDS = ['Run', 'Deployment', 'WorkPool'] as const

interface Step {
  readonly write: 'create' | 'respec' | 'status' | 'own' | 'delete' | 'release'
  readonly kind: (typeof KINDS)[number]
  readonly name: (typeof NAMES)[number]
  readonly spec: JsonObject
  readonly state: string | undefined
}

const step: fc.Arbitrary<Step> = fc.record({
  write: fc.constantFrom('create', 'create', 'respec', 'status', 'own', 'delete', 'release'),
  kind: fc.constantFrom(...KINDS),
  name: fc.constantFrom(...NAMES),
  spec: fc.record(
    { deployment: fc.constantFrom(...NAMES), workPool: fc.constantFrom(...NAMES) },
    { requiredKeys: [] },
  ),
  state: fc.constantFrom(undefined, 'RUNNING', 'COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'),
})

function statusOf(state: string | undefined): JsonObject {
  return state === undefined ? { observedGeneration: 1 } : { state: { type: state } }
}

function write({ objects }: SqliteStore, { write: what, kind, name, spec, state }: Step): void {
  const key = { ...keyOfRun(name), kind }
  const found = objects.get(key)
  if (!found) {
    const meta = { uid: `${kind}-${name}`, finalizers: ['capstan.dev/task'] }
    const status = state === undefined ? {} : { status: statusOf(state) }
    if (what === 'create') objects.create(aNewObject(name, { kind, spec, meta, ...status }))
    return
  }
  const { uid } = found.metadata
  if (what === 'respec') objects.update({ ...found, spec })
  if (what === 'status') objects.setStatus(key, uid, statusOf(state))
  if (what === 'own') {
    const ownerReferences = [{ apiVersion: 'capstan.dev/v1', kind, name, uid: `owner-${name}` }]
    objects.update({ ...found, metadata: { ...found.metadata, ownerReferences } })
  }
  if (what === 'delete') objects.markDeleted(key, CREATED_MS)
  if (what === 'release') objects.removeFinalizer(key, uid, 'capstan.dev/task')
}

function columnsOf(image: Uint8Array): readonly unknown[] {
  const database = new Database(Buffer.from(image))
  const columns = database
    .prepare('SELECT uid, owner_uid, deployment, work_pool, unfinished FROM objects ORDER BY uid')
    .all()
  database.close()
  return columns
}

/** Bytes 18 and 19 of the header say "WAL", which a database in memory cannot be opened with. */
function toImage(snapshot: Uint8Array): Uint8Array {
  return Buffer.from(snapshot).fill(1, 18, 20)
}

test('whatever is written, the columns say what the JSON says', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 25 }), (steps) => {
      const store = openTestStore()
      for (const one of steps) store.transaction(() => write(store, one))
      const snapshot = store.serialize()
      expect(columnsOf(toImage(snapshot))).toEqual(
        columnsOf(downgrade(snapshot, GENERATING_SCHEMA)),
      )
      store.close()
    }),
    { numRuns: 50 },
  )
})

test('an upgrade fills them, and keeps what is settled', () => {
  const before = openTestStore()
  before.transaction(() => {
    before.objects.create(aNewObject('own', { spec: { workPool: 'p' } }))
    before.objects.create(aNewObject('of', { spec: { deployment: 'd' } }))
    before.objects.create(aNewObject('over', { status: statusOf('FAILED') }))
    before.objects.create(aNewObject('d', { kind: 'Deployment', spec: { workPool: 'p' } }))
    before.objects.settle('uid-over')
  })
  const snapshot = before.serialize()
  const after = openTestStore(downgrade(snapshot, GENERATING_SCHEMA))
  expect(columnsOf(toImage(after.serialize()))).toEqual(columnsOf(toImage(snapshot)))
  expect(after.objects.runKeysOfWorkPool('default', 'p').map(({ name }) => name)).toEqual([
    'of',
    'own',
  ])
  expect(after.objects.unsettledRunKeys().map(({ name }) => name)).toEqual(['of', 'own'])
  // The triggers are there again.
  after.transaction(() => {
    after.objects.setStatus(keyOfRun('over'), 'uid-over', statusOf('CRASHED'))
  })
  expect(after.objects.isSettled('uid-over')).toBe(false)
  for (const store of [before, after]) store.close()
})
