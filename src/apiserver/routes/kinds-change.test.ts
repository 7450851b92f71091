import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ApiWorld,
  createApiWorld,
  JSON_PATCH,
  MERGE,
  POOLS,
  poolBody,
  type Reply,
  RUNS,
  runBody,
} from '../../../test/world/api.ts'

let world: ApiWorld

beforeEach(() => {
  world = createApiWorld()
})

afterEach(() => world.close())

function create(path: string, body: unknown, query = ''): Promise<Reply> {
  return world.send('POST', `${path}${query}`, { body })
}

/** Writes status as the run's controller would. */
function launch(name: string): void {
  const key = { kind: 'Run', namespace: 'default', name } as const
  const uid = world.store.objects.get(key)?.metadata.uid ?? ''
  const status = { attempts: [{ number: 1 }] }
  world.store.transaction(() => world.store.objects.setStatus(key, uid, status))
}

describe('update', () => {
  test('generation grows with spec alone, and a write that changes nothing keeps the version', async () => {
    const { body: first } = await create(POOLS, poolBody('etl'))
    const same = await world.send('PUT', `${POOLS}/etl`, { body: first })
    expect(same.body.metadata.resourceVersion).toBe(first.metadata.resourceVersion)
    const labelled = await world.send('PATCH', `${POOLS}/etl`, {
      body: { metadata: { labels: { a: 'b' } } },
      type: MERGE,
    })
    expect(labelled.body.metadata).toMatchObject({ generation: 1, labels: { a: 'b' } })
    const changed = await world.send('PATCH', `${POOLS}/etl`, {
      body: { spec: { concurrencyLimit: 6 } },
      type: MERGE,
    })
    expect(changed.body.metadata.generation).toBe(2)
  })

  test('leaves status and server-written metadata alone', async () => {
    const { body: first } = await create(POOLS, poolBody('etl'))
    const key = { kind: 'WorkPool', namespace: 'default', name: 'etl' } as const
    world.store.transaction(() =>
      world.store.objects.setStatus(key, first.metadata.uid, { active: 3 }),
    )
    const { body } = await world.send('PUT', `${POOLS}/etl`, {
      body: {
        ...poolBody('etl', { status: { active: 99 } }),
        metadata: { name: 'etl', creationTimestamp: '2020-01-01T00:00:00Z', generation: 9 },
      },
    })
    expect(body.status).toEqual({ active: 3 })
    expect(body.metadata).toMatchObject({
      uid: first.metadata.uid,
      creationTimestamp: '2026-01-01T00:00:00Z',
      generation: 1,
    })
  })

  test.each([
    ['a stale version', { resourceVersion: '1' }, 409, 'the object has been modified'],
    ['another uid', { uid: 'other' }, 409, 'UID in precondition: other'],
    ['another name', { name: 'b' }, 400, 'does not match the name on the URL'],
  ])('refuses %s', async (_, metadata, status, message) => {
    await create(POOLS, poolBody('etl'))
    const reply = await world.send('PUT', `${POOLS}/etl`, {
      body: poolBody('etl', { metadata: { name: 'etl', ...metadata } }),
    })
    expect(reply.status).toBe(status)
    expect(reply.body.message).toContain(message)
  })

  test('what is not there is 404', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      const body = method === 'PUT' ? poolBody('etl') : undefined
      const reply = await world.send(method, `${POOLS}/etl`, { body })
      expect(reply.body).toMatchObject({
        code: 404,
        message: 'workpools.capstan.dev "etl" not found',
        details: { name: 'etl', group: 'capstan.dev', kind: 'workpools' },
      })
    }
  })

  test('dry run checks and answers, and writes nothing', async () => {
    const { store } = world
    const before = store.resourceVersion()
    const made = await create(POOLS, poolBody('etl'), '?dryRun=All')
    expect(made.status).toBe(201)
    expect(made.body.metadata.uid).toBeDefined()
    expect(store.resourceVersion()).toBe(before)
    await create(POOLS, poolBody('etl'))
    const version = store.resourceVersion()
    const patched = await world.send('PATCH', `${POOLS}/etl?dryRun=All`, {
      body: { spec: { concurrencyLimit: 9 } },
      type: MERGE,
    })
    expect(patched.body).toMatchObject({
      metadata: { generation: 2 },
      spec: { concurrencyLimit: 9 },
    })
    await world.send('DELETE', `${POOLS}/etl?dryRun=All`)
    await world.send('PATCH', `${POOLS}/etl/status?dryRun=All`, {
      body: { status: { a: 1 } },
      type: MERGE,
    })
    await world.send('PATCH', `${POOLS}/etl/scale?dryRun=All`, {
      body: { spec: { replicas: 3 } },
      type: MERGE,
    })
    expect(store.resourceVersion()).toBe(version)
    expect((await create(POOLS, poolBody('b'), '?dryRun=Some')).status).toBe(400)
  })
})

