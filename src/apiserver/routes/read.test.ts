import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Answer,
  type ApiWorld,
  createApiWorld,
  PREFIX,
  poolBody,
  runBody,
  TABLE,
} from '../../../test/world/api.ts'

let world: ApiWorld
beforeEach(async () => {
  world = createApiWorld()
  await world.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'other' } } })
  for (const name of ['a', 'b', 'c', 'd']) {
    const labels = { parity: 'ac'.includes(name) ? 'odd' : 'even' }
    await world.send('POST', `${PREFIX}/runs`, {
      body: runBody(name, { metadata: { name, labels } }),
    })
  }
  await world.send('POST', '/apis/capstan.dev/v1/namespaces/other/runs', { body: runBody('z') })
})
afterEach(() => world.close())

const names = (body: Answer): readonly string[] =>
  body.items.map((item: Answer) => item.metadata.name)

describe('list', () => {
  test('one namespace, or all of them', async () => {
    const one = await world.send('GET', `${PREFIX}/runs`)
    expect(one.body).toMatchObject({ kind: 'RunList', apiVersion: 'capstan.dev/v1' })
    expect(names(one.body)).toEqual(['a', 'b', 'c', 'd'])
    expect(one.body.metadata.resourceVersion).toBe(String(world.store.resourceVersion()))
    expect(names((await world.send('GET', '/apis/capstan.dev/v1/runs')).body)).toEqual([
      'a',
      'b',
      'c',
      'd',
      'z',
    ])
    const nowhere = await world.send('GET', '/apis/capstan.dev/v1/namespaces/nope/runs')
    expect(names(nowhere.body)).toEqual([])
  })

  test.each([
    ['labelSelector=parity%3Dodd', ['a', 'c']],
    ['fieldSelector=metadata.name%3Db', ['b']],
    ['fieldSelector=metadata.name!%3Db', ['a', 'c', 'd']],
    ['fieldSelector=metadata.name%3Dnope', []],
    ['fieldSelector=metadata.name%3Db&labelSelector=parity%3Dodd', []],
    ['limit=0', ['a', 'b', 'c', 'd']],
  ])('%s', async (query, expected) => {
    expect(names((await world.send('GET', `${PREFIX}/runs?${query}`)).body)).toEqual(expected)
  })

  test.each([
    ['', [['a', 'b'], ['c', 'd'], ['z']]],
    ['&labelSelector=parity%3Deven', [['b', 'd']]],
    [
      '&labelSelector=parity',
      [
        ['a', 'b'],
        ['c', 'd'],
      ],
    ],
  ])('in pages of two%s', async (query, expected) => {
    const pages: (readonly string[])[] = []
    const versions = new Set<string>()
    let next = ''
    do {
      const { body } = await world.send(
        'GET',
        `/apis/capstan.dev/v1/runs?limit=2${query}&continue=${next}`,
      )
      pages.push(names(body))
      versions.add(body.metadata.resourceVersion)
      next = body.metadata.continue ?? ''
      // Later pages carry the first one's version, whatever happens in between.
      await world.send('POST', `${PREFIX}/workpools`, { body: poolBody(`p${pages.length}`) })
    } while (next !== '')
    expect(pages.filter((page) => page.length > 0)).toEqual(expected)
    expect(versions.size).toBe(1)
  })

  test.each([
    ['continue=nonsense', 400, 'continue key is not valid'],
    ['limit=x', 400, 'whole number'],
    ['labelSelector=a+b', 400, 'unable to parse'],
    ['fieldSelector=spec.x%3D1', 400, 'field label not supported'],
    ['resourceVersion=99999999999999', 504, 'Too large resource version'],
    ['resourceVersion=1&resourceVersionMatch=Exact', 410, 'too old'],
    ['resourceVersionMatch=Exact', 400, 'forbidden unless resourceVersion'],
  ])('%s answers %i', async (query, status, message) => {
    const reply = await world.send('GET', `${PREFIX}/runs?${query}`)
    expect(reply.status).toBe(status)
    expect(reply.body.message).toContain(message)
  })

  test.each([
    'resourceVersion=0',
    'resourceVersion=1&resourceVersionMatch=NotOlderThan',
    'resourceVersion=',
  ])('%s is served from what is there', async (query) => {
    expect((await world.send('GET', `${PREFIX}/runs?${query}`)).status).toBe(200)
  })

  test('a continue token that is too old is 410', async () => {
    const token = Buffer.from(JSON.stringify([1, 'default', 'a'])).toString('base64url')
    const { body } = await world.send('GET', `${PREFIX}/runs?limit=2&continue=${token}`)
    expect(body).toMatchObject({ code: 410, reason: 'Expired' })
  })
})

