import { existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { downgrade } from '../../test/world/downgrade.ts'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { aNewObject, CREATED_MS } from '../../test/world/test-store.ts'
import { LABEL, type NewEventRecord } from '../kinds/event.ts'
import { migrate } from './migrate.ts'
import { MIGRATIONS, type Migration } from './migrations/registry.ts'
import { openStore } from './open.ts'

const FIRST: Migration = { version: 1, sql: 'CREATE TABLE a (x) ; INSERT INTO a VALUES (1)' }
const SECOND: Migration = { version: 2, sql: 'ALTER TABLE a ADD COLUMN y DEFAULT 2' }
const BROKEN: Migration = { version: 3, sql: 'DELETE FROM a; CREATE TABLE a (z)' }

let dir = ''
let path = ''
let database: Database.Database

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'capstan-migrate-'))
  path = join(dir, 'capstan.db')
  database = new Database(path)
})

afterEach(() => {
  database.close()
  rmSync(dir, { recursive: true, force: true })
})

function version(of = database): unknown {
  return of.pragma('user_version', { simple: true })
}

function rows(of = database): unknown {
  return of.prepare('SELECT * FROM a').all()
}

describe('migrate', () => {
  test('runs what is missing, in order, and nothing twice', () => {
    migrate(database, path, [FIRST])
    expect([version(), rows()]).toEqual([1, [{ x: 1 }]])
    migrate(database, path, [FIRST, SECOND])
    migrate(database, path, [FIRST, SECOND])
    expect([version(), rows()]).toEqual([2, [{ x: 1, y: 2 }]])
  })

  test('backs a file with data up first, for the owner alone', () => {
    migrate(database, path, [FIRST])
    expect(existsSync(`${path}.v1.bak`)).toBe(false)
    migrate(database, path, [FIRST, SECOND])
    expect(statSync(`${path}.v1.bak`).mode & 0o777).toBe(0o600)
    const backup = new Database(`${path}.v1.bak`, { readonly: true })
    expect([version(backup), rows(backup)]).toEqual([1, [{ x: 1 }]])
    backup.close()
  })

  test('a migration that fails leaves the version before it whole', () => {
    expect(() => migrate(database, path, [FIRST, SECOND, BROKEN])).toThrow(/already exists/)
    expect([version(), rows()]).toEqual([2, [{ x: 1, y: 2 }]])
  })

  test('never goes back', () => {
    migrate(database, path, [FIRST, SECOND])
    expect(() => migrate(database, path, [FIRST])).toThrow(
      expect.objectContaining({ reason: 'Newer' }),
    )
  })

  test('the registry is numbered without gaps', () => {
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(
      MIGRATIONS.map((_, index) => index + 1),
    )
  })
})

test('an upgrade keeps events, and gives out no resourceVersion twice', () => {
  const open = (snapshot?: Uint8Array) => {
    const options = { path: ':memory:', random: seededRandom(1), nowMs: CREATED_MS }
    return openStore({ ...options, ...(snapshot && { snapshot }) })
  }
  const before = open()
  before.transaction(() => {
    before.objects.create(aNewObject('a'))
    const regarding = { kind: 'Run', namespace: 'default', name: 'a', uid: 'uid-a' } as const
    before.events.record({ regarding, type: 'Normal', reason: 'Made', message: 'so' }, CREATED_MS)
  })
  // Given out, and gone with its row: only the old counter knows of it.
  const old = new Database(Buffer.from(downgrade(before.serialize(), 8)))
  old.prepare("UPDATE sqlite_sequence SET seq = seq + 500 WHERE name = 'journal'").run()
  const after = open(old.serialize())
  expect(after.resourceVersion()).toBe(before.resourceVersion() + 500)
  expect(after.events.list({})).toEqual(before.events.list({}))
  const made = after.transaction(() => after.objects.create(aNewObject('b')))
  expect(Number(made.metadata.resourceVersion)).toBe(before.resourceVersion() + 501)
  expect(after.changesSince(before.resourceVersion() + 500, 10)).toHaveLength(1)
  for (const each of [before, after, old]) each.close()
})

test('an upgrade keeps the event log row by row, and has room for what automations do', () => {
  const open = (snapshot?: Uint8Array) => {
    const options = { path: ':memory:', random: seededRandom(1), nowMs: CREATED_MS }
    return openStore({ ...options, ...(snapshot && { snapshot }) })
  }
  const aRecord = (event: string, more: Partial<NewEventRecord> = {}): NewEventRecord => ({
    occurredAtMs: CREATED_MS,
    receivedAtMs: CREATED_MS,
    event,
    namespace: 'default',
    resource: { [LABEL.id]: 'capstan.run.uid-a' },
    related: [],
    payload: {},
    ...more,
  })
  const before = open()
  before.transaction(() =>
    before.eventLog.append([
      aRecord('capstan.run.Pending', { runUid: 'uid-a' }),
      aRecord('my.event', { runUid: 'uid-a', isOutside: true, follows: 'x' }),
      aRecord('capstan.automation.triggered', { id: 'firing' }),
      aRecord('capstan.run.heartbeat', { runUid: 'uid-a', isOutside: true }),
    ]),
  )
  const after = open(downgrade(before.serialize(), 12))
  const kept = before.eventLog.after(0, 9).filter(({ id }) => id !== 'firing')
  expect(after.eventLog.after(0, 9)).toEqual(kept)
  expect(after.eventLog.newestSeq()).toBe(4)
  after.transaction(() => after.eventLog.append([aRecord('capstan.automation.triggered')]))
  expect(after.eventLog.list({ limit: 1 })[0]?.event).toBe('capstan.automation.triggered')
  for (const each of [before, after]) each.close()
})
