import { request } from 'node:http'
import { ECSClient, ListClustersCommand, RunTaskCommand } from '@aws-sdk/client-ecs'
import { afterEach, describe, expect, test } from 'vitest'
import {
  type Emulated,
  type EmulatedOptions,
  emulated,
  FARGATE_RUN,
} from '../../test/world/emulated.ts'
import { systemRandom } from '../lib/random.ts'
import { type ServedEmulator, serveEmulator } from './server.ts'

const ECS = 'AmazonEC2ContainerServiceV20141113'
const JSON_TYPE = 'application/x-amz-json-1.1'

let served: ServedEmulator | undefined

afterEach(async () => {
  await served?.close()
  served = undefined
})

async function serve(options: EmulatedOptions = {}, accessKeyId?: string): Promise<Emulated> {
  const world = emulated(options)
  served = await serveEmulator({
    emulator: world.emulator,
    clock: world.clock,
    random: systemRandom,
    ...(accessKeyId !== undefined && { accessKeyId }),
  })
  return world
}

interface HttpReply {
  readonly status: number
  readonly headers: NodeJS.Dict<string | string[]>
  readonly body: string
}

function post(
  headers: NodeJS.Dict<string>,
  body: string | Uint8Array,
  method = 'POST',
): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const options = { port: served?.port, host: '127.0.0.1', method, headers, agent: false }
    const outgoing = request(options, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString()
        resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, body: text })
      })
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

function target(operation: string): NodeJS.Dict<string> {
  return { 'x-amz-target': operation, 'content-type': JSON_TYPE }
}

describe('the wire', () => {
  test('an answer carries its type and a request id', async () => {
    await serve()
    const reply = await post(target(`${ECS}.ListClusters`), '{}')
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': JSON_TYPE } })
    expect(reply.headers['x-amzn-requestid']).toMatch(/^[0-9a-f-]{36}$/)
    expect(JSON.parse(reply.body).clusterArns).toHaveLength(1)
  })

  test.each<{
    name: string
    headers: NodeJS.Dict<string>
    body?: string
    status: number
    code: string
  }>([
    {
      name: 'an unknown operation',
      headers: target(`${ECS}.Nothing`),
      status: 404,
      code: 'UnknownOperationException',
    },
    {
      name: 'an unknown service',
      headers: target('DynamoDB_20120810.ListTables'),
      status: 404,
      code: 'UnknownOperationException',
    },
    { name: 'no target', headers: {}, status: 404, code: 'UnknownOperationException' },
    {
      name: 'a body that is no JSON',
      headers: target(`${ECS}.ListClusters`),
      body: '{',
      status: 400,
      code: 'SerializationException',
    },
    {
      name: 'a body that is no object',
      headers: target(`${ECS}.ListClusters`),
      body: '[]',
      status: 400,
      code: 'SerializationException',
    },
    {
      name: 'a member of the wrong type',
      headers: target(`${ECS}.ListClusters`),
      body: '{"maxResults":"1"}',
      status: 400,
      code: 'SerializationException',
    },
    {
      name: 'a service error',
      headers: target(`${ECS}.ListTasks`),
      body: '{"cluster":"x"}',
      status: 400,
      code: 'ClusterNotFoundException',
    },
  ])('$name', async ({ headers, body = '{}', status, code }) => {
    await serve()
    const reply = await post(headers, body)
    expect(reply.status).toBe(status)
    expect(JSON.parse(reply.body)).toMatchObject({ __type: code, message: expect.any(String) })
  })

  test('members that the service does not know are ignored, an empty body is an empty request', async () => {
    await serve()
    const headers = target(`${ECS}.ListClusters`)
    expect((await post(headers, '{"unknown":{"a":1}}')).status).toBe(200)
    expect((await post(headers, '')).status).toBe(200)
  })

  test('EC2 is reached by its form; errors are XML', async () => {
    await serve()
    const headers = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' }
    const found = await post(headers, 'Action=DescribeVpcs&Version=2016-11-15')
    expect(found).toMatchObject({ status: 200 })
    expect(found.body).toContain('<vpcSet><item><vpcId>vpc-')
    const failed = await post(headers, 'Action=DescribeVpcs&VpcId.1=x')
    expect(failed.status).toBe(400)
    expect(failed.body).toContain('<Code>InvalidVpcID.NotFound</Code>')
  })

  test('a body over the limit is refused', async () => {
    await serve()
    const body = new Uint8Array(4 * 1024 * 1024 + 1)
    const reply = await post(target(`${ECS}.ListClusters`), body)
    expect(reply.status).toBe(413)
  })

  test('only POST is served', async () => {
    await serve()
    expect((await post({}, '', 'GET')).status).toBe(404)
  })
})