test.each([
  ['application/json', 'items'],
  [TABLE, 'rows'],
])('a long list without a limit comes whole, as it is taken: %s', async (accept, member) => {
  world.store.transaction(() => {
    for (let index = 0; index < 2_500; index++) {
      world.store.objects.create({
        apiVersion: 'capstan.dev/v1',
        kind: 'Automation',
        metadata: {
          name: `a${index}`,
          namespace: 'default',
          uid: `uid-a${index}`,
          creationTimestamp: '2026-01-01T00:00:00Z',
        },
        spec: {},
      })
    }
  })
  const from = String(world.store.resourceVersion())
  const stream = await world.open(`${PREFIX}/automations`, { accept })
  while (!stream.isEnded()) await world.clock.advance(0)
  const list = JSON.parse(stream.text())
  expect(list[member]).toHaveLength(2_500)
  expect(list.metadata).toEqual({ resourceVersion: from })
  const last = `${PREFIX}/automations?fieldSelector=metadata.name!%3Da0&labelSelector=!x`
  const selected = await world.open(last)
  while (!selected.isEnded()) await world.clock.advance(0)
  expect(JSON.parse(selected.text()).items).toHaveLength(2_499)
  const cut = await world.open(`${PREFIX}/automations`)
  cut.stop()
  while (!cut.isEnded()) await world.clock.advance(0)
  expect(() => JSON.parse(cut.text())).toThrow()
})

test('a selector that chooses little gives pages that end early', async () => {
  world.store.transaction(() => {
    for (let index = 0; index < 6_000; index++) {
      world.store.objects.create({
        apiVersion: 'capstan.dev/v1',
        kind: 'Automation',
        metadata: {
          name: `a${String(index).padStart(5, '0')}`,
          namespace: 'default',
          uid: `uid-a${index}`,
          creationTimestamp: '2026-01-01T00:00:00Z',
          ...(index === 5_500 ? { labels: { rare: 'yes' } } : {}),
        },
        spec: {},
      })
    }
  })
  const path = `${PREFIX}/automations?labelSelector=rare&limit=10`
  const first = await world.send('GET', path)
  expect(names(first.body)).toEqual([])
  const second = await world.send('GET', `${path}&continue=${first.body.metadata.continue}`)
  expect(names(second.body)).toEqual(['a05500'])
  expect(second.body.metadata.continue).toBeUndefined()
})

