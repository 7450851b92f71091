import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  type Answer,
  type ApiWorld,
  createApiWorld,
  PREFIX,
  runBody,
  TABLE,
} from '../../../test/world/api.ts'
import type { JsonObject } from '../../lib/json.ts'

let world: ApiWorld
beforeEach(() => {
  world = createApiWorld()
})
afterEach(() => world.close())

const PODS = '/api/v1/namespaces/default/pods'

async function aRun(
  name: string,
  attempts: readonly JsonObject[],
  spec: JsonObject = {},
): Promise<void> {
  const template = { image: 'busybox', env: { TOKEN: 'secret' }, ...spec }
  const { body } = await world.send('POST', `${PREFIX}/runs`, {
    body: runBody(name, { spec: { template } }),
  })
  const key = { kind: 'Run', namespace: 'default', name } as const
  world.store.transaction(() => world.store.objects.setStatus(key, body.metadata.uid, { attempts }))
}

const LAUNCHED = {
  number: 1,
  launchedAt: '2026-01-01T00:00:01.500Z',
  taskArn: 'arn:aws:ecs:x:1:task/c/t',
}
const STARTED = { ...LAUNCHED, startedAt: '2026-01-01T00:00:05.000Z' }
const STOPPED = { ...STARTED, stoppedAt: '2026-01-01T00:01:00.000Z' }

describe('the pod of an attempt', () => {
  test.each([
    ['is launched', LAUNCHED, 'Pending', 'ContainerCreating', '0/1'],
    ['runs', STARTED, 'Running', 'Running', '1/1'],
    ['ended well', { ...STOPPED, exitCode: 0, class: 'Success' }, 'Succeeded', 'Completed', '0/1'],
    ['ended badly', { ...STOPPED, exitCode: 3, class: 'ExitNonZero' }, 'Failed', 'Error', '0/1'],
    [
      'used too much memory',
      { ...STOPPED, exitCode: 137, class: 'OutOfMemory' },
      'Failed',
      'OOMKilled',
      '0/1',
    ],
    [
      'never started',
      { ...LAUNCHED, class: 'ImagePull', stoppedReason: 'CannotPull' },
      'Failed',
      'Error',
      '0/1',
    ],
    [
      'took too long',
      { ...STOPPED, class: 'DeadlineExceeded' },
      'Failed',
      'DeadlineExceeded',
      '0/1',
    ],
  ])('that %s', async (...row) => {
    const [, attempt, phase, shown, ready] = row
    await aRun('hello', [attempt])
    const { body } = await world.send('GET', `${PODS}/hello`)
    expect(body.status.phase).toBe(phase)
    const table = await world.send('GET', PODS, { accept: TABLE })
    expect(table.body.rows[0].cells.slice(0, 4)).toEqual(['hello', ready, shown, 0])
  })

  test('says which run and task it stands for, and no secrets', async () => {
    await aRun('hello', [{ ...STOPPED, exitCode: 3 }], {
      containerName: 'app',
      sidecars: [{ name: 'proxy' }],
    })
    const { body } = await world.send('GET', `${PODS}/hello`)
    expect(body).toMatchObject({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: {
        name: 'hello',
        creationTimestamp: '2026-01-01T00:00:01Z',
        labels: { 'capstan.dev/run': 'hello', 'capstan.dev/attempt': '1' },
        annotations: {
          'kubectl.kubernetes.io/default-container': 'app',
          'capstan.dev/task-arn': 'arn:aws:ecs:x:1:task/c/t',
        },
        ownerReferences: [{ kind: 'Run', name: 'hello' }],
      },
      spec: { containers: [{ name: 'app', image: 'busybox' }, { name: 'proxy' }] },
      status: {
        containerStatuses: [
          {
            name: 'app',
            state: { terminated: { exitCode: 3, finishedAt: '2026-01-01T00:01:00Z' } },
          },
        ],
      },
    })
    expect(JSON.stringify(body)).not.toContain('secret')
  })

  test('a container without an exit code has -1', async () => {
    await aRun('hello', [{ ...STOPPED, class: 'HostFailure' }])
    const { body } = await world.send('GET', `${PODS}/hello`)
    expect(body.status.containerStatuses[0].state.terminated.exitCode).toBe(-1)
  })
})

