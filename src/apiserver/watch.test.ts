import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Answer,
  type ApiWorld,
  createApiWorld,
  MERGE,
  type OpenStream,
  POOLS,
  PREFIX,
  poolBody,
  runBody,
  TABLE,
} from '../../test/world/api.ts'
import { createWatchHub } from './watch-hub.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

async function pool(name: string, labels?: Record<string, string>): Promise<Answer> {
  const metadata = { name, ...(labels ? { labels } : {}) }
  return (await world.send('POST', POOLS, { body: poolBody(name, { metadata }) })).body
}
async function label(name: string, labels: Record<string, string | null>): Promise<void> {
  await world.send('PATCH', `${POOLS}/${name}`, { body: { metadata: { labels } }, type: MERGE })
}
const version = (): number => world.store.resourceVersion()

/** `ADDED a`: what a watcher was told, without the objects. */
function told(stream: OpenStream): readonly string[] {
  return stream
    .frames()
    .map(({ type, object }) => `${type} ${object.metadata?.name ?? object.reason ?? ''}`.trim())
}

describe('where a watch starts', () => {
  test.each(['', 'resourceVersion=0', 'resourceVersion='])(
    '%j: everything comes as ADDED',
    async (query) => {
      await pool('a')
      await pool('b')
      const stream = await world.open(`${POOLS}?watch=true&${query}`)
      expect(told(stream)).toEqual(['ADDED a', 'ADDED b'])
      await pool('c')
      expect(told(stream)).toEqual(['ADDED a', 'ADDED b', 'ADDED c'])
    },
  )

  test('a version: what happened after it', async () => {
    await pool('a')
    const from = version()
    await pool('b')
    await label('a', { x: 'y' })
    await world.send('DELETE', `${POOLS}/b`)
    const stream = await world.open(`${POOLS}?watch=1&resourceVersion=${from}`)
    expect(told(stream)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED b'])
    const [, modified] = stream.frames()
    expect(modified.object.metadata.labels).toEqual({ x: 'y' })
  })

  test('each event carries the state of its moment', async () => {
    await pool('a')
    const from = version()
    await label('a', { step: 'one' })
    await label('a', { step: 'two' })
    const stream = await world.open(`${POOLS}?watch=1&resourceVersion=${from}`)
    expect(stream.frames().map(({ object }) => object.metadata.labels.step)).toEqual(['one', 'two'])
    const versions = stream.frames().map(({ object }) => Number(object.metadata.resourceVersion))
    expect(versions).toEqual([from + 1, from + 2])
  })

  test.each([1, 99_999_999_999_999])(
    'version %i is not to be had: 410 inside the stream',
    async (from) => {
      await pool('a')
      const stream = await world.open(`${POOLS}?watch=1&resourceVersion=${from}`)
      expect(stream.response.status).toBe(200)
      expect(stream.frames()).toMatchObject([
        { type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } },
      ])
      expect(stream.isEnded()).toBe(true)
    },
  )

  test('a streaming list ends its first part with a bookmark', async () => {
    await pool('a')
    const query =
      'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
    const stream = await world.open(`${POOLS}?${query}`)
    expect(told(stream)).toEqual(['ADDED a', 'BOOKMARK'])
    expect(stream.frames()[1].object).toMatchObject({
      kind: 'WorkPool',
      apiVersion: 'capstan.dev/v1',
      metadata: {
        resourceVersion: String(version()),
        annotations: { 'k8s.io/initial-events-end': 'true' },
      },
    })
    await label('a', { x: 'y' })
    expect(told(stream)).toEqual(['ADDED a', 'BOOKMARK', 'MODIFIED a'])
  })

  test('sendInitialEvents=false starts now', async () => {
    await pool('a')
    const stream = await world.open(
      `${POOLS}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan&resourceVersion=0`,
    )
    await pool('b')
    expect(told(stream)).toEqual(['ADDED b'])
  })

  test('many objects come in pages, and nothing is missed in between', async () => {
    for (let index = 0; index < 1_100; index++) {
      world.store.transaction(() =>
        world.store.objects.create({
          apiVersion: 'capstan.dev/v1',
          kind: 'WorkPool',
          metadata: {
            name: `p${String(index).padStart(5, '0')}`,
            namespace: 'default',
            uid: `uid-${index}`,
            creationTimestamp: '2026-01-01T00:00:00Z',
          },
          spec: {},
        }),
      )
    }
    const stream = await world.open(`${POOLS}?watch=1`)
    expect(stream.frames()).toHaveLength(500)
    await label('p00001', { x: 'y' })
    for (let turn = 0; turn < 5; turn++) await world.clock.advance(0)
    expect(stream.frames()).toHaveLength(1_101)
    expect(told(stream).at(-1)).toBe('MODIFIED p00001')
  })
})

