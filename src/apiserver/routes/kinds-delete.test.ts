import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ApiWorld,
  createApiWorld,
  MERGE,
  POOLS,
  PREFIX,
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

describe('delete', () => {
  test('answers a Status with the uid when the object is gone', async () => {
    const { body: pool } = await create(POOLS, poolBody('etl'))
    const { status, body } = await world.send('DELETE', `${POOLS}/etl`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      kind: 'Status',
      status: 'Success',
      details: { name: 'etl', group: 'capstan.dev', kind: 'workpools', uid: pool.metadata.uid },
    })
    expect((await world.send('GET', `${POOLS}/etl`)).status).toBe(404)
  })

  test('answers the object while a finalizer holds it', async () => {
    await create(RUNS, runBody('hello'))
    const { body } = await world.send('DELETE', `${RUNS}/hello`)
    expect(body.metadata).toMatchObject({
      deletionTimestamp: '2026-01-01T00:00:00Z',
      finalizers: ['capstan.dev/task'],
    })
    world.store.transaction(() =>
      world.store.objects.removeFinalizer(
        { kind: 'Run', namespace: 'default', name: 'hello' },
        body.metadata.uid,
        'capstan.dev/task',
      ),
    )
    expect((await world.send('GET', `${RUNS}/hello`)).status).toBe(404)
  })

  test('the task finalizer cannot be left out by accident, but taken off by force', async () => {
    const { body: run } = await create(RUNS, runBody('hello'))
    const kept = await world.send('PUT', `${RUNS}/hello`, { body: runBody('hello') })
    expect(kept.body.metadata.finalizers).toEqual(['capstan.dev/task'])
    await world.send('DELETE', `${RUNS}/hello`)
    const more = await world.send('PATCH', `${RUNS}/hello`, {
      body: { metadata: { finalizers: ['capstan.dev/task', 'x/y'] } },
      type: MERGE,
    })
    expect(more.body.message).toContain('no new finalizers can be added')
    await world.send('PATCH', `${RUNS}/hello`, {
      body: { metadata: { finalizers: null } },
      type: MERGE,
    })
    expect(world.store.objects.getByUid(run.metadata.uid)).toBeUndefined()
  })

  test.each([
    [{ preconditions: { uid: 'other' } }, 409],
    [{ preconditions: { resourceVersion: '1' } }, 409],
    [{ propagationPolicy: 'Sideways' }, 400],
    [{ dryRun: ['Some'] }, 400],
    [
      {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        propagationPolicy: 'Background',
        gracePeriodSeconds: 0,
      },
      200,
    ],
  ])('options %j answer %i', async (body, status) => {
    await create(POOLS, poolBody('etl'))
    expect((await world.send('DELETE', `${POOLS}/etl`, { body })).status).toBe(status)
  })

  test('a collection goes by selector', async () => {
    for (const name of ['a', 'b', 'c']) {
      const labels = { tier: name === 'c' ? 'kept' : 'gone' }
      await create(POOLS, poolBody(name, { metadata: { name, labels } }))
    }
    const { body } = await world.send('DELETE', `${POOLS}?labelSelector=tier%3Dgone`)
    expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual([
      'a',
      'b',
    ])
    const left = await world.send('GET', POOLS)
    expect(left.body.items).toHaveLength(1)
  })
})

describe('ownership', () => {
  async function family(): Promise<{ owner: string }> {
    const { body: deployment } = await create(`${PREFIX}/deployments`, {
      metadata: { name: 'nightly' },
      spec: { template: { image: 'busybox' } },
    })
    const owner = deployment.metadata.uid
    const ownerReferences = [
      { apiVersion: 'capstan.dev/v1', kind: 'Deployment', name: 'nightly', uid: owner },
    ]
    await create(POOLS, poolBody('child', { metadata: { name: 'child', ownerReferences } }))
    await create(RUNS, runBody('run', { metadata: { name: 'run', ownerReferences } }))
    return { owner }
  }
  const remove = (propagationPolicy: string): Promise<Reply> =>
    world.send('DELETE', `${PREFIX}/deployments/nightly?propagationPolicy=${propagationPolicy}`)

  test('Background: what an object owns goes with it', async () => {
    await family()
    expect((await remove('Background')).body.status).toBe('Success')
    expect((await world.send('GET', `${POOLS}/child`)).status).toBe(404)
    const run = await world.send('GET', `${RUNS}/run`)
    expect(run.body.metadata.deletionTimestamp).toBeDefined()
  })

  test('Foreground: the owner waits for the last of it', async () => {
    await family()
    const { body } = await remove('Foreground')
    expect(body.metadata.finalizers).toEqual(['foregroundDeletion'])
    await world.send('PATCH', `${RUNS}/run`, {
      body: { metadata: { finalizers: null } },
      type: MERGE,
    })
    expect((await world.send('GET', `${PREFIX}/deployments/nightly`)).status).toBe(404)
  })

  test('Orphan: it stays, without its owner', async () => {
    await family()
    await remove('Orphan')
    const child = await world.send('GET', `${POOLS}/child`)
    expect(child.body.metadata.ownerReferences).toBeUndefined()
  })

  test('a run under way that goes with its owner is told of, also before it happens', async () => {
    await family()
    await create(RUNS, runBody('alone'))
    const told =
      '299 - "deployment \\"nightly\\" takes along a run under way: run (--cascade=orphan leaves them running)"'
    const asked = await world.send('DELETE', `${PREFIX}/deployments/nightly?dryRun=All`)
    expect(asked.headers['warning']).toEqual([told])
    expect((await remove('Background')).headers['warning']).toEqual([told])
  })

  test('one that is over is not', async () => {
    await family()
    const { body: run } = await world.send('GET', `${RUNS}/run`)
    world.store.transaction(() =>
      world.store.objects.setStatus(
        { kind: 'Run', namespace: 'default', name: 'run' },
        run.metadata.uid,
        { state: { type: 'COMPLETED', name: 'Completed' } },
      ),
    )
    expect((await remove('Background')).headers['warning']).toBeUndefined()
  })

  test('nor is one that another owner keeps', async () => {
    const { owner } = await family()
    const { body: other } = await create(`${PREFIX}/deployments`, {
      metadata: { name: 'hourly' },
      spec: { template: { image: 'busybox' } },
    })
    const ownerReferences = [owner, other.metadata.uid].map((uid) => ({
      apiVersion: 'capstan.dev/v1',
      kind: 'Deployment',
      name: 'x',
      uid,
    }))
    await world.send('PATCH', `${RUNS}/run`, {
      body: { metadata: { ownerReferences } },
      type: MERGE,
    })
    expect((await remove('Background')).headers['warning']).toBeUndefined()
    expect((await world.send('GET', `${RUNS}/run`)).body.metadata.deletionTimestamp).toBeUndefined()
  })

  test('of many the first are named', async () => {
    const { owner } = await family()
    const ownerReferences = [
      { apiVersion: 'capstan.dev/v1', kind: 'Deployment', name: 'nightly', uid: owner },
    ]
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f']) {
      await create(RUNS, runBody(name, { metadata: { name, ownerReferences } }))
    }
    const [told] = (await remove('Background')).headers['warning'] ?? []
    expect(told).toContain('takes along 7 runs under way: a, b, c, d, e and 2 more (')
  })
})