describe('names', () => {
  test('later attempts have their number', async () => {
    await aRun('hello', [{ number: 1 }, { number: 2 }])
    await aRun('hello-3', [{ number: 1 }])
    await aRun('waiting', [])
    const { body } = await world.send('GET', PODS)
    expect(body.items.map((pod: Answer) => pod.metadata.name)).toEqual([
      'hello',
      'hello-2',
      'hello-3',
    ])
    expect(new Set(body.items.map((pod: Answer) => pod.metadata.uid)).size).toBe(3)
    for (const [name, run] of [
      ['hello-2', 'hello'],
      ['hello-3', 'hello-3'],
    ]) {
      const pod = await world.send('GET', `${PODS}/${name}`)
      expect(pod.body.metadata.labels['capstan.dev/run']).toBe(run)
    }
    expect((await world.send('GET', `${PODS}/hello-4`)).status).toBe(404)
    expect((await world.send('GET', `${PODS}/waiting`)).status).toBe(404)
  })

  test('tasks of an array have their index', async () => {
    await aRun('fan', [
      { index: 0, number: 1 },
      { index: 0, number: 2 },
      { index: 12, number: 1 },
    ])
    const { body } = await world.send('GET', PODS)
    expect(body.items.map((pod: Answer) => pod.metadata.name)).toEqual([
      'fan-i0',
      'fan-i0-2',
      'fan-i12',
    ])
    const pod = await world.send('GET', `${PODS}/fan-i0-2`)
    expect(pod.body.metadata.labels).toMatchObject({
      'capstan.dev/index': '0',
      'capstan.dev/attempt': '2',
    })
    for (const path of [
      `${PODS}/fan-i12/log`,
      `${PREFIX}/runs/fan/log?index=12`,
      `${PREFIX}/runs/fan/log`,
    ]) {
      await world.open(path)
    }
    expect(world.logRequests.map(({ index, attempt }) => [index, attempt])).toEqual([
      [12, 1],
      [12, 1],
      [0, 2],
    ])
    const { status, body: refusal } = await world.send('GET', `${PREFIX}/runs/fan/log?index=3`)
    expect([status, refusal.message]).toEqual([400, 'task 3 of run "fan" has not been launched'])
  })

  test('pages keep the pods of a run together', async () => {
    await aRun('a', [{ number: 1 }, { number: 2 }, { number: 3 }])
    await aRun('b', [{ number: 1 }])
    await aRun('c', [{ number: 1 }])
    const seen: string[] = []
    let next = ''
    do {
      const { body } = await world.send(
        'GET',
        `${PODS}?limit=2&continue=${next}&labelSelector=capstan.dev/run`,
      )
      seen.push(...body.items.map((pod: Answer) => pod.metadata.name))
      next = body.metadata.continue ?? ''
    } while (next !== '')
    expect(seen).toEqual(['a', 'a-2', 'a-3', 'b', 'c'])
  })

  test('nobody writes pods', async () => {
    await aRun('hello', [{ number: 1 }])
    for (const method of ['PUT', 'PATCH', 'DELETE']) {
      expect((await world.send(method, `${PODS}/hello`, { body: {} })).status).toBe(405)
    }
  })
})