describe('what a watch selects', () => {
  test('an object that enters is ADDED, one that leaves is DELETED', async () => {
    await pool('a', { tier: 'x' })
    await pool('b')
    const stream = await world.open(
      `${POOLS}?watch=1&resourceVersion=${version()}&labelSelector=tier%3Dx`,
    )
    await label('b', { tier: 'x' })
    await label('a', { note: '1' })
    await label('a', { tier: null })
    await label('a', { note: '2' })
    await world.send('DELETE', `${POOLS}/a`)
    await world.send('DELETE', `${POOLS}/b`)
    expect(told(stream)).toEqual(['ADDED b', 'MODIFIED a', 'DELETED a', 'DELETED b'])
  })

  test('a namespace, a name, a kind', async () => {
    await world.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'other' } } })
    const streams = await Promise.all([
      world.open(`${POOLS}?watch=1&fieldSelector=metadata.name%3Da`),
      world.open(`${POOLS}/a?watch=1`),
      world.open('/apis/capstan.dev/v1/workpools?watch=1'),
      world.open(`${PREFIX}/runs?watch=1`),
    ])
    await pool('a')
    await pool('b')
    await world.send('POST', '/apis/capstan.dev/v1/namespaces/other/workpools', {
      body: poolBody('c'),
    })
    expect(streams.map(told)).toEqual([
      ['ADDED a'],
      ['ADDED a'],
      ['ADDED a', 'ADDED b', 'ADDED c'],
      [],
    ])
  })

  test('namespaces and events are watched as well', async () => {
    const namespaces = await world.open(`/api/v1/namespaces?watch=1&resourceVersion=${version()}`)
    await world.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'n' } } })
    await world.send('DELETE', '/api/v1/namespaces/n')
    expect(told(namespaces)).toEqual(['ADDED n', 'DELETED n'])
    const { metadata } = await pool('a')
    const events = await world.open('/api/v1/namespaces/default/events?watch=1')
    const regarding = {
      kind: 'WorkPool' as const,
      namespace: 'default',
      name: 'a',
      uid: metadata.uid,
    }
    const event = { regarding, type: 'Normal' as const, reason: 'Ready', message: 'm' }
    world.store.transaction(() => world.store.events.record(event, 0))
    world.store.transaction(() => world.store.events.record(event, 1))
    expect(events.frames().map(({ type, object }) => [type, object.count])).toEqual([
      ['ADDED', 1],
      ['MODIFIED', 2],
    ])
  })

  test('pods follow their runs', async () => {
    const { body: run } = await world.send('POST', `${PREFIX}/runs`, { body: runBody('r') })
    const stream = await world.open('/api/v1/namespaces/default/pods?watch=1')
    const setAttempts = (...attempts: object[]): void => {
      const key = { kind: 'Run', namespace: 'default', name: 'r' } as const
      const status = JSON.parse(JSON.stringify({ attempts }))
      world.store.transaction(() => world.store.objects.setStatus(key, run.metadata.uid, status))
    }
    setAttempts({ number: 1 })
    setAttempts({ number: 1, class: 'HostFailure' })
    setAttempts({ number: 1, class: 'HostFailure' }, { number: 2 })
    setAttempts(
      { number: 1, class: 'HostFailure' },
      { number: 2, startedAt: '2026-01-01T00:00:00Z' },
    )
    expect(told(stream)).toEqual(['ADDED r', 'MODIFIED r', 'ADDED r-2', 'MODIFIED r-2'])
  })
})