describe('patch', () => {
  beforeEach(async () => {
    await create(POOLS, poolBody('etl', { spec: { concurrencyLimit: 5, suspend: true } }))
  })
  const patch = (type: string, body: unknown): Promise<Reply> =>
    world.send('PATCH', `${POOLS}/etl`, { body, type })

  test('merge', async () => {
    const { body } = await patch(MERGE, { spec: { suspend: null, concurrencyLimit: 7 } })
    expect(body.spec).toEqual({ concurrencyLimit: 7 })
  })

  test('JSON patch', async () => {
    const { body } = await patch(JSON_PATCH, [
      { op: 'test', path: '/spec/concurrencyLimit', value: 5 },
      { op: 'replace', path: '/spec/concurrencyLimit', value: 8 },
      { op: 'remove', path: '/spec/suspend' },
    ])
    expect(body.spec).toEqual({ concurrencyLimit: 8 })
  })

  test('of a JSON patch that does not fit kubectl prints the message: the details name nothing', async () => {
    const { body } = await patch(JSON_PATCH, [{ op: 'remove', path: '/spec/nope' }])
    expect(body.reason).toBe('Invalid')
    expect(body.details).toEqual({})
  })

  test.each([
    [
      'strategic merge',
      'application/strategic-merge-patch+json',
      {},
      415,
      'application/merge-patch+json',
    ],
    ['no type at all', '', {}, 415, 'unknown format'],
    [
      'a JSON patch that does not fit',
      JSON_PATCH,
      [{ op: 'remove', path: '/spec/nope' }],
      422,
      'operation 0',
    ],
    ['something that is no patch', JSON_PATCH, { op: 'remove' }, 400, 'list of operations'],
    [
      'an endless patch',
      JSON_PATCH,
      Array.from({ length: 10_001 }, () => ({ op: 'test', path: '', value: 1 })),
      413,
      '10000',
    ],
    ['a merge patch that is a list', MERGE, [], 400, 'JSON object'],
    [
      'a stale version inside',
      MERGE,
      { metadata: { resourceVersion: '1' } },
      409,
      'has been modified',
    ],
    ['a changed name', MERGE, { metadata: { name: 'b' } }, 400, 'does not match'],
  ])('refuses %s', async (...row) => {
    const [, type, body, status, message] = row
    const reply = await patch(type, body)
    expect(reply.status).toBe(status)
    expect(reply.body.message).toContain(message)
  })
})

