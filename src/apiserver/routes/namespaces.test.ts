import { afterEach, beforeEach, expect, test } from 'vitest'
import {
  type ApiWorld,
  createApiWorld,
  MERGE,
  namesIn,
  poolBody,
  runBody,
} from '../../../test/world/api.ts'
import { MessageWriter } from '../protobuf.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

const create = (name: unknown, query = '') =>
  world.send('POST', `/api/v1/namespaces${query}`, { body: { metadata: { name } } })
const inside = '/apis/capstan.dev/v1/namespaces/team/'

test('a namespace is made, read and listed', async () => {
  const { status, body } = await create('team')
  expect(status).toBe(201)
  expect(body).toMatchObject({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: 'team', labels: { 'kubernetes.io/metadata.name': 'team' } },
    status: { phase: 'Active' },
  })
  expect((await world.send('GET', '/api/v1/namespaces/team')).body.metadata.uid).toBe(
    body.metadata.uid,
  )
  const list = await world.send('GET', '/api/v1/namespaces')
  expect(list.body.items).toHaveLength(2)
})

test('as protobuf, as kubectl from 1.32 on sends it', async () => {
  const namespace = new MessageWriter().message(1, new MessageWriter().text(1, 'team'))
  const type = new MessageWriter().text(1, 'v1').text(2, 'Namespace')
  const unknown = new MessageWriter().message(1, type).bytes(2, namespace.finish())
  const body = Buffer.concat([Buffer.from('k8s\0'), unknown.finish()])
  const options = { body, type: 'application/vnd.kubernetes.protobuf' }
  expect((await world.send('POST', '/api/v1/namespaces', options)).body.metadata.name).toBe('team')
  for (const wrong of [Buffer.from('k8s\0xxx'), Buffer.from('nonsense'), Buffer.alloc(0)]) {
    const reply = await world.send('POST', '/api/v1/namespaces', { ...options, body: wrong })
    expect(reply.status).toBe(415)
  }
})

test.each([
  ['default', 409],
  ['Team', 422],
  ['a.b', 422],
  ['x'.repeat(64), 422],
  [undefined, 422],
  [7, 422],
])('the name %j answers %i', async (name, status) => {
  expect((await create(name)).status).toBe(status)
})

test('a dry run makes nothing', async () => {
  expect((await create('team', '?dryRun=All')).status).toBe(201)
  expect((await world.send('GET', '/api/v1/namespaces/team')).status).toBe(404)
})

test('deleting one takes its contents, and waits for what is held', async () => {
  await create('team')
  await world.send('POST', `${inside}workpools`, { body: poolBody('etl') })
  await world.send('POST', `${inside}runs`, { body: runBody('hello') })
  const { body } = await world.send('DELETE', '/api/v1/namespaces/team')
  expect(body).toMatchObject({ kind: 'Namespace', status: { phase: 'Terminating' } })
  expect(namesIn(world.store)).toEqual(['Run/hello'])
  const again = await world.send('DELETE', '/api/v1/namespaces/team')
  expect(again.status).toBe(200)
  await world.send('PATCH', `${inside}runs/hello`, {
    body: { metadata: { finalizers: null } },
    type: MERGE,
  })
  expect((await world.send('GET', '/api/v1/namespaces/team')).status).toBe(404)
})

test('an empty one goes at once', async () => {
  await create('team')
  const { body } = await world.send('DELETE', '/api/v1/namespaces/team')
  expect(body).toMatchObject({ kind: 'Status', status: 'Success' })
})

test('default stays, and what is missing is missing', async () => {
  const { body } = await world.send('DELETE', '/api/v1/namespaces/default')
  expect(body).toMatchObject({
    code: 403,
    message: 'namespaces "default" is forbidden: this namespace may not be deleted',
  })
  expect((await world.send('DELETE', '/api/v1/namespaces/nope')).status).toBe(404)
})

const TEAM = '/api/v1/namespaces/team'
const withMeta = (metadata: object) =>
  world.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'team', ...metadata } } })

test('labels and annotations are kept, selected by and watched', async () => {
  const { body } = await withMeta({ labels: { tier: 'gold' }, annotations: { note: 'x' } })
  expect(body.metadata).toMatchObject({
    labels: { tier: 'gold', 'kubernetes.io/metadata.name': 'team' },
    annotations: { note: 'x' },
  })
  const selected = await world.send('GET', '/api/v1/namespaces?labelSelector=tier%3Dgold')
  expect(selected.body.items).toHaveLength(1)
  const watch = await world.open('/api/v1/namespaces?watch=1&labelSelector=tier%3Dgold')
  await world.send('PATCH', TEAM, { body: { metadata: { labels: { a: 'b' } } }, type: MERGE })
  expect(watch.frames().map(({ type, object }) => [type, object.metadata.labels.a])).toEqual([
    ['ADDED', undefined],
    ['MODIFIED', 'b'],
  ])
})

test.each([
  ['application/merge-patch+json', { metadata: { labels: { tier: null, a: 'b' } } }],
  ['application/strategic-merge-patch+json', { metadata: { labels: { tier: null, a: 'b' } } }],
  [
    'application/json-patch+json',
    [
      { op: 'remove', path: '/metadata/labels/tier' },
      { op: 'add', path: '/metadata/labels/a', value: 'b' },
    ],
  ],
])('%s', async (type, body) => {
  await withMeta({ labels: { tier: 'gold' } })
  const reply = await world.send('PATCH', TEAM, { body, type })
  expect(reply.body.metadata.labels).toEqual({ a: 'b', 'kubernetes.io/metadata.name': 'team' })
  const dry = await world.send('PATCH', `${TEAM}?dryRun=All`, {
    body: { metadata: { labels: { dry: 'run' } } },
    type: MERGE,
  })
  expect(dry.body.metadata.labels).toMatchObject({ dry: 'run' })
  expect((await world.send('GET', TEAM)).body.metadata.labels).not.toHaveProperty('dry')
})

test('an apply patch makes it, then adds', async () => {
  const apply = (labels: object) =>
    world.send('PATCH', `${TEAM}?fieldManager=x`, {
      body: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'team', labels } },
      type: 'application/apply-patch+yaml',
    })
  expect((await apply({ a: 'b' })).status).toBe(201)
  expect((await apply({ c: 'd' })).body.metadata.labels).toMatchObject({ a: 'b', c: 'd' })
})

test('PUT replaces, unless it is based on an old version', async () => {
  const { body } = await withMeta({ labels: { tier: 'gold' } })
  const next = { ...body, metadata: { ...body.metadata, labels: { a: 'b' } } }
  const put = await world.send('PUT', TEAM, { body: next })
  expect(put.body.metadata.labels).toEqual({ a: 'b', 'kubernetes.io/metadata.name': 'team' })
  expect((await world.send('PUT', TEAM, { body: next })).status).toBe(409)
  const again = await world.send('PUT', TEAM, { body: put.body })
  expect(again.body.metadata.resourceVersion).toBe(put.body.metadata.resourceVersion)
})

test.each([
  [{ labels: { a: 'b c' } }, 422],
  [{ labels: { '-a': 'b' } }, 422],
  [{ labels: { a: 1 } }, 400],
  [{ annotations: { a: {} } }, 400],
  [{ name: 'other' }, 400],
  [{ uid: 'other' }, 409],
])('metadata %j answers %i', async (metadata, status) => {
  await withMeta({})
  const reply = await world.send('PATCH', TEAM, { body: { metadata }, type: MERGE })
  expect(reply.status).toBe(status)
})
