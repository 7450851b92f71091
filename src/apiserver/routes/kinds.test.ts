import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type ApiWorld,
  createApiWorld,
  MERGE,
  POOLS,
  poolBody,
  type Reply,
  RUNS,
  runBody,
} from '../../../test/world/api.ts'
import { MAX_BODY_DEPTH } from '../body.ts'

let world: ApiWorld

beforeEach(() => {
  world = createApiWorld()
})

afterEach(() => world.close())

function create(path: string, body: unknown, query = ''): Promise<Reply> {
  return world.send('POST', `${path}${query}`, { body })
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