describe('who is let in', () => {
  test.each<{ name: string; headers: NodeJS.Dict<string>; status: number }>([
    { name: 'localhost', headers: { host: 'localhost:4566' }, status: 200 },
    { name: 'IPv6 loopback', headers: { host: '[::1]:4566' }, status: 200 },
    { name: 'a name of another machine', headers: { host: 'evil.example' }, status: 403 },
    { name: 'a web page', headers: { origin: 'https://evil.example' }, status: 403 },
    { name: 'a local web page', headers: { origin: 'null' }, status: 403 },
  ])('$name: $status', async ({ headers, status }) => {
    await serve()
    const reply = await post({ ...target(`${ECS}.ListClusters`), ...headers }, '{}')
    expect(reply.status).toBe(status)
  })

  test('with an access key only those who sign with it', async () => {
    await serve({}, 'AKIDRIGHT')
    const list = (accessKeyId: string): Promise<object> => {
      const client = new ECSClient({
        endpoint: served?.url ?? '',
        region: 'us-east-1',
        credentials: { accessKeyId, secretAccessKey: 'x' },
      })
      return client.send(new ListClustersCommand({})).finally(() => client.destroy())
    }
    await expect(list('AKIDRIGHT')).resolves.toBeDefined()
    await expect(list('AKIDWRONG')).rejects.toMatchObject({ name: 'UnrecognizedClientException' })
    expect((await post(target(`${ECS}.ListClusters`), '{}')).status).toBe(403)
  })
})

describe('faults on the wire', () => {
  test('a reset breaks the connection', async () => {
    const fault = { type: 'reset', effect: 'before' } as const
    await serve({ faults: [{ operation: '*', fault }] })
    await expect(post(target(`${ECS}.ListClusters`), '{}')).rejects.toMatchObject({
      code: 'ECONNRESET',
    })
  })

  test('a late reply comes when the clock says so', async () => {
    const fault = { type: 'delay', delayMs: 5_000 } as const
    const world = await serve({ faults: [{ operation: '*', fault }] })
    const reply = post(target(`${ECS}.ListClusters`), '{}')
    const advanceWhenWaiting = async (): Promise<void> => {
      while (world.clock.pendingTimers === 0) await new Promise((resolve) => setImmediate(resolve))
      await world.clock.advance(5_000)
    }
    await advanceWhenWaiting()
    expect((await reply).status).toBe(200)
  })

  test('the SDK’s own retry after a lost reply does not launch twice', async () => {
    const fault = { type: 'reset', effect: 'after' } as const
    const world = await serve({ faults: [{ operation: 'RunTask', calls: [1], fault }] })
    world.register()
    const client = new ECSClient({
      endpoint: served?.url ?? '',
      region: 'us-east-1',
      credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
    })
    const { tasks } = await client.send(
      new RunTaskCommand({ ...FARGATE_RUN, launchType: 'FARGATE' }),
    )
    client.destroy()
    expect(world.emulator.counters.of('RunTask')).toEqual({ calls: 2, throttled: 0, failed: 1 })
    expect(world.emulator.ledger.entries().map(({ task }) => task.arn)).toEqual([
      tasks?.[0]?.taskArn,
    ])
  })
})