describe('tables', () => {
  const table = async (path: string): Promise<Answer> =>
    (await world.send('GET', path, { accept: TABLE })).body

  test('carry columns, cells and the metadata of each object', async () => {
    world.store.transaction(() =>
      world.store.objects.setStatus(
        { kind: 'Run', namespace: 'default', name: 'a' },
        world.store.objects.get({ kind: 'Run', namespace: 'default', name: 'a' })?.metadata.uid ??
          '',
        {
          state: { type: 'FAILED', name: 'Failed', message: 'exit code 3', timestamp: '' },
          exitCode: 3,
          attempts: [{ number: 1 }, { number: 2 }],
          identifier: 'c::arn:aws:ecs:eu-west-1:1:task/c/0123',
        },
      ),
    )
    await world.clock.advance(90_000)
    const body = await table(`${PREFIX}/runs`)
    expect(body).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' })
    expect(body.columnDefinitions.map((column: Answer) => [column.name, column.priority])).toEqual([
      ['Name', 0],
      ['State', 0],
      ['Exit', 0],
      ['Pool', 0],
      ['Age', 0],
      ['Attempts', 1],
      ['Task', 1],
      ['Reason', 1],
    ])
    expect(body.rows[0].cells).toEqual([
      'a',
      'Failed',
      '3',
      'default',
      '90s',
      2,
      '0123',
      'exit code 3',
    ])
    expect(body.rows[1].cells).toEqual(['b', '', '', 'default', '90s', 0, '', ''])
    expect(body.rows[0].object).toMatchObject({
      kind: 'PartialObjectMetadata',
      metadata: { name: 'a' },
    })
    expect(body.rows[0].object.spec).toBeUndefined()
  })

  test('includeObject says how much of it', async () => {
    expect((await table(`${PREFIX}/runs?includeObject=None`)).rows[0].object).toBeUndefined()
    expect((await table(`${PREFIX}/runs?includeObject=Object`)).rows[0].object.spec).toBeDefined()
  })

  test('a run of a deployment shows the pool of the deployment', async () => {
    await world.send('POST', `${PREFIX}/deployments`, {
      body: { metadata: { name: 'nightly' }, spec: { workPool: 'etl', template: { image: 'x' } } },
    })
    await world.send('POST', `${PREFIX}/runs`, {
      body: runBody('n', { spec: { deployment: 'nightly' } }),
    })
    const { rows } = await table(`${PREFIX}/runs?fieldSelector=metadata.name%3Dn`)
    expect(rows[0].cells[3]).toBe('etl')
  })

  const at = (minutes: number): string =>
    new Date(world.clock.nowMs() + minutes * 60_000).toISOString()
  test.each<readonly [string, () => object, () => object, readonly unknown[]]>([
    ['workpools', () => ({ concurrencyLimit: 9 }), () => ({ active: 2, queued: 7 }), [9, 2, 7]],
    ['workpools', () => ({}), () => ({}), [null, null, null]],
    [
      'deployments',
      () => ({ workPool: 'etl', suspend: true, template: { image: 'x' } }),
      () => ({ nextScheduleTimes: [at(15)] }),
      ['etl', true, '15m'],
    ],
    ['deployments', () => ({ template: { image: 'x' } }), () => ({}), ['default', false, '<none>']],
    [
      'automations',
      () => ({ trigger: { type: 'event', expect: ['capstan.run.Failed'] } }),
      () => ({ lastFiredTime: at(-5) }),
      [true, '5m'],
    ],
  ])('%s show what matters (%#)', async (plural, spec, status, cells) => {
    const path = `${PREFIX}/${plural}`
    await world.send('POST', path, { body: { metadata: { name: 'x' }, spec: spec() } })
    await world.send('PUT', `${path}/x/status`, { body: { status: status() } })
    const { rows } = await table(`${path}/x`)
    expect(rows[0].cells).toEqual(['x', ...cells, '0s'])
  })

  test('of one object', async () => {
    expect((await table(`${PREFIX}/runs/a`)).rows).toHaveLength(1)
  })

  test('metadata alone', async () => {
    const accept = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io'
    const { body } = await world.send('GET', `${PREFIX}/runs`, { accept })
    expect(body.kind).toBe('PartialObjectMetadataList')
    expect(body.items[0]).toMatchObject({ kind: 'PartialObjectMetadata', metadata: { name: 'a' } })
  })

  test('protobuf alone is 406', async () => {
    const accept = 'application/vnd.kubernetes.protobuf'
    expect((await world.send('GET', `${PREFIX}/runs`, { accept })).status).toBe(406)
  })
})

describe('events', () => {
  beforeEach(() => {
    const runs = world.store.objects.list({ kind: 'Run' })
    world.store.transaction(() => {
      for (const { metadata } of runs) {
        const regarding = { kind: 'Run' as const, ...metadata }
        const event = {
          regarding,
          type: 'Normal' as const,
          reason: 'Launched',
          message: 'task started',
        }
        world.store.events.record(event, world.clock.nowMs())
        world.store.events.record(event, world.clock.nowMs() + 60_000)
      }
    })
  })

  test('are core/v1 events with a count and two times', async () => {
    const uid = world.store.objects.get({ kind: 'Run', namespace: 'default', name: 'a' })?.metadata
      .uid
    const selector = encodeURIComponent(`involvedObject.uid=${uid},involvedObject.kind=Run`)
    const { body } = await world.send(
      'GET',
      `/api/v1/namespaces/default/events?fieldSelector=${selector}`,
    )
    expect(body.items).toMatchObject([
      {
        kind: 'Event',
        involvedObject: {
          kind: 'Run',
          name: 'a',
          namespace: 'default',
          apiVersion: 'capstan.dev/v1',
        },
        reason: 'Launched',
        count: 2,
        firstTimestamp: '2026-01-01T00:00:00Z',
        lastTimestamp: '2026-01-01T00:01:00Z',
      },
    ])
    const { name } = body.items[0].metadata
    expect((await world.send('GET', `/api/v1/namespaces/default/events/${name}`)).status).toBe(200)
  })

  test('of all namespaces; nobody writes them', async () => {
    expect((await world.send('GET', '/api/v1/events')).body.items).toHaveLength(5)
    expect(
      (await world.send('POST', '/api/v1/namespaces/default/events', { body: {} })).status,
    ).toBe(405)
  })
})
