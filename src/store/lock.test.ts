import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { acquireDataDir, type DataDirLock } from './lock.ts'

let root = ''
let dir = ''
const held: DataDirLock[] = []

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'capstan-lock-'))
  dir = join(root, 'data')
})

afterEach(() => {
  for (const lock of held.splice(0)) lock.release()
  rmSync(root, { recursive: true, force: true })
})

function acquire(where = dir): DataDirLock {
  const lock = acquireDataDir(where)
  held.push(lock)
  return lock
}

describe('the data directory', () => {
  test('is made, for the owner alone', () => {
    acquire()
    expect(statSync(dir).mode & 0o777).toBe(0o700)
    expect(statSync(join(dir, 'lock.json')).mode & 0o777).toBe(0o600)
  })

  test('is for one at a time; the refusal names the holder', () => {
    acquire()
    expect(() => acquire()).toThrow(
      expect.objectContaining({
        reason: 'Locked',
        message: `${dir} is in use by another controller (pid ${process.pid} on ${hostname()}): stop it, or give this controller another data directory`,
      }),
    )
  })

  test.each([
    ['without', undefined],
    ['with a broken', 'not json'],
    ['with an odd', '{"pid":"1"}'],
  ])('is refused also %s note about the holder', (_, note) => {
    acquire()
    if (note === undefined) rmSync(join(dir, 'lock.json'))
    else writeFileSync(join(dir, 'lock.json'), note)
    expect(() => acquire()).toThrow(`${dir} is in use by another controller: stop it`)
  })

  test('is free after the release, which may be repeated', () => {
    const first = acquire()
    first.release()
    expect(existsSync(join(dir, 'lock.json'))).toBe(false)
    acquire()
    first.release()
    expect(() => acquire()).toThrow(expect.objectContaining({ reason: 'Locked' }))
  })

  test('is free when the holder died and left its note', () => {
    acquire().release()
    writeFileSync(join(dir, 'lock.json'), JSON.stringify({ pid: 1, host: 'elsewhere' }))
    expect(() => acquire()).not.toThrow()
  })

  test('of someone who lost it is left to whoever took it over', () => {
    const first = acquire()
    rmSync(join(dir, 'lock.db'))
    expect(first.problem()).toMatchObject({ reason: 'Replaced' })
    acquire()
    first.release()
    expect(existsSync(join(dir, 'lock.json'))).toBe(true)
  })

  test('is refused when its parent is missing', () => {
    expect(() => acquire(join(root, 'no', 'data'))).toThrow(
      /no does not exist: make that directory/,
    )
  })
})
