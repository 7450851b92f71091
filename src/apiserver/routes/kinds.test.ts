import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ApiWorld,
  createApiWorld,
  JSON_PATCH,
  MERGE,
  PREFIX,
  poolBody,
  type Reply,
  runBody,
} from '../../../test/world/api.ts'
import { MAX_BODY_DEPTH } from '../body.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

const RUNS = `${PREFIX}/runs`
const POOLS = `${PREFIX}/workpools`

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

describe('create', () => {
  test('answers the object with what the server adds', async () => {
    const { status, body } = await create(RUNS, runBody('hello'))
    expect(status).toBe(201)
    expect(body).toMatchObject({
      apiVersion: 'capstan.dev/v1',
      kind: 'Run',
      metadata: {
        name: 'hello',
        namespace: 'default',
        generation: 1,
        creationTimestamp: '2026-01-01T00:00:00Z',
        finalizers: ['capstan.dev/task'],
      },
      spec: { template: { image: 'busybox' } },
    })
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(body.metadata.managedFields).toMatchObject([{ manager: 'test', operation: 'Update' }])
  })

  test('defaults stay out of spec', async () => {
    const { body } = await create(POOLS, poolBody('etl'))
    expect(body.spec).toEqual({ concurrencyLimit: 5 })
    expect(body.metadata.finalizers).toBeUndefined()
  })

  test('what the server writes cannot be chosen', async () => {
    const metadata = {
      name: 'etl',
      uid: 'mine',
      generation: 7,
      resourceVersion: '5',
      creationTimestamp: '2020-01-01T00:00:00Z',
      deletionTimestamp: '2020-01-01T00:00:00Z',
    }
    const { body } = await create(POOLS, { ...poolBody('etl'), metadata, status: { active: 9 } })
    expect(body.metadata).toMatchObject({
      generation: 1,
      creationTimestamp: '2026-01-01T00:00:00Z',
    })
    expect(body.metadata.uid).not.toBe('mine')
    expect(body.metadata.deletionTimestamp).toBeUndefined()
    expect(body.status).toBeUndefined()
  })

  test('generateName is completed by five characters', async () => {
    const body = { ...runBody('x'), metadata: { generateName: 'hello-' } }
    const first = await create(RUNS, body)
    const second = await create(RUNS, body)
    expect(first.body.metadata.name).toMatch(/^hello-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
    expect(second.body.metadata.name).not.toBe(first.body.metadata.name)
    expect(first.body.metadata.generateName).toBe('hello-')
  })

  test('YAML is taken as well', async () => {
    const body = 'kind: Run\nmetadata: {name: hello}\nspec: {template: {image: busybox}}\n'
    const { status } = await world.send('POST', RUNS, { body, type: 'application/yaml' })
    expect(status).toBe(201)
  })

  test.each([
    [
      'a name that is taken',
      runBody('taken'),
      409,
      'AlreadyExists',
      'runs.capstan.dev "taken" already exists',
    ],
    ['no name', { ...runBody('x'), metadata: {} }, 422, 'Invalid', 'metadata.name: Required value'],
    ['another kind', poolBody('x'), 400, 'BadRequest', 'this path takes capstan.dev/v1 Run'],
    [
      'another namespace',
      { ...runBody('x'), metadata: { name: 'x', namespace: 'b' } },
      400,
      'BadRequest',
      'does not match the namespace',
    ],
    ['a bad name', runBody('Bad_Name'), 422, 'Invalid', 'metadata.name: Invalid value'],
    [
      'a wrong type',
      runBody('x', { spec: { template: { cpu: true } } }),
      422,
      'Invalid',
      'spec.template.cpu: Invalid value: expected',
    ],
    ['spec that is a list', runBody('x', { spec: [] }), 422, 'Invalid', 'spec'],
    ['a list', [], 400, 'BadRequest', 'one JSON object'],
    ['no JSON', '{"a":', 400, 'BadRequest', 'error decoding JSON'],
    ['nothing', '', 400, 'BadRequest', 'no body'],
    [
      '__proto__',
      '{"metadata":{"name":"x"},"spec":{"template":{"env":{"__proto__":{}}}}}',
      400,
      'BadRequest',
      '"__proto__" is not allowed',
    ],
    ['an abyss', `${'['.repeat(100_000)}`, 400, 'BadRequest', 'decoding JSON'],
    [
      'a deep object',
      `${'{"a":'.repeat(MAX_BODY_DEPTH + 1)}1${'}'.repeat(MAX_BODY_DEPTH + 1)}`,
      400,
      'BadRequest',
      'nested deeper',
    ],
  ])('refuses %s', async (...row) => {
    const [, body, status, reason, message] = row
    await create(RUNS, runBody('taken'))
    const reply = await create(RUNS, body)
    expect(reply.body).toMatchObject({ kind: 'Status', status: 'Failure', code: status, reason })
    expect(reply.status).toBe(status)
    expect(reply.body.message).toContain(message)
  })

  test('a mistake in the text does not quote it', async () => {
    const { body } = await create(RUNS, '{"spec":{"env":{"PASSWORD":"hunter2"')
    expect(JSON.stringify(body)).not.toContain('hunter2')
  })

  test('causes name each field', async () => {
    const { body } = await create(POOLS, poolBody('etl', { spec: { concurrencyLimit: -1 } }))
    expect(body.details).toMatchObject({
      name: 'etl',
      kind: 'WorkPool',
      causes: [{ reason: 'FieldValueInvalid', field: 'spec.concurrencyLimit' }],
    })
  })

  test('a namespace that is missing is 404, one that goes is 403', async () => {
    const missing = await create('/apis/capstan.dev/v1/namespaces/nope/runs', runBody('x'))
    expect(missing.body).toMatchObject({ code: 404, message: 'namespaces "nope" not found' })
    await world.send('POST', '/api/v1/namespaces', { body: { metadata: { name: 'going' } } })
    const inside = '/apis/capstan.dev/v1/namespaces/going/runs'
    await create(inside, runBody('held'))
    await world.send('DELETE', '/api/v1/namespaces/going')
    expect((await create(inside, runBody('x'))).body).toMatchObject({ code: 403 })
  })

  test('needs a namespace in its path', async () => {
    expect((await create('/apis/capstan.dev/v1/runs', runBody('x'))).status).toBe(405)
  })
})

describe('unknown fields', () => {
  const body = poolBody('etl', { spec: { concurrencyLimit: 1, concurrencyLimt: 2 }, extra: 1 })

  test('Strict refuses', async () => {
    const { status, body: answer } = await create(POOLS, body, '?fieldValidation=Strict')
    expect(status).toBe(400)
    expect(answer.message).toContain('strict decoding error: unknown field')
    expect(answer.message).toContain('"spec.concurrencyLimt"')
  })

  test('Warn drops them with a warning each, and is the default', async () => {
    for (const query of ['?fieldValidation=Warn', '']) {
      const { headers, body: answer } = await create(
        POOLS,
        { ...body, metadata: { name: `a${query.length}` } },
        query,
      )
      expect(headers['warning']).toEqual(
        expect.arrayContaining([
          '299 - "unknown field \\"extra\\""',
          '299 - "unknown field \\"spec.concurrencyLimt\\""',
        ]),
      )
      expect(answer.spec).toEqual({ concurrencyLimit: 1 })
    }
  })

  test('Ignore drops them silently', async () => {
    const { headers, body: answer } = await create(POOLS, body, '?fieldValidation=Ignore')
    expect(headers['warning']).toBeUndefined()
    expect(answer.spec).toEqual({ concurrencyLimit: 1 })
  })

  test('any number of them, and what else is wrong is still found', async () => {
    const junk = Object.fromEntries(Array.from({ length: 70 }, (_, index) => [`junk${index}`, 1]))
    const { body: answer } = await create(
      POOLS,
      poolBody('etl', { spec: junk }),
      '?fieldValidation=Ignore',
    )
    expect(answer.spec).toEqual({})
    const wrong = poolBody('b', { spec: { ...junk, concurrencyLimit: -1 } })
    expect((await create(POOLS, wrong, '?fieldValidation=Ignore')).status).toBe(422)
  })

  test('another word is refused', async () => {
    expect((await create(POOLS, body, '?fieldValidation=Loose')).status).toBe(400)
  })
})

describe('fields that stand twice', () => {
  const body =
    '{"metadata":{"name":"twice"},"spec":{"concurrencyLimit":1,"concurrencyLimit":2},"spec":{"suspend":true}}'

  test('Strict refuses', async () => {
    const { status, body: answer } = await create(POOLS, body, '?fieldValidation=Strict')
    expect(status).toBe(400)
    expect(answer.message).toContain(
      'strict decoding error: duplicate field "spec.concurrencyLimit", duplicate field "spec"',
    )
  })

  test('Warn says so, and the last counts; Ignore says nothing', async () => {
    const { headers, body: answer } = await create(POOLS, body)
    expect(headers['warning']).toContain('299 - "duplicate field \\"spec\\""')
    expect(answer.spec).toEqual({ suspend: true })
    const silent = await world.send('PUT', `${POOLS}/twice?fieldValidation=Ignore`, { body })
    expect(silent.headers['warning']).toBeUndefined()
  })

  test.each([
    ['PUT', undefined, body],
    ['PATCH', MERGE, '{"spec":{"suspend":true,"suspend":false}}'],
    [
      'PATCH',
      'application/json-patch+json',
      '[{"op":"add","op":"remove","path":"/spec/suspend","value":true}]',
    ],
  ])('also in %s %s', async (method, type, text) => {
    await create(POOLS, poolBody('twice'))
    const reply = await world.send(method, `${POOLS}/twice?fieldValidation=Strict`, {
      body: text,
      ...(type === undefined ? {} : { type }),
    })
    expect(reply.body.message).toContain('duplicate field "')
    expect(reply.status).toBe(400)
  })
})

test('a body that is no UTF-8 is refused', async () => {
  const body = Buffer.concat([
    Buffer.from('{"metadata":{"name":"x","annotations":{"a":"'),
    Buffer.from([0xc3, 0x28]),
    Buffer.from('"}},"spec":{}}'),
  ])
  const { status, body: answer } = await create(POOLS, body)
  expect(status).toBe(400)
  expect(answer.message).toBe('the body is not valid UTF-8')
})

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
