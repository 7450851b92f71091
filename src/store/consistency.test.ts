import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { aNewObject, anIntent, CREATED_MS, keyOfRun } from '../../test/world/test-store.ts'
import { StoreUnusable } from './errors.ts'
import { openStore, type SqliteStore } from './open.ts'

const UID = 'a1b2c3d4-0000-4000-8000-1234567890ab'
const TOKEN = 'token-that-stands-in-no-other-place'
const TASK = 'arn:aws:ecs:us-east-1:123456789012:task/default/abcdef'

let dir = ''
let path = ''

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'capstan-consistency-'))
  path = join(dir, 'capstan.db')
})

afterEach(() => rmSync(dir, { recursive: true, force: true }))

function open(): SqliteStore {
  return openStore({ path, random: seededRandom(1), nowMs: CREATED_MS })
}

/** A database with one living run. */
function image(): Buffer {
  const store = open()
  store.transaction(() => {
    store.objects.create(aNewObject('a', { meta: { uid: UID } }))
    store.attempts.insert(
      anIntent('a', { runUid: UID, clientToken: TOKEN, phase: 'Launched', taskArn: TASK }),
    )
  })
  store.close()
  return readFileSync(path)
}

function placesOf(bytes: Buffer, text: string): readonly number[] {
  const places: number[] = []
  for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1)) places.push(at)
  return places
}

/** The run with its task, or the reason for which the database is refused. */
function look(): string {
  let store: SqliteStore
  try {
    store = open()
  } catch (error) {
    if (error instanceof StoreUnusable) return error.reason
    throw error
  }
  const uid = store.objects.get(keyOfRun('a'))?.metadata.uid ?? ''
  const rows = store.attempts
    .ofRun(uid)
    .map(({ clientToken, taskArn }) => `${clientToken} ${taskArn}`)
  store.close()
  return `${uid}: ${rows.join()}`
}

describe('one flipped letter', () => {
  test.each([
    ['of the uid', UID, 4],
    ['of the token', TOKEN, 2],
    ['of the task', TASK, 2],
  ])('%s, wherever it stands, is refused or changes nothing', (_, text, atLeast) => {
    const good = image()
    const places = placesOf(good, text)
    expect(places.length).toBeGreaterThanOrEqual(atLeast)
    const seen = places.map((place) => {
      const bad = Buffer.from(good)
      bad[place + 3] = (bad[place + 3] ?? 0) ^ 1
      writeFileSync(path, bad)
      return look()
    })
    expect(seen).toContain('Corrupt')
    const others = seen.filter((one) => one !== 'Corrupt')
    expect(new Set(others).size).toBeLessThanOrEqual(1)
    for (const one of others) expect(one).toBe(`${UID}: ${TOKEN} ${TASK}`)
  })

  test.each([
    ['the spec of an unfinished run', aNewObject('a', { spec: { queue: 'flip-me' } })],
    ['its status', aNewObject('a', { status: { state: 'flip-me' } })],
    ['its labels', aNewObject('a', { meta: { labels: { a: 'flip-me' } } })],
    [
      'the spec of a deployment',
      aNewObject('a', { kind: 'Deployment', spec: { queue: 'flip-me' } }),
    ],
  ])('that makes %s unreadable is refused', (_, object) => {
    const store = open()
    store.transaction(() => store.objects.create(object))
    store.close()
    expect(look()).not.toBe('Corrupt')
    const bytes = readFileSync(path)
    bytes.write('flip-me~', bytes.indexOf('flip-me"'))
    writeFileSync(path, bytes)
    expect(look()).toBe('Corrupt')
  })

  test('of the schema is refused', () => {
    const good = image()
    const [place = 0] = placesOf(good, 'client_token TEXT')
    const bad = Buffer.from(good)
    bad.write('c1ient_token TEXT', place)
    writeFileSync(path, bad)
    expect(look()).toBe('Corrupt')
  })
})
