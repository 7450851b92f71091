import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { silentLog } from '../../runtime/logger.ts'
import { createIntakeListener } from '../intake.ts'
import type { BeatAnswer, BeatIntake } from '../ports.ts'
import { ANONYMOUS, type ApiResponse } from '../request.ts'
import { errorResponse } from '../status.ts'
import { createHeartbeatRoute } from './heartbeats.ts'

const UID = '0b6f5b1c-1111-5111-8111-111111111111'
const PATH = `/capstan/heartbeats/${UID}/0/1`

function intakeThat(answer: BeatAnswer, beats: unknown[] = []): BeatIntake {
  return {
    verifyRunToken: (token) => (token.startsWith('token-of-') ? token.slice(9) : undefined),
    beat(runUid, target) {
      beats.push({ runUid, ...target })
      return answer
    },
  }
}

interface Sent {
  readonly method?: string
  readonly path?: string
  readonly authorization?: string
  readonly body?: Uint8Array
}

async function send(beats: BeatIntake, sent: Sent = {}): Promise<ApiResponse | undefined> {
  const { method = 'POST', path = PATH, authorization = `Bearer token-of-${UID}` } = sent
  try {
    return await createHeartbeatRoute(beats).handle({
      method,
      path,
      query: new URLSearchParams(),
      headers: { authorization },
      body: sent.body ?? new Uint8Array(),
      user: ANONYMOUS,
    })
  } catch (error) {
    return errorResponse(error)
  }
}

describe('a beat', () => {
  test('goes to its task, whatever its body says', async () => {
    const beats: unknown[] = []
    const body = Buffer.from('not json')
    const path = `/capstan/heartbeats/${UID}/17/3`
    expect(await send(intakeThat('Accepted', beats), { body, path })).toMatchObject({ status: 204 })
    expect(beats).toEqual([{ runUid: UID, index: 17, attempt: 3, source: 'Http' }])
  })

  test.each<[BeatAnswer, number, string]>([
    ['UnknownRun', 404, 'NotFound'],
    ['Finished', 410, 'Gone'],
    ['TooFast', 429, 'TooManyRequests'],
  ])('%s is %i', async (answer, status, reason) => {
    const response = await send(intakeThat(answer))
    expect(response?.status).toBe(status)
    expect(JSON.parse(String(response?.body))).toMatchObject({
      kind: 'Status',
      reason,
      code: status,
    })
    expect(response?.headers['retry-after']).toBe(answer === 'TooFast' ? '1' : undefined)
  })

  test.each<[string, Sent, number]>([
    ['without a token', { authorization: '' }, 401],
    ['with a token that is none', { authorization: 'Bearer nonsense' }, 401],
    ['with a password', { authorization: 'Basic dG9rZW4=' }, 401],
    ["with another run's token", { authorization: 'Bearer token-of-another' }, 403],
    ['that is read', { method: 'GET' }, 405],
    ['that is too large', { body: new Uint8Array(16 * 1024 + 1) }, 413],
    ['at half a path', { path: `/capstan/heartbeats/${UID}` }, 404],
    ['at no number', { path: `/capstan/heartbeats/${UID}/0/first` }, 404],
    ['at a huge number', { path: `/capstan/heartbeats/${UID}/0/99999999999` }, 404],
  ])('%s is refused', async (_, sent, status) => {
    const beats: unknown[] = []
    expect((await send(intakeThat('Accepted', beats), sent))?.status).toBe(status)
    expect(beats).toEqual([])
  })

  test.each(['/capstan/heartbeats', '/capstan/kubeconfig', '/apis'])(
    '%s is not ours',
    async (path) => {
      expect(await send(intakeThat('Accepted'), { path })).toBeUndefined()
    },
  )
})

describe('the plain listener', () => {
  async function withListener(
    use: (post: (path: string, init?: RequestInit) => Promise<Response>) => Promise<void>,
  ): Promise<void> {
    const clock = new FakeClock()
    const listener = createIntakeListener({
      clock,
      log: silentLog,
      routes: [
        createHeartbeatRoute(intakeThat('Accepted')),
        { handle: () => ({ status: 200, headers: {}, body: 'private' }) },
      ],
    })
    await listener.listen({ host: '127.0.0.1', port: 0 })
    try {
      await use((path, init) => fetch(`http://127.0.0.1:${listener.port}${path}`, init))
    } finally {
      await listener.close()
    }
  }

  const headers = { authorization: `Bearer token-of-${UID}` }

  test('takes beats, under whatever name it is called', async () => {
    await withListener(async (post) => {
      const answer = await post(PATH, {
        method: 'POST',
        headers: { ...headers, 'x-forwarded-host': 'evil.example.com' },
      })
      expect(answer.status).toBe(204)
    })
  })

  test.each([
    '/',
    '/api',
    '/apis/capstan.dev/v1/runs',
    '/livez',
    '/readyz',
    '/metrics',
    '/capstan/sources',
  ])('serves nothing at %s', async (path) => {
    await withListener(async (post) => {
      expect((await post(path, { headers })).status).toBe(404)
    })
  })

  test('refuses a large body before it is there', async () => {
    await withListener(async (post) => {
      const body = Buffer.alloc(20_000)
      const answer = await post(PATH, { method: 'POST', headers, body })
      expect(answer.status).toBe(413)
    })
  })
})
