import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Answer,
  APPLY,
  type ApiWorld,
  createApiWorld,
  JSON_PATCH,
  MERGE,
  PREFIX,
  poolBody,
  type Reply,
  runBody,
} from '../../test/world/api.ts'
import { cpuMsSince, startOfWork } from '../../test/world/cpu-time.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

const POOL = `${PREFIX}/workpools/etl`
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

function apply(spec: unknown, query = 'fieldManager=ci', path = POOL): Promise<Reply> {
  const body = { apiVersion: 'capstan.dev/v1', kind: 'WorkPool', metadata: { name: 'etl' }, spec }
  return world.send('PATCH', `${path}?${query}`, { body, type: APPLY })
}

function managersOf(body: Answer): Readonly<Record<string, Answer>> {
  return Object.fromEntries(
    body.metadata.managedFields.map((entry: Answer) => [
      [entry.manager, entry.operation, entry.subresource].filter(Boolean).join('/'),
      entry.fieldsV1,
    ]),
  )
}

describe('apply', () => {
  test('creates what is not there', async () => {
    const { status, body } = await apply({ concurrencyLimit: 5 })
    expect(status).toBe(201)
    expect(managersOf(body)).toEqual({ 'ci/Apply': { 'f:spec': { 'f:concurrencyLimit': {} } } })
    expect((await apply({ concurrencyLimit: 6 })).status).toBe(200)
  })

  test('as YAML', async () => {
    const text =
      'apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata: {name: etl}\nspec: {suspend: true}\n'
    const reply = await world.send('PATCH', `${POOL}?fieldManager=ci`, { body: text, type: APPLY })
    expect(reply.body.spec).toEqual({ suspend: true })
  })

  test('a second time it changes nothing', async () => {
    const first = await apply({ concurrencyLimit: 5 })
    await world.clock.advance(60_000)
    const second = await apply({ concurrencyLimit: 5 })
    expect(second.body).toEqual(first.body)
  })

  test('removes what it leaves out and validates what results, not what was sent', async () => {
    await apply({ concurrencyLimit: 5, suspend: true })
    const second = await apply({ suspend: true })
    expect(second.body.spec).toEqual({ suspend: true })
    // Half of an Automation is not valid by itself, on top of the other half it is.
    const path = `${PREFIX}/automations/a`
    const half = (spec: unknown, manager: string): Promise<Reply> =>
      world.send('PATCH', `${path}?fieldManager=${manager}`, {
        body: { apiVersion: 'capstan.dev/v1', kind: 'Automation', spec },
        type: APPLY,
      })
    expect((await half({ enabled: false }, 'x')).status).toBe(422)
    await half({ trigger: { type: 'event', expect: ['capstan.run.Failed'] } }, 'x')
    expect((await half({ enabled: false }, 'y')).status).toBe(200)
  })

  test('another manager’s fields are a conflict, unless by force', async () => {
    await apply({ concurrencyLimit: 5 })
    await world.send('PATCH', `${POOL}?fieldManager=edit`, {
      body: { spec: { concurrencyLimit: 6 } },
      type: MERGE,
    })
    const { body } = await apply({ concurrencyLimit: 7 })
    expect(body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Apply failed with 1 conflict: conflict with "edit" using capstan.dev/v1 at 2026-01-01T00:00:00Z: .spec.concurrencyLimit',
      details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.concurrencyLimit' }] },
    })
    const forced = await apply({ concurrencyLimit: 7 }, 'fieldManager=ci&force=true')
    expect(forced.body.spec.concurrencyLimit).toBe(7)
    expect(Object.keys(managersOf(forced.body))).toEqual(['ci/Apply'])
  })

  test('an object that nobody tracked belongs to whoever was before', async () => {
    world.store.transaction(() =>
      world.store.objects.create({
        apiVersion: 'capstan.dev/v1',
        kind: 'WorkPool',
        metadata: { name: 'etl', namespace: 'default', uid: 'u', creationTimestamp: '' },
        spec: { concurrencyLimit: 5 },
      }),
    )
    const { body } = await apply({ concurrencyLimit: 6 })
    expect(body.message).toContain('conflict with "before-first-apply"')
  })

  test('unknown fields are warned of, and nobody owns them', async () => {
    const { headers, body } = await apply({ concurrencyLimit: 5, nope: 1 })
    expect(headers['warning']).toEqual(['299 - "unknown field \\"spec.nope\\""'])
    expect(managersOf(body)).toEqual({ 'ci/Apply': { 'f:spec': { 'f:concurrencyLimit': {} } } })
    const again = await apply({ concurrencyLimit: 5, nope: 1 })
    expect(managersOf(again.body)).toEqual(managersOf(body))
    expect((await apply({ nope: 1 }, 'fieldManager=ci&fieldValidation=Strict')).status).toBe(400)
  })

  test('dry run', async () => {
    await apply({ concurrencyLimit: 5 })
    const version = world.store.resourceVersion()
    const { body } = await apply({ concurrencyLimit: 6 }, 'fieldManager=ci&dryRun=All')
    expect(body.spec.concurrencyLimit).toBe(6)
    expect(world.store.resourceVersion()).toBe(version)
  })

  test('a launched run keeps its spec', async () => {
    const { body } = await world.send('POST', `${PREFIX}/runs`, { body: runBody('hello') })
    const key = { kind: 'Run', namespace: 'default', name: 'hello' } as const
    world.store.transaction(() =>
      world.store.objects.setStatus(key, body.metadata.uid, { attempts: [{ number: 1 }] }),
    )
    const reply = await world.send('PATCH', `${PREFIX}/runs/hello?fieldManager=ci&force=true`, {
      body: runBody('hello', { spec: { template: { image: 'other' } } }),
      type: APPLY,
    })
    expect(reply.status).toBe(422)
    const same = await world.send('PATCH', `${PREFIX}/runs/hello?fieldManager=ci`, {
      body: runBody('hello'),
      type: APPLY,
    })
    expect(same.body.metadata.finalizers).toEqual(['capstan.dev/task'])
  })

  test.each([
    ['no manager', {}, '', 422, 'fieldManager: Required value'],
    [
      'managedFields',
      { metadata: { managedFields: [] } },
      'fieldManager=ci',
      400,
      'metadata.managedFields must be nil',
    ],
    ['no kind', { kind: undefined }, 'fieldManager=ci', 400, 'needs kind'],
    ['another kind', { kind: 'Run' }, 'fieldManager=ci', 400, 'this path takes'],
    [
      'another name',
      { metadata: { name: 'b' } },
      'fieldManager=ci',
      400,
      'does not match the name',
    ],
    ['a stale version', { metadata: { resourceVersion: '1' } }, 'fieldManager=ci', 409, 'modified'],
  ])('refuses %s', async (...row) => {
    const [, different, query, status, message] = row
    await apply({ concurrencyLimit: 5 })
    const body = poolBody('etl', different)
    const reply = await world.send('PATCH', `${POOL}?${query}`, { body, type: APPLY })
    expect(reply.status).toBe(status)
    expect(reply.body.message).toContain(message)
  })

  test.each([
    'apiVersion: capstan.dev/v1\nkind: WorkPool\nspec: {suspend: true, suspend: false}\n',
    '{"apiVersion":"capstan.dev/v1","kind":"WorkPool","spec":{"suspend":true,"suspend":false}}',
  ])('a key twice is refused or warned of: %s', async (body) => {
    const target = `${POOL}?fieldManager=ci`
    const strict = await world.send('PATCH', `${target}&fieldValidation=Strict`, {
      body,
      type: APPLY,
    })
    expect(strict.body).toMatchObject({ code: 400 })
    expect(strict.body.message).toMatch(/strict decoding error: duplicate field "(spec\.)?suspend"/)
    const warned = await world.send('PATCH', target, { body, type: APPLY })
    expect(warned.status).toBe(201)
    expect(warned.headers['warning']).toEqual([
      expect.stringMatching(/duplicate field \\"(spec\.)?suspend/),
    ])
    expect(warned.body.spec).toEqual({ suspend: false })
  })

  test('YAML of many keys takes no quadratic time, and too much of it is refused', async () => {
    const head = 'apiVersion: capstan.dev/v1\nkind: WorkPool\nspec:\n'
    const lines = (count: number): string =>
      Array.from({ length: count }, (_, index) => `  k${index}: 1\n`).join('')
    const send = (body: string) =>
      world.send('PATCH', `${POOL}?fieldManager=ci&fieldValidation=Strict`, { body, type: APPLY })
    const start = startOfWork()
    expect((await send(head + lines(30_000))).body.message).toContain('unknown field')
    // With the parser's own check for duplicates it is 20 s.
    expect(cpuMsSince(start)).toBeLessThan(8_000)
    expect((await send(head + lines(60_000))).body).toMatchObject({ code: 413 })
    expect((await send(`${head}  a: ${'['.repeat(50_000)}`)).body).toMatchObject({ code: 400 })
  })
})