describe('how a watch goes on', () => {
  test('bookmarks come every minute to those who want them', async () => {
    const stream = await world.open(`${POOLS}?watch=1&allowWatchBookmarks=true`)
    const plain = await world.open(`${POOLS}?watch=1`)
    await world.clock.advance(125_000)
    expect(told(stream)).toEqual(['BOOKMARK', 'BOOKMARK'])
    expect(stream.frames()[0].object.metadata.resourceVersion).toBe(String(version()))
    expect(told(plain)).toEqual([])
  })

  test('it ends when its time is up, or after half an hour to an hour', async () => {
    const short = await world.open(`${POOLS}?watch=1&timeoutSeconds=5`)
    const long = await world.open(`${POOLS}?watch=1`)
    await world.clock.advance(5_000)
    expect([short.isEnded(), long.isEnded()]).toEqual([true, false])
    await world.clock.advance(25 * 60_000)
    expect(long.isEnded()).toBe(false)
    await world.clock.advance(35 * 60_000)
    expect(long.isEnded()).toBe(true)
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('when the client goes away nothing is left behind', async () => {
    const stream = await world.open(`${POOLS}?watch=1&allowWatchBookmarks=true`)
    stream.stop()
    await pool('a')
    expect(told(stream)).toEqual([])
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('a client that reads too slowly is cut off', async () => {
    const stream = await world.open(`${POOLS}?watch=1`)
    stream.bufferedBytes = 5 * 1024 * 1024
    await pool('a')
    expect(stream.isEnded()).toBe(true)
  })

  test('as a table: a row for each event', async () => {
    await pool('a')
    const stream = await world.open(`${POOLS}?watch=1`, { accept: TABLE })
    await pool('b')
    const [first, second] = stream.frames()
    expect(first.object.columnDefinitions).toHaveLength(5)
    expect(first.object.rows[0].cells[0]).toBe('a')
    expect(second.object.columnDefinitions).toEqual(first.object.columnDefinitions)
    expect(second.object.rows[0].cells[0]).toBe('b')
  })

  test('two watchers with different selections are told their own', async () => {
    const x = await world.open(`${POOLS}?watch=1&labelSelector=t%3Dx`)
    const y = await world.open(`${POOLS}?watch=1&labelSelector=t%3Dy`)
    await pool('a', { t: 'x' })
    await label('a', { t: 'y' })
    expect([told(x), told(y)]).toEqual([['ADDED a', 'DELETED a'], ['ADDED a']])
  })
})

describe('beyond the window', () => {
  test('the journal tells the newest state of each object', async () => {
    await pool('a')
    await pool('gone')
    const from = version()
    await pool('b')
    await label('b', { x: '1' })
    await label('a', { x: '1' })
    await label('a', { x: '2' })
    await world.send('DELETE', `${POOLS}/gone`)
    // A hub that was made later, as after a restart: its window is empty.
    const hub = createWatchHub(world.store)
    const told: string[] = []
    hub.changesSince(from)?.itemsOf({
      info: undefined as never,
      fieldPaths: [],
      readField: () => '',
      positionOf: () => ({ namespace: '', name: '' }),
      get: () => undefined,
      list: () => ({ items: [] }),
      toWatchItems({ type, name, object }) {
        told.push(`${type} ${name} ${object?.metadata.labels?.['x'] ?? ''}`.trim())
        return []
      },
    })
    expect(told).toEqual(['ADDED b 1', 'MODIFIED a 2', 'DELETED gone'])
    expect(hub.changesSince(1)).toBeUndefined()
    hub.close()
  })

  test('a small window hands over to the journal without a gap', async () => {
    const hub = createWatchHub(world.store, 2)
    const from = version()
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) await pool(name)
    for (let after = from; after < version(); after++) {
      const names: string[] = []
      hub.changesSince(after)?.itemsOf({
        info: undefined as never,
        fieldPaths: [],
        readField: () => '',
        positionOf: () => ({ namespace: '', name: '' }),
        get: () => undefined,
        list: () => ({ items: [] }),
        toWatchItems(change) {
          names.push(change.name)
          return []
        },
      })
      expect(names).toEqual(['a', 'b', 'c', 'd', 'e', 'f'].slice(after - from))
    }
    hub.close()
  })
})
