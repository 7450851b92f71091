import {
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { CREATED_MS } from '../../test/world/test-store.ts'
import { Checkpoints, LONGEST_PAGES, type LogStep, nextLogStep } from './checkpoints.ts'
import { openStore, type SqliteStore } from './open.ts'

let dir = ''
let path = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'capstan-checkpoints-'))
  path = join(dir, 'capstan.db')
})

afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(): SqliteStore {
  return openStore({ path, random: seededRandom(1), nowMs: CREATED_MS })
}

const PAGE_BYTES = 4_096

/** A bound on hangs: a thread is started, and moves some hundred pages. */
const PATIENCE_MS = 30_000

let letter = 0

/** A commit of about so many pages, always the same ones, with other content each time. */
function commitPages(store: SqliteStore, pages: number): void {
  letter = (letter + 1) % 26
  const text = String.fromCharCode(97 + letter).repeat(pages * PAGE_BYTES)
  store.transaction(() => store.identity.set('large', text), 'Later')
}

/** Everything that needs no turn of the event loop, and no answer of a thread. */
async function microtasks(): Promise<void> {
  for (let tick = 0; tick < 20; tick += 1) await Promise.resolve()
}

describe('nextLogStep', () => {
  test.each<[string, { pages: number; moved: number; stuck?: number }, LogStep]>([
    ['an empty log', { pages: 0, moved: 0 }, 'None'],
    ['a short one', { pages: 1_999, moved: 0 }, 'None'],
    ['enough to be worth a pass', { pages: 2_000, moved: 0 }, 'Thread'],
    ['a short rest', { pages: 9_000, moved: 7_100 }, 'None'],
    ['a long log with a long rest', { pages: 17_000, moved: 15_000 }, 'Thread'],
    ['a long log with a short rest', { pages: 17_000, moved: 16_500 }, 'Here'],
    ['a long log that is all moved', { pages: 17_000, moved: 17_000 }, 'None'],
    ['a log that outruns the thread', { pages: LONGEST_PAGES, moved: 20_000 }, 'Here'],
    ['nothing new behind a reader', { pages: 18_000, moved: 9_000, stuck: 9_000 }, 'None'],
    ['much new behind a reader', { pages: 15_000, moved: 4_000, stuck: 9_000 }, 'Thread'],
    ['much new behind a reader, too long', { pages: 40_000, moved: 5_000, stuck: 33_000 }, 'Here'],
  ])('%s', (_, { pages, moved, stuck = 0 }, step) => {
    expect(nextLogStep({ pages, moved }, stuck)).toBe(step)
  })
})

describe('the write-ahead log', () => {
  test('is moved into the file, off the event loop', async () => {
    const store = open()
    commitPages(store, 300)
    expect(statSync(path).size).toBeLessThan(300 * PAGE_BYTES)
    let isTold = false
    const moved = store.checkpoint().finally(() => {
      isTold = true
    })
    await microtasks()
    // Nothing runs on this event loop meanwhile.
    const idle = new Int32Array(new SharedArrayBuffer(4))
    const deadlineMs = performance.now() + PATIENCE_MS
    while (statSync(path).size < 300 * PAGE_BYTES && performance.now() < deadlineMs) {
      Atomics.wait(idle, 0, 0, 5)
    }
    expect(statSync(path).size).toBeGreaterThan(300 * PAGE_BYTES)
    await microtasks()
    expect(isTold).toBe(false)
    expect(await moved).toBe(0)
    store.close()
  })

  test.each([
    ['follow each other closely', setImmediate],
    ['leave no time to hear of the end of a pass', () => undefined],
  ])('stays bounded while commits %s', async (_, between) => {
    const store = open()
    for (let pages = 0; pages < 2 * LONGEST_PAGES; pages += 64) {
      commitPages(store, 64)
      const pause = between()
      if (pause) await pause
    }
    // Its file never gets shorter. It is looked at after so many commits of one change each.
    expect(statSync(`${path}-wal`).size / PAGE_BYTES).toBeLessThan(LONGEST_PAGES + 2 * 64 * 64)
    store.close()
  })

  test('that a reader holds up is said to be, and is moved when the reader has gone', async () => {
    const store = open()
    commitPages(store, 10)
    const reader = new Database(path, { readonly: true })
    reader.exec('BEGIN')
    reader.prepare('SELECT count(*) FROM identity').get()
    commitPages(store, 50)
    expect(await store.checkpoint()).toBeGreaterThan(40)
    reader.close()
    expect(await store.checkpoint()).toBe(0)
    store.close()
  })

  test.each([
    ['before', false],
    ['amid', true],
  ])('is gone when the database is closed %s a pass, and nothing is lost', async (_, amid) => {
    const store = open()
    commitPages(store, 200)
    if (amid) void store.checkpoint()
    else await store.checkpoint()
    commitPages(store, 250)
    store.close()
    expect(readdirSync(dir)).toEqual(['capstan.db'])
    const again = open()
    expect(again.identity.get('large')).toHaveLength(250 * PAGE_BYTES)
    again.close()
  })

  test('never goes into a file that was put in the place of its own', async () => {
    const store = open()
    copyFileSync(path, `${path}.other`)
    const other = readFileSync(path)
    commitPages(store, 200)
    renameSync(`${path}.other`, path)
    expect(await store.checkpoint()).toBe(0)
    expect(readFileSync(path).equals(other)).toBe(true)
    store.close()
  })
})

test('a pass that fails tells why', async () => {
  const database = new Database(path)
  database.pragma('journal_mode = WAL')
  database.exec('CREATE TABLE t (x)')
  const damaged = join(dir, 'damaged.db')
  writeFileSync(damaged, 'x'.repeat(2 * PAGE_BYTES))
  const failures: unknown[] = []
  const checkpoints = new Checkpoints(database, {
    path: damaged,
    isInPlace: () => true,
    onFailure: (error) => failures.push(error),
  })
  await checkpoints.finish()
  expect(failures).toEqual([expect.objectContaining({ code: 'SQLITE_NOTADB' })])
  expect(failures[0]).toBeInstanceOf(Database.SqliteError)
  checkpoints.close()
  database.close()
})