describe('status', () => {
  test('is applied apart from the object', async () => {
    await apply({ concurrencyLimit: 5 })
    const body = { apiVersion: 'capstan.dev/v1', kind: 'WorkPool', status: { active: 3 } }
    const reply = await world.send('PATCH', `${POOL}/status?fieldManager=ci`, { body, type: APPLY })
    expect(reply.body.status).toEqual({ active: 3 })
    expect(managersOf(reply.body)).toEqual({
      'ci/Apply': { 'f:spec': { 'f:concurrencyLimit': {} } },
      'ci/Apply/status': { 'f:status': { 'f:active': {} } },
    })
    const nowhere = `${PREFIX}/workpools/nope/status?fieldManager=ci`
    expect((await world.send('PATCH', nowhere, { body, type: APPLY })).status).toBe(404)
  })
})

describe('from client-side to server-side apply', () => {
  const manifest = (limit: number) => ({
    apiVersion: 'capstan.dev/v1',
    kind: 'WorkPool',
    metadata: { name: 'etl' },
    spec: { concurrencyLimit: limit },
  })
  async function applyClientSide(limit: number): Promise<void> {
    const annotations = { [LAST_APPLIED]: JSON.stringify(manifest(limit)) }
    await world.send('POST', `${PREFIX}/workpools?fieldManager=kubectl-client-side-apply`, {
      body: { ...manifest(limit), metadata: { name: 'etl', annotations } },
    })
  }

  test('kubectl takes over what it applied itself, and keeps the annotation true', async () => {
    await applyClientSide(5)
    const { status, body } = await apply({ concurrencyLimit: 6 }, 'fieldManager=kubectl')
    expect(status).toBe(200)
    expect(JSON.parse(body.metadata.annotations[LAST_APPLIED])).toEqual(manifest(6))
  })

  test('but not what somebody else has changed since', async () => {
    await applyClientSide(5)
    await world.send('PATCH', `${POOL}?fieldManager=edit`, {
      body: { spec: { concurrencyLimit: 9 } },
      type: MERGE,
    })
    expect((await apply({ concurrencyLimit: 6 }, 'fieldManager=kubectl')).status).toBe(409)
  })

  test('and nobody but kubectl', async () => {
    await applyClientSide(5)
    expect((await apply({ concurrencyLimit: 6 })).status).toBe(409)
  })

  test('then it rewrites managedFields by a JSON patch', async () => {
    await applyClientSide(5)
    const { body } = await world.send('GET', POOL)
    const value = body.metadata.managedFields.map((entry: Answer) => ({
      ...entry,
      manager: 'kubectl',
      operation: 'Apply',
    }))
    const reply = await world.send('PATCH', POOL, {
      body: [
        { op: 'replace', path: '/metadata/managedFields', value },
        { op: 'replace', path: '/metadata/resourceVersion', value: body.metadata.resourceVersion },
      ],
      type: JSON_PATCH,
    })
    expect(Object.keys(managersOf(reply.body))).toEqual(['kubectl/Apply'])
    const reset = await world.send('PATCH', POOL, {
      body: { metadata: { managedFields: [{}] } },
      type: MERGE,
    })
    expect(reset.body.metadata.managedFields).toBeUndefined()
  })

  test('null in env survives client-side apply of an object that exists', async () => {
    await applyClientSide(5)
    const wanted = { ...manifest(5), spec: { template: { env: { PATH: null, A: '1' } } } }
    const { body } = await world.send('PATCH', `${POOL}?fieldManager=kubectl-client-side-apply`, {
      body: {
        metadata: { annotations: { [LAST_APPLIED]: JSON.stringify(wanted) } },
        spec: { concurrencyLimit: null, template: { env: { A: '1' } } },
      },
      type: MERGE,
    })
    expect(body.spec).toEqual({ template: { env: { PATH: null, A: '1' } } })
  })
})
