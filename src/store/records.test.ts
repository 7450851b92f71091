import { describe, expect, test } from 'vitest'
import { anIntent, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import { inPages } from '../lib/pages.ts'
import type { DefinitionRow } from './definitions.ts'
import type { SqliteStore } from './open.ts'
import type { HistoryRow, SourceFileRow, SourceObjectRow, SourceRow } from './types.ts'

function aDefinition(revision: number, different: Partial<DefinitionRow> = {}): DefinitionRow {
  return {
    account: 'us-east-1',
    family: 'hello',
    hash: 'h1',
    taskDefinitionArn: `arn:task-definition/hello:${revision}`,
    revision,
    registeredAtMs: 1,
    lastUsedAtMs: 2,
    status: 'ACTIVE',
    autoDeregister: true,
    ...different,
  }
}

function put(store: SqliteStore, ...rows: readonly DefinitionRow[]): void {
  store.transaction(() => {
    for (const row of rows) store.definitions.put(row)
  })
}

describe('definitions', () => {
  test('outdated are those that are not ACTIVE, but the newest of a family and those in use', () => {
    const store = openTestStore()
    const inactive = (revision: number, different: Partial<DefinitionRow> = {}): DefinitionRow =>
      aDefinition(revision, { status: revision % 2 === 0 ? 'INACTIVE' : 'DELETED', ...different })
    put(
      store,
      ...[1, 2, 3, 4, 5].map((revision) => inactive(revision)),
      aDefinition(6),
      inactive(7, { family: 'other', taskDefinitionArn: 'arn:task-definition/other:7' }),
      inactive(8, { account: 'elsewhere', taskDefinitionArn: 'arn:task-definition/hello:80' }),
    )
    const taskDefinitionArn = 'arn:task-definition/hello:2'
    store.transaction(() => store.attempts.insert(anIntent('a', { taskDefinitionArn })))
    const outdated = store.definitions.outdated('us-east-1', 2)
    expect(
      outdated.map((arn) => arn.split('/').at(-1) ?? '').toSorted((a, b) => (a < b ? -1 : 1)),
    ).toEqual(['hello:1', 'hello:3'])
    store.transaction(() => {
      for (const arn of outdated) store.definitions.remove(arn)
    })
    expect(store.definitions.outdated('us-east-1', 2)).toEqual([])
    expect(
      store.definitions.ofFamily('us-east-1', 'hello').map(({ revision }) => revision),
    ).toEqual([2, 4, 5, 6])
  })

  test('come back as they went in, and are replaced by ARN', () => {
    const store = openTestStore()
    put(store, aDefinition(1))
    expect(store.definitions.byArn('arn:task-definition/hello:1')).toEqual(aDefinition(1))
    const inactive = aDefinition(1, { status: 'INACTIVE', autoDeregister: false })
    put(store, inactive)
    expect(store.definitions.byArn('arn:task-definition/hello:1')).toEqual(inactive)
    expect(store.definitions.byArn('arn:task-definition/hello:2')).toBeUndefined()
  })

  test.each<[string, readonly DefinitionRow[], number | undefined]>([
    ['the newest active one', [aDefinition(2), aDefinition(10), aDefinition(9)], 10],
    [
      'an older active one before a newer inactive one',
      [aDefinition(1), aDefinition(2, { status: 'INACTIVE' })],
      1,
    ],
    ['an inactive one if there is no other', [aDefinition(1, { status: 'INACTIVE' })], 1],
    ['none of another hash', [aDefinition(1, { hash: 'h2' })], undefined],
    ['none of another account', [aDefinition(1, { account: 'eu-west-1' })], undefined],
  ])('byHash finds %s', (_, rows, revision) => {
    const store = openTestStore()
    put(store, ...rows)
    expect(store.definitions.byHash('us-east-1', 'hello', 'h1')?.revision).toBe(revision)
  })

  test('families and their revisions, in numeric order', () => {
    const store = openTestStore()
    const other = { family: 'bye', taskDefinitionArn: 'arn:task-definition/bye:3' }
    put(store, aDefinition(10), aDefinition(9), aDefinition(3, other))
    expect(store.definitions.families()).toEqual([
      { account: 'us-east-1', family: 'bye' },
      { account: 'us-east-1', family: 'hello' },
    ])
    const revisions = store.definitions.ofFamily('us-east-1', 'hello')
    expect(revisions.map(({ revision }) => revision)).toEqual([9, 10])
  })
})

const BARE: HistoryRow = {
  uid: 'u1',
  namespace: 'default',
  name: 'a',
  stateType: 'FAILED',
  stateName: 'Failed',
  attempts: 2,
  createdAtMs: 1,
  finishedAtMs: 3,
}

const FINISHED: Required<HistoryRow> = {
  ...BARE,
  contentHash: 'c',
  deployment: 'd',
  workPool: 'p',
  message: 'exit 3',
  exitCode: 0,
  startedAtMs: 2,
}

function finished(...rows: readonly Partial<HistoryRow>[]): SqliteStore {
  const store = openTestStore()
  store.transaction(() => {
    for (const row of rows) store.history.put({ ...FINISHED, ...row })
  })
  return store
}

describe('history', () => {
  test('comes back as it went in, whole or without the optional members', () => {
    const store = finished({})
    expect(store.history.get('u1')).toEqual(FINISHED)
    store.transaction(() => store.history.put(BARE))
    expect(store.history.get('u1')).toEqual(BARE)
    expect(store.history.get('u2')).toBeUndefined()
  })

  test.each([
    ['everything', {}, ['u3', 'u2', 'u1']],
    ['a namespace', { namespace: 'default' }, ['u3', 'u1']],
    ['a name', { name: 'a' }, ['u2', 'u1']],
    ['a deployment', { deployment: 'other' }, ['u3']],
    ['the newest', { limit: 1 }, ['u3']],
  ])('is listed by %s, newest first', (_, filter, expected) => {
    const store = finished(
      { uid: 'u1', finishedAtMs: 10 },
      { uid: 'u2', finishedAtMs: 20, namespace: 'team' },
      { uid: 'u3', finishedAtMs: 30, name: 'b', deployment: 'other' },
    )
    expect(store.history.list(filter).map(({ uid }) => uid)).toEqual(expected)
  })

  test('is forgotten by age, except for runs that a folder still names', () => {
    const store = finished(
      { uid: 'old', name: 'gone', finishedAtMs: 10 },
      { uid: 'named', name: 'a', finishedAtMs: 10, contentHash: 'earlier content' },
      { uid: 'namesake', name: 'a', namespace: 'team', finishedAtMs: 10 },
      { uid: 'young', name: 'gone', finishedAtMs: 20 },
    )
    store.transaction(() => {
      store.sources.putObject({ ...keyOfRun('a'), source: 's', path: 'a.yaml', contentHash: 'now' })
    })
    expect(store.transaction(() => store.history.prune(20))).toBe(2)
    expect(store.history.list({}).map(({ uid }) => uid)).toEqual(['young', 'named'])
  })
})

describe('sources', () => {
  const source: SourceRow = { id: '/repo', revision: 'r', appliedAtMs: 1, rootIdentity: '1:2' }
  const file: SourceFileRow = {
    source: '/repo',
    path: 'a.yaml',
    stat: '1',
    hash: 'h',
    problems: [{ code: 'x' }],
  }
  const owned: SourceObjectRow = {
    ...keyOfRun('a'),
    source: '/repo',
    path: 'a.yaml',
    contentHash: 'c',
  }

  test.each([
    ['with held prunes', { ...source, held: { count: 3 } }],
    ['without', source],
  ])('a source %s comes back as it went in', (_, row) => {
    const store = openTestStore()
    store.transaction(() => store.sources.put(row))
    expect(store.sources.get('/repo')).toEqual(row)
    expect(store.sources.list()).toEqual([row])
    expect(store.sources.get('/elsewhere')).toBeUndefined()
  })

  test('files are listed by path and replaced', () => {
    const store = openTestStore()
    const second = { ...file, path: 'B.yaml', problems: [] }
    store.transaction(() => {
      store.sources.putFile(file)
      store.sources.putFile(second)
      store.sources.putFile({ ...file, source: '/other' })
      store.sources.putFile({ ...file, hash: 'h2' })
    })
    expect(store.sources.files('/repo')).toEqual([second, { ...file, hash: 'h2' }])
    store.transaction(() => store.sources.removeFile('/repo', 'a.yaml'))
    expect(store.sources.files('/repo')).toEqual([second])
    expect(store.sources.files('/other')).toHaveLength(1)
  })

  test.each([1, 2, 3, 10])('files and what they own come in pages of %i, each once', (limit) => {
    const store = openTestStore()
    const names = ['a', 'b', 'c', 'd', 'e']
    store.transaction(() => {
      for (const [index, name] of names.entries()) {
        store.sources.putFile({ ...file, path: `${name}.yaml` })
        // Some files own several.
        store.sources.putObject({ ...owned, name, path: `${names[index % 3]}.yaml` })
      }
      store.sources.putFile({ ...file, source: '/other', path: 'a0.yaml' })
      store.sources.putObject({ ...owned, source: '/other', name: 'other' })
    })
    const { sources } = store
    const files = inPages<SourceFileRow>(limit, (after) => sources.files('/repo', { after, limit }))
    expect([...files].flat()).toEqual(sources.files('/repo'))
    const objects = inPages<SourceObjectRow>(limit, (after) =>
      sources.objects('/repo', { after, limit }),
    )
    expect([...objects].flat()).toEqual(sources.objects('/repo'))
    expect(sources.objects('/repo').map(({ name }) => name)).toEqual(['a', 'd', 'b', 'e', 'c'])
  })

  test('an object has one owner', () => {
    const store = openTestStore()
    const elsewhere = { ...owned, source: '/other' }
    store.transaction(() => store.sources.putObject(owned))
    expect(store.sources.owner(keyOfRun('a'))).toEqual(owned)
    store.transaction(() => store.sources.putObject(elsewhere))
    expect(store.sources.owner(keyOfRun('a'))).toEqual(elsewhere)
    expect(store.sources.objects('/repo')).toEqual([])
    expect(store.sources.objects('/other')).toEqual([elsewhere])
    store.transaction(() => store.sources.removeObject(keyOfRun('a')))
    expect(store.sources.owner(keyOfRun('a'))).toBeUndefined()
  })
})

describe('identity', () => {
  test('the instance id is made once and survives', () => {
    const store = openTestStore()
    const id = store.identity.instanceId()
    expect(id).toMatch(/^[0-9a-f-]{36}$/)
    expect(openTestStore(store.serialize()).identity.instanceId()).toBe(id)
  })

  test('the epoch grows by one at each raise and survives', () => {
    const store = openTestStore()
    expect(store.identity.epoch()).toBe(0)
    expect(store.transaction(() => store.identity.raiseEpoch())).toBe(1)
    const again = openTestStore(store.serialize())
    expect(again.transaction(() => again.identity.raiseEpoch())).toBe(2)
    expect(again.identity.epoch()).toBe(2)
  })

  test('the name is default until it is set', () => {
    const store = openTestStore()
    expect(store.identity.controllerName()).toBe('default')
    store.transaction(() => store.identity.setControllerName('blue'))
    expect(store.identity.controllerName()).toBe('blue')
  })

  test('other facts are kept by key', () => {
    const store = openTestStore()
    expect(store.identity.get('rate')).toBeUndefined()
    store.transaction(() => store.identity.set('rate', '18'))
    store.transaction(() => store.identity.set('rate', '20'))
    expect(store.identity.get('rate')).toBe('20')
  })
})