describe('logs', () => {
  beforeEach(async () => {
    await aRun('hello', [{ number: 1 }, { number: 2 }], { sidecars: [{ name: 'proxy' }] })
    world.lines.push(
      { timestampMs: Date.UTC(2026, 0, 1, 0, 0, 1, 5), message: 'one', container: 'main' },
      { timestampMs: Date.UTC(2026, 0, 1, 0, 0, 2), message: 'zwei €\n', container: 'main' },
    )
  })

  async function read(target: string): Promise<string> {
    const stream = await world.open(target)
    await world.clock.advance(0)
    expect(stream.isEnded()).toBe(true)
    return stream.text()
  }

  test.each([
    ['', 'one\nzwei €\n'],
    ['timestamps=true', '2026-01-01T00:00:01.005000Z one\n2026-01-01T00:00:02.000000Z zwei €\n'],
    ['limitBytes=6', 'one\nzw'],
    ['limitBytes=4', 'one\n'],
  ])('%j', async (query, expected) => {
    expect(await read(`${PODS}/hello/log?${query}`)).toBe(expected)
  })

  test.each([
    ['pods/hello/log', { attempt: 1, follow: false }],
    ['pods/hello-2/log?follow=true', { attempt: 2, follow: true }],
    ['pods/hello-2/log?previous=true&follow=true', { attempt: 1, follow: false }],
    ['pods/hello/log?container=main&tailLines=5', { attempt: 1, follow: false, tailLines: 5 }],
    ['pods/hello/log?container=proxy', { attempt: 1, follow: false, container: 'proxy' }],
    [
      'pods/hello/log?sinceSeconds=60',
      { attempt: 1, follow: false, sinceMs: Date.UTC(2025, 11, 31, 23, 59) },
    ],
    [
      'pods/hello/log?sinceTime=2026-01-01T00:00:01Z',
      { attempt: 1, follow: false, sinceMs: Date.UTC(2026, 0, 1, 0, 0, 1) },
    ],
  ])('%s asks the right question', async (path, question) => {
    await read(`/api/v1/namespaces/default/${path}`)
    expect(world.logRequests).toEqual([{ namespace: 'default', run: 'hello', ...question }])
  })

  test.each([
    ['', 2],
    ['?attempt=1', 1],
  ])('of a run: the latest attempt, or the one that is named %j', async (query, attempt) => {
    await read(`${PREFIX}/runs/hello/log${query}`)
    expect(world.logRequests).toMatchObject([{ attempt }])
  })

  test.each([
    [`${PODS}/nope/log`, 404, 'pods "nope" not found'],
    [
      `${PODS}/hello/log?container=x`,
      400,
      'container x is not valid for run hello: it has main, proxy',
    ],
    [`${PODS}/hello/log?previous=true`, 400, 'this is the first attempt'],
    [`${PODS}/hello/log?tailLines=-1`, 400, 'whole number'],
    [`${PODS}/hello/log?sinceTime=yesterday`, 400, 'RFC 3339'],
    [`${PREFIX}/runs/hello/log?attempt=7`, 400, 'has no attempt 7: it has 1, 2'],
    [`${PREFIX}/runs/nope/log`, 404, 'runs.capstan.dev "nope" not found'],
  ])('%s is refused', async (target, status, message) => {
    const reply = await world.send('GET', target)
    expect(reply.status).toBe(status)
    expect(reply.body.message).toContain(message)
  })

  test('of a run that waits say why it does', async () => {
    await aRun('waiting', [])
    const key = { kind: 'Run', namespace: 'default', name: 'waiting' } as const
    const uid = world.store.objects.get(key)?.metadata.uid ?? ''
    const status = { whyPending: '3 of 3 slots of pool etl are taken' }
    world.store.transaction(() => world.store.objects.setStatus(key, uid, status))
    const { body } = await world.send('GET', `${PREFIX}/runs/waiting/log`)
    expect(body).toMatchObject({
      code: 400,
      message:
        'run "waiting" has no task yet, so it has no logs: 3 of 3 slots of pool etl are taken',
    })
  })

  test('that cannot be had say which setting is missing', async () => {
    world.logProblem = 'set template.configureCloudwatchLogs: true'
    const { body } = await world.send('GET', `${PODS}/hello/log`)
    expect(body).toMatchObject({ code: 400, message: world.logProblem })
  })
})
