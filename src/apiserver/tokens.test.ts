import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openTestStore } from '../../test/world/test-store.ts'
import { systemRandom } from '../lib/random.ts'
import type { Store } from '../store/types.ts'
import { createTokens, type Tokens } from './tokens.ts'

const HOUR_MS = 3_600_000

let store: ReturnType<typeof openTestStore>
let tokens: Tokens
beforeEach(() => {
  store = openTestStore()
  tokens = createTokens(store, systemRandom)
})
afterEach(() => store.close())

const stored = (from: Store): string => from.identity.get('api-tokens') ?? ''

test('are kept as hashes and survive a restart', () => {
  const token = tokens.issue({ name: 'ci', role: 'edit' }, 5)
  expect(token).toMatch(/^capstan_[0-9a-f]{64}$/)
  expect(stored(store)).not.toContain(token.slice(8))
  expect(createTokens(store, systemRandom).verify(token, 5)).toMatchObject({
    name: 'capstan:ci',
    role: 'edit',
  })
  expect(tokens.verify(`${token}x`, 5)).toBeUndefined()
  expect(tokens.verify('', 5)).toBeUndefined()
})

test('those of earlier versions are good as well', () => {
  const token = tokens.issue({ name: 'old', role: 'view' }, 5)
  const [{ hash }] = JSON.parse(stored(store))
  const old = [{ hash, name: 'old', role: 'view', issuedAtMs: 5 }]
  store.transaction(() => store.identity.set('api-tokens', JSON.stringify(old)))
  const reopened = createTokens(store, systemRandom)
  expect(reopened.verify(token, 6)?.role).toBe('view')
  expect(reopened.list()).toMatchObject([{ origin: 'Kubeconfig', id: hash.slice(0, 10) }])
})

test('what is stored and makes no sense opens nothing', () => {
  const odd = [1, null, {}, { hash: 'x', name: 'y', role: 'root' }, { hash: 1, role: 'admin' }]
  store.transaction(() => store.identity.set('api-tokens', JSON.stringify(odd)))
  expect(createTokens(store, systemRandom).list()).toEqual([])
})

describe('kubeconfig tokens', () => {
  test('the longest unused goes when there are too many, and no other', () => {
    const used = tokens.issue({ name: 'used', role: 'view' }, 0)
    const unused = tokens.issue({ name: 'unused', role: 'view' }, 1)
    const named = tokens.issue({ name: 'ci', role: 'view', origin: 'Named' }, 0)
    tokens.verify(used, 5 * HOUR_MS)
    for (let index = 0; index < 199; index++) tokens.issue({ name: 'more', role: 'view' }, 10)
    expect(tokens.verify(unused, 10)).toBeUndefined()
    expect(tokens.verify(used, 5 * HOUR_MS)).toBeDefined()
    expect(tokens.verify(named, 10)).toBeDefined()
  })

  test('the newest stays whatever the clock says', () => {
    for (let index = 0; index < 200; index++) tokens.issue({ name: 'more', role: 'view' }, 10)
    const late = tokens.issue({ name: 'clock stepped back', role: 'view' }, 0)
    expect(tokens.verify(late, 0)).toBeDefined()
  })
})

describe('named tokens', () => {
  test('a name is used once while its token is good', () => {
    tokens.issue({ name: 'ci', role: 'view', origin: 'Named', expiresAtMs: 10 }, 0)
    expect(() => tokens.issue({ name: 'ci', role: 'view', origin: 'Named' }, 9)).toThrow(
      'tokens "ci" already exists',
    )
    expect(tokens.issue({ name: 'ci', role: 'view', origin: 'Named' }, 10)).toMatch(/^capstan_/)
  })

  test('more than a thousand are refused', () => {
    const many = Array.from({ length: 1_000 }, (_, index) => ({
      id: `${index}`,
      hash: `${index}`,
      name: `n${index}`,
      role: 'view',
      origin: 'Named',
      issuedAtMs: 0,
    }))
    store.transaction(() => store.identity.set('api-tokens', JSON.stringify(many)))
    const full = createTokens(store, systemRandom)
    expect(() => full.issue({ name: 'x', role: 'view', origin: 'Named' }, 0)).toThrow(
      'there are 1000 tokens',
    )
  })
})

test('an expired token opens nothing, and is listed for a week', () => {
  const token = tokens.issue({ name: 'ci', role: 'view', expiresAtMs: HOUR_MS }, 0)
  expect(tokens.verify(token, HOUR_MS - 1)).toBeDefined()
  expect(tokens.verify(token, HOUR_MS)).toBeUndefined()
  tokens.issue({ name: 'a', role: 'view' }, HOUR_MS + 6 * 24 * HOUR_MS)
  expect(tokens.list().map(({ name }) => name)).toEqual(['ci', 'a'])
  tokens.issue({ name: 'b', role: 'view' }, HOUR_MS + 8 * 24 * HOUR_MS)
  expect(tokens.list().map(({ name }) => name)).toEqual(['a', 'b'])
})

test('use is noted to the hour, with one write an hour', () => {
  const token = tokens.issue({ name: 'ci', role: 'view' }, 0)
  tokens.verify(token, 30 * HOUR_MS + 123)
  expect(tokens.list()[0]?.lastUsedAtMs).toBe(30 * HOUR_MS)
  const before = stored(store)
  tokens.verify(token, 31 * HOUR_MS - 1)
  expect(stored(store)).toBe(before)
  tokens.verify(token, 31 * HOUR_MS)
  expect(tokens.list()[0]?.lastUsedAtMs).toBe(31 * HOUR_MS)
})

describe('revoking', () => {
  test('by id takes one, by name all of that name', () => {
    const first = tokens.issue({ name: 'kubeconfig-admin', role: 'admin' }, 0)
    const second = tokens.issue({ name: 'kubeconfig-admin', role: 'admin' }, 0)
    const third = tokens.issue({ name: 'kubeconfig-admin', role: 'admin' }, 0)
    const [info] = tokens.list()
    expect(tokens.revoke(info?.id ?? '')).toEqual([info])
    expect([first, second, third].map((token) => tokens.verify(token, 1) !== undefined)).toEqual([
      false,
      true,
      true,
    ])
    expect(tokens.revoke('kubeconfig-admin')).toHaveLength(2)
    expect(createTokens(store, systemRandom).verify(third, 1)).toBeUndefined()
    expect(tokens.revoke('kubeconfig-admin')).toEqual([])
  })
})