describe('a launched run', () => {
  beforeEach(async () => {
    await create(RUNS, runBody('hello'))
    launch('hello')
  })
  const patch = (spec: unknown): Promise<Reply> =>
    world.send('PATCH', `${RUNS}/hello`, { body: { spec }, type: MERGE })

  test('keeps its spec, but for suspend and cancel', async () => {
    const refused = await patch({ template: { image: 'other' }, priority: 3 })
    expect(refused.body).toMatchObject({
      code: 422,
      details: { causes: [{ reason: 'FieldValueForbidden', field: 'spec.template' }] },
    })
    expect(refused.body.message).toContain('changed: template, priority')
    expect(refused.body.message).toContain('capstan.dev/rerun')
    expect((await patch({ cancel: true, suspend: true })).status).toBe(200)
  })

  test('takes labels and annotations', async () => {
    const { status } = await world.send('PATCH', `${RUNS}/hello`, {
      body: { metadata: { annotations: { 'capstan.dev/rerun': 'again' } } },
      type: MERGE,
    })
    expect(status).toBe(200)
  })

  test('one that is not launched may still change', async () => {
    await create(RUNS, runBody('fresh'))
    const { status } = await world.send('PATCH', `${RUNS}/fresh`, {
      body: { spec: { template: { image: 'other' } } },
      type: MERGE,
    })
    expect(status).toBe(200)
  })
})

describe('status', () => {
  test('is written through its own path alone', async () => {
    await create(POOLS, poolBody('etl'))
    const { body } = await world.send('PATCH', `${POOLS}/etl/status`, {
      body: { spec: { concurrencyLimit: 99 }, status: { active: 2 } },
      type: MERGE,
    })
    expect(body).toMatchObject({ spec: { concurrencyLimit: 5 }, status: { active: 2 } })
    expect(body.metadata.generation).toBe(1)
    const put = await world.send('PUT', `${POOLS}/etl/status`, {
      body: poolBody('etl', { status: { active: 3 } }),
    })
    expect(put.body.status).toEqual({ active: 3 })
    expect((await world.send('GET', `${POOLS}/etl/status`)).body.status).toEqual({ active: 3 })
  })

  test('belongs to admins', async () => {
    await create(POOLS, poolBody('etl'))
    const options = { body: { status: { active: 2 } }, type: MERGE }
    const reply = await world.send('PATCH', `${POOLS}/etl/status`, { ...options, role: 'edit' })
    expect(reply.status).toBe(403)
  })
})

describe('scale', () => {
  test('is the concurrency limit', async () => {
    await create(POOLS, poolBody('etl'))
    const get = await world.send('GET', `${POOLS}/etl/scale`)
    expect(get.body).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      metadata: { name: 'etl', namespace: 'default' },
      spec: { replicas: 5 },
      status: { replicas: 0 },
    })
    const patched = await world.send('PATCH', `${POOLS}/etl/scale`, {
      body: { spec: { replicas: 7 } },
      type: MERGE,
    })
    expect(patched.body.spec.replicas).toBe(7)
    // kubectl scale --current-replicas sends no Content-Type.
    const put = await world.send('PUT', `${POOLS}/etl/scale`, {
      body: { ...get.body, metadata: { name: 'etl' }, spec: { replicas: 8 } },
    })
    expect(put.body.spec.replicas).toBe(8)
    const pool = await world.send('GET', `${POOLS}/etl`)
    expect(pool.body.spec).toEqual({ concurrencyLimit: 8 })
  })

  test('of a pool without a limit has no replicas', async () => {
    await create(POOLS, poolBody('free', { spec: {} }))
    const { body } = await world.send('GET', `${POOLS}/free/scale`)
    expect(body.spec).toEqual({})
  })

  test.each([[-1], [1.5], ['7'], [null]])('%j is refused', async (replicas) => {
    await create(POOLS, poolBody('etl'))
    const reply = await world.send('PUT', `${POOLS}/etl/scale`, { body: { spec: { replicas } } })
    expect(reply.body).toMatchObject({
      code: 422,
      details: { causes: [{ field: 'spec.replicas' }] },
    })
  })

  test('a stale version is refused', async () => {
    await create(POOLS, poolBody('etl'))
    const body = { metadata: { resourceVersion: '1' }, spec: { replicas: 3 } }
    expect((await world.send('PUT', `${POOLS}/etl/scale`, { body })).status).toBe(409)
  })
})
