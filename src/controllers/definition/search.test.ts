import { describe, expect, test } from 'vitest'
import { openTestStore } from '../../../test/world/test-store.ts'
import type { DefinitionRow } from '../../store/definitions.ts'
import type { Change, Store } from '../../store/types.ts'
import { createDefinitionSearch } from './search.ts'

const ACCOUNT = 'us-east-1'

function revision(family: string): DefinitionRow {
  return {
    account: ACCOUNT,
    family,
    hash: family,
    taskDefinitionArn: arnOf(family),
    revision: 1,
    registeredAtMs: 0,
    lastUsedAtMs: 0,
    status: 'ACTIVE',
    autoDeregister: false,
    workPool: 'default/default',
  }
}

function arnOf(family: string): string {
  return `arn:aws:ecs:us-east-1:123456789012:task-definition/${family}:1`
}

function storeWith(families: readonly string[]): Store {
  const store = openTestStore()
  store.transaction(() => {
    for (const family of families) store.definitions.put(revision(family))
  })
  return store
}

interface Told {
  readonly kind?: Change['kind']
  readonly type?: Change['type']
  readonly generations?: readonly [before: number, now: number]
  readonly before?: object
  readonly status?: object
}

function aChange(told: Told): Change {
  const { kind = 'Run', type = 'MODIFIED', generations = [1, 1], before = {}, status } = told
  const object = (generation: number, state: object | undefined): unknown => ({
    metadata: { generation },
    status: state,
  })
  const change = {
    kind,
    type,
    namespace: 'default',
    name: 'one',
    uid: 'uid',
    resourceVersion: 1,
    object: object(generations[1], status),
    previous: object(generations[0], before),
  }
  return change as Change
}

const ATTEMPTS = [{ number: 1, taskDefinitionArn: arnOf('etl') }]
const COMPLETED = { state: { type: 'COMPLETED' }, attempts: ATTEMPTS }

describe('where revisions may have become free', () => {
  test.each<[string, Told, 'Narrow' | 'Wide' | undefined]>([
    ['a run that ended', { status: COMPLETED }, 'Narrow'],
    ['a run that went', { type: 'DELETED', status: { attempts: ATTEMPTS } }, 'Narrow'],
    ['a run that lives', { status: { ...COMPLETED, state: { type: 'RUNNING' } } }, undefined],
    [
      'a run that ended before its first attempt',
      { status: { state: { type: 'FAILED' } } },
      'Wide',
    ],
    ['an array shows not all of its attempts', { status: { ...COMPLETED, array: {} } }, 'Wide'],
    ['a new spec of a pool', { kind: 'WorkPool', generations: [1, 2] }, 'Wide'],
    ['a new status of a pool', { kind: 'WorkPool' }, undefined],
    ['a deployment that went', { kind: 'Deployment', type: 'DELETED' }, 'Wide'],
    [
      'a deployment that shows another revision',
      { kind: 'Deployment', before: { taskDefinitionArn: arnOf('etl') }, status: {} },
      'Narrow',
    ],
    ['an event', { kind: 'Event', type: 'DELETED' }, undefined],
  ])('%s', (_, told, expected) => {
    expect(createDefinitionSearch().hear(aChange(told))).toBe(expected)
  })
})

test('an end is looked for in its own family, and no more', () => {
  const search = createDefinitionSearch()
  search.hear(aChange({ status: COMPLETED }))
  expect([...search.narrow(storeWith(['etl', 'other']))]).toEqual([ACCOUNT])
  expect([...search.families(ACCOUNT)]).toEqual(['etl'])
})

test('a wide look is at every family, and what is left of it is looked at again', () => {
  const search = createDefinitionSearch()
  expect([...search.wide(storeWith(['etl', 'other']))]).toEqual([ACCOUNT])
  expect([...search.families(ACCOUNT)]).toEqual(['etl', 'other'])
  search.leave(ACCOUNT, ['other'])
  expect([...search.families(ACCOUNT)]).toEqual(['other'])
})

test('a revision that the registry does not know is of no family', () => {
  const search = createDefinitionSearch()
  search.hear(aChange({ status: COMPLETED }))
  expect([...search.narrow(storeWith([]))]).toEqual([])
})
