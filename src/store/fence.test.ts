import { mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { CREATED_MS } from '../../test/world/test-store.ts'
import { StoreUnusable } from './errors.ts'
import { createFence, type Fence } from './fence.ts'
import { acquireDataDir, type DataDirLock } from './lock.ts'
import { openStore, type SqliteStore } from './open.ts'

const ON_DISK = { durable: () => Promise.resolve() }

let dir = ''
let lock: DataDirLock
const opened: SqliteStore[] = []

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'capstan-fence-'))
  lock = acquireDataDir(dir)
})

afterEach(() => {
  for (const store of opened.splice(0)) store.close()
  lock.release()
  rmSync(dir, { recursive: true, force: true })
})

/** One start of a controller: its store, its epoch, its fence. */
function start(): { readonly store: SqliteStore; readonly fence: Fence } {
  const path = join(dir, 'capstan.db')
  const store = openStore({ path, random: seededRandom(1), nowMs: CREATED_MS })
  opened.push(store)
  const epoch = store.transaction(() => store.identity.raiseEpoch())
  return { store, fence: createFence({ store, lock, launches: ON_DISK, epoch }) }
}

describe('a fence', () => {
  test('lets the newest start write, and no earlier one', async () => {
    const first = start()
    await first.fence.beforeLaunch()
    const second = start()
    await second.fence.beforeLaunch()
    expect(() => second.fence.check()).not.toThrow()
    await expect(first.fence.beforeLaunch()).rejects.toThrow(
      'another controller took over this data directory (start 2, this is start 1)',
    )
    expect(() => first.fence.check()).toThrow('took over')
  })

  test('lets no earlier start change the database, wherever it was when it was overtaken', () => {
    const first = start()
    const write = ({ store }: typeof first, value: string): void =>
      store.transaction(() => store.identity.set('probe', value))
    write(first, 'first')
    const second = start()
    write(second, 'second')
    expect(() => write(first, 'late')).toThrow('another controller took over')
    expect(second.store.identity.get('probe')).toBe('second')
    expect(first.store.failure()).toMatchObject({ reason: 'Replaced' })
    write(second, 'still')
  })

  test('that fell stays down, whatever is put back', () => {
    const { fence } = start()
    renameSync(join(dir, 'capstan.db'), join(dir, 'away'))
    expect(() => fence.check()).toThrow('was deleted while Capstan had it open')
    renameSync(join(dir, 'away'), join(dir, 'capstan.db'))
    expect(fence.fallen()).toMatchObject({ reason: 'Replaced' })
  })

  test.each<[string, (path: string) => void, RegExp]>([
    ['deleted', (path) => rmSync(path), /capstan\.db was deleted/],
    [
      'replaced',
      (path) => {
        writeFileSync(`${path}.new`, 'x'.repeat(8192))
        renameSync(`${path}.new`, path)
      },
      /capstan\.db was replaced/,
    ],
    ['cut off', (path) => truncateSync(path, 0), /capstan\.db was cut off/],
    ['robbed of its log', (path) => rmSync(`${path}-wal`), /capstan\.db-wal was deleted/],
    ['robbed of its index', (path) => rmSync(`${path}-shm`), /capstan\.db-shm was deleted/],
  ])('falls when the database is %s', async (_, harm, message) => {
    const { fence, store } = start()
    await store.checkpoint()
    fence.check()
    harm(join(dir, 'capstan.db'))
    expect(() => fence.check()).toThrow(message)
  })

  test('falls when the lock is taken away: the next controller would make its own', () => {
    const { fence } = start()
    rmSync(join(dir, 'lock.db'))
    expect(() => fence.check()).toThrow('lock.db was deleted or replaced')
  })

  test('keeps a launch back while its record is not on disk, and falls for nothing else', async () => {
    const { store } = start()
    let full = true
    const launches = {
      durable: () =>
        full ? Promise.reject(new StoreUnusable('Full', 'the disk is full')) : Promise.resolve(),
    }
    const fence = createFence({ store, lock, launches, epoch: 1 })
    await expect(fence.beforeLaunch()).rejects.toThrow('the disk is full')
    expect(() => fence.check()).not.toThrow()
    full = false
    await fence.beforeLaunch()
  })
})
