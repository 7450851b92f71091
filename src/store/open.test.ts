import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { aNewObject, CREATED_MS, keyOfRun } from '../../test/world/test-store.ts'
import { networkFileSystem } from './data-dir.ts'
import { openStore, type SqliteStore } from './open.ts'

let dir = ''
let path = ''
const opened: SqliteStore[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'capstan-store-'))
  path = join(dir, 'capstan.db')
})

afterEach(() => {
  for (const store of opened.splice(0)) store.close()
  rmSync(dir, { recursive: true, force: true })
})

function open(file = path): SqliteStore {
  const store = openStore({ path: file, random: seededRandom(1), nowMs: CREATED_MS })
  opened.push(store)
  return store
}

function close(): void {
  opened.pop()?.close()
}

/** A closed database with `count` runs. */
function closedDatabase(count: number, letters = 500): void {
  const store = open()
  store.transaction(() => {
    for (let n = 0; n < count; n += 1) {
      store.objects.create(aNewObject(`run-${n}`, { spec: { text: 'x'.repeat(letters) } }))
    }
  })
  close()
}

function modeOf(file: string): number {
  return statSync(file).mode & 0o777
}

describe('a database file', () => {
  test('keeps what was committed, also when it was never closed', () => {
    const first = open()
    first.transaction(() => first.objects.create(aNewObject('a')))
    const second = open()
    expect(second.objects.get(keyOfRun('a'))).toEqual(first.objects.get(keyOfRun('a')))
    // A loss of power may have undone the newest commits: their versions are not given out again.
    expect(second.resourceVersion()).toBeGreaterThan(first.resourceVersion())
    expect(second.changesSince(first.resourceVersion(), 10)).toEqual([])
    expect(second.identity.instanceId()).toBe(first.identity.instanceId())
  })

  test('is for the owner alone, as are its log and its directory', () => {
    path = join(dir, 'data', 'capstan.db')
    open()
    expect(modeOf(join(dir, 'data'))).toBe(0o700)
    const files = readdirSync(join(dir, 'data'))
    expect(files).toEqual(expect.arrayContaining(['capstan.db', 'capstan.db-wal']))
    for (const file of files) expect([file, modeOf(join(dir, 'data', file))]).toEqual([file, 0o600])
  })

  test('that others may read is closed to them', () => {
    closedDatabase(0)
    chmodSync(path, 0o644)
    open()
    expect(modeOf(path)).toBe(0o600)
  })

  test('is durable: WAL, and every commit reaches the disk', async () => {
    closedDatabase(0)
    const database = new Database(path)
    expect(database.pragma('journal_mode', { simple: true })).toBe('wal')
    database.close()
    const store = open()
    expect(await store.checkpoint()).toBe(0)
  })

  test('leaves no log behind when closed', () => {
    closedDatabase(1)
    expect(readdirSync(dir)).toEqual(['capstan.db'])
  })

  test('is serialized to what opens in memory', () => {
    closedDatabase(3)
    const store = open()
    const copy = openStore({
      path: ':memory:',
      snapshot: store.serialize(),
      random: seededRandom(2),
      nowMs: CREATED_MS,
    })
    expect(copy.objects.list({ kind: 'Run' })).toEqual(store.objects.list({ kind: 'Run' }))
    copy.close()
  })

  test('is watched: a deleted or replaced one is noticed', () => {
    closedDatabase(1)
    const store = open()
    expect(store.fileProblem()).toBeUndefined()
    renameSync(path, `${path}.old`)
    expect(store.fileProblem()).toMatchObject({ reason: 'Replaced' })
    writeFileSync(path, '')
    expect(store.fileProblem()).toMatchObject({ reason: 'Replaced' })
  })
})

describe('a file that will not do is refused with its reason and a way out', () => {
  const isRoot = process.getuid?.() === 0

  function refusal(): { reason: string; message: string } {
    try {
      open()
    } catch (error) {
      return error as { reason: string; message: string }
    }
    throw new Error('it was opened')
  }

  test.each([0.3, 0.5, 0.7, 0.9])(
    'damage in a page that nothing reads at start, at %f',
    (place) => {
      closedDatabase(500)
      const bytes = readFileSync(path)
      const start = Math.floor((bytes.length * place) / 4096) * 4096
      bytes.fill(0xff, start, start + 100)
      writeFileSync(path, bytes)
      expect(refusal()).toMatchObject({
        reason: 'Corrupt',
        message: expect.stringMatching(/capstan\.db is damaged .*backup/),
      })
    },
  )

  test('a file that was cut off', () => {
    closedDatabase(200)
    truncateSync(path, 40_960)
    expect(refusal().reason).toBe('Corrupt')
  })

  test('something that is no database', () => {
    writeFileSync(path, 'kind: Run\n'.repeat(500))
    expect(refusal()).toMatchObject({
      reason: 'NotCapstan',
      message: expect.stringContaining('is not a SQLite database'),
    })
  })

  test("another program's database", () => {
    const database = new Database(path)
    database.exec('CREATE TABLE bookmarks (url TEXT)')
    database.close()
    expect(refusal()).toMatchObject({
      reason: 'NotCapstan',
      message: expect.stringContaining('database of another program'),
    })
  })

  test("a newer Capstan's database", () => {
    closedDatabase(0)
    const database = new Database(path)
    database.pragma('user_version = 999')
    database.close()
    expect(refusal()).toMatchObject({
      reason: 'Newer',
      message: expect.stringContaining('schema 999'),
    })
  })

  test('a file that somebody else holds locked', () => {
    closedDatabase(0)
    const database = new Database(path)
    database.pragma('locking_mode = EXCLUSIVE')
    database.exec('BEGIN EXCLUSIVE')
    try {
      expect(refusal()).toMatchObject({ reason: 'Locked' })
    } finally {
      database.close()
    }
  })

  test('a directory whose parent is missing', () => {
    path = join(dir, 'no', 'such', 'capstan.db')
    expect(refusal()).toMatchObject({
      reason: 'Io',
      message: expect.stringContaining(`${join(dir, 'no')} does not exist`),
    })
  })

  test('a directory that is a file', () => {
    writeFileSync(join(dir, 'file'), '')
    path = join(dir, 'file', 'capstan.db')
    expect(refusal()).toMatchObject({
      reason: 'Io',
      message: expect.stringContaining('not a directory'),
    })
  })

  test('a path that is a directory', () => {
    mkdirSync(path)
    expect(refusal()).toMatchObject({
      reason: 'Io',
      message: expect.stringContaining('cannot be opened'),
    })
  })

  test.skipIf(isRoot)('a directory that cannot be written', () => {
    chmodSync(dir, 0o500)
    expect(refusal()).toMatchObject({ reason: 'ReadOnly' })
    chmodSync(dir, 0o700)
  })

  test.skipIf(isRoot)('a file that cannot be written', () => {
    closedDatabase(0)
    chmodSync(path, 0o400)
    expect(refusal()).toMatchObject({ reason: 'ReadOnly' })
  })

  test.each([
    ['NFS', 0x6969],
    ['SMB2', 0xfe534d42],
    [undefined, 0xef53],
  ])('a network file system: %s', (name, type) => {
    expect(networkFileSystem(type)).toBe(name)
  })
})

describe('writing', () => {
  test('while another process writes fails as Locked and can be repeated', () => {
    closedDatabase(0)
    const store = open()
    const other = new Database(path)
    other.exec('BEGIN IMMEDIATE')
    const create = () => store.transaction(() => store.objects.create(aNewObject('a')))
    expect(create).toThrow(expect.objectContaining({ reason: 'Locked' }))
    other.exec('ROLLBACK')
    other.close()
    expect(create).not.toThrow()
  })
})

describe('a page that is damaged while the database is open', () => {
  test('is final as soon as it is read: nothing is read from it or written after it', () => {
    closedDatabase(2_500, 10_000)
    const store = open()
    const { size } = statSync(path)
    const descriptor = openSync(path, 'r+')
    // More than the cache of 16 MB holds.
    writeSync(descriptor, Buffer.alloc(size - 8 * 4096, 0xa5), 0, size - 8 * 4096, 8 * 4096)
    closeSync(descriptor)
    expect(store.failure()).toBeUndefined()
    expect(() => store.objects.list({ kind: 'Run' })).toThrow(
      expect.objectContaining({ name: 'StoreUnusable', reason: 'Corrupt' }),
    )
    expect(store.failure()).toMatchObject({ reason: 'Corrupt' })
    expect(() => store.transaction(() => {})).toThrow(
      expect.objectContaining({ reason: 'Corrupt' }),
    )
  })
})
