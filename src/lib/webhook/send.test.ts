import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { systemClock } from '../clock.ts'
import { parseAllowRule } from './address.ts'
import {
  createWebhookSender,
  MAX_BODY_BYTES,
  SEND_TIMEOUT_MS,
  type WebhookRequest,
} from './send.ts'

interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

let server: Server
let seen: Seen[]

async function listen(answer: (response: ServerResponse, seen: Seen) => void): Promise<number> {
  seen = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const { method, url, headers } = request
      const one = { method, url, headers, body: Buffer.concat(chunks).toString() }
      seen.push(one)
      answer(response, one)
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  return (server.address() as AddressInfo).port
}

afterEach(() => {
  server.closeAllConnections()
  server.close()
})

function post(url: string, different: Partial<WebhookRequest> = {}): WebhookRequest {
  return { url, method: 'POST', headers: { 'X-Source': 'test' }, body: '{}', ...different }
}

const { signal } = new AbortController()

/** Opens loopback; `hooks.example.com` is there. */
function sender(clock = systemClock) {
  const resolve = () => Promise.resolve(['127.0.0.1'])
  return createWebhookSender({ allow: [parseAllowRule('127.0.0.0/8')], resolve, clock })
}

describe('sending', () => {
  test('delivers method, path, headers and body, and keeps the name of the host', async () => {
    const port = await listen((response) => response.writeHead(204).end())
    const request = post(`http://hooks.example.com:${port}/a?b=c`, {
      method: 'PUT',
      body: '{"t":"ü"}',
    })
    expect(await sender().send(request, signal)).toEqual({ type: 'Delivered', status: 204 })
    expect(seen).toMatchObject([{ method: 'PUT', url: '/a?b=c', body: '{"t":"ü"}' }])
    expect(seen[0]?.headers).toMatchObject({
      host: `hooks.example.com:${port}`,
      'x-source': 'test',
      'content-length': '10',
    })
  })

  test.each([
    [200, 'Delivered'],
    [299, 'Delivered'],
    [302, 'Rejected'],
    [307, 'Rejected'],
    [400, 'Rejected'],
    [404, 'Rejected'],
    [408, 'Failed'],
    [425, 'Failed'],
    [429, 'Failed'],
    [500, 'Failed'],
    [503, 'Failed'],
  ])('an answer of %i is %s', async (status, type) => {
    const port = await listen((response) =>
      response.writeHead(status, { Location: `http://127.0.0.1:1/` }).end('no'),
    )
    const answer = await sender().send(post(`http://127.0.0.1:${port}/`), signal)
    expect(answer.type).toBe(type)
    expect(seen).toHaveLength(1)
  })

  test('a name that points elsewhere a moment later is called where it was checked', async () => {
    const port = await listen((response) => response.writeHead(200).end())
    let asked = 0
    const resolve = (): Promise<readonly string[]> => {
      asked += 1
      return Promise.resolve([asked === 1 ? '127.0.0.1' : '127.0.0.2'])
    }
    const allow = [parseAllowRule('127.0.0.1')]
    const rebinding = createWebhookSender({ allow, resolve, clock: systemClock })
    const request = post(`http://rebind.example.com:${port}/`)
    expect((await rebinding.send(request, signal)).type).toBe('Delivered')
    expect(asked).toBe(1)
    expect(await rebinding.send(request, signal)).toMatchObject({ type: 'Rejected' })
    expect(seen).toHaveLength(1)
  })

  test('a host that is not open is never connected to', async () => {
    const port = await listen((response) => response.writeHead(200).end())
    const closed = createWebhookSender({
      allow: [],
      resolve: () => Promise.resolve(['127.0.0.1']),
      clock: systemClock,
    })
    for (const host of ['127.0.0.1', 'localhost', '[::ffff:127.0.0.1]', '2130706433']) {
      const answer = await closed.send(post(`http://${host}:${port}/`), signal)
      expect(answer.type).toBe('Rejected')
    }
    expect(seen).toEqual([])
  })

  test('headers that frame the request are its own', async () => {
    const port = await listen((response) => response.writeHead(200).end())
    const headers = { Host: 'evil', 'Content-Length': '99', 'Transfer-Encoding': 'chunked' }
    await sender().send(post(`http://127.0.0.1:${port}/`, { headers }), signal)
    expect(seen[0]?.headers.host).toBe(`127.0.0.1:${port}`)
    expect(seen[0]?.body).toBe('{}')
  })

  test('a header that is none is refused, and nothing throws', async () => {
    const port = await listen((response) => response.writeHead(200).end())
    const headers = { 'X-Bad': 'a\r\nX-More: b' }
    const answer = await sender().send(post(`http://127.0.0.1:${port}/`, { headers }), signal)
    expect(answer.type).toBe('Rejected')
    expect(seen).toEqual([])
  })

  test('gives up on a receiver that does not answer', async () => {
    const clock = new FakeClock()
    let arrived = (): void => {}
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const port = await listen(() => arrived())
    const sending = sender(clock).send(post(`http://127.0.0.1:${port}/`), signal)
    await arrival
    await clock.advance(SEND_TIMEOUT_MS)
    expect(await sending).toEqual({
      type: 'Failed',
      why: `127.0.0.1:${port}: no answer within 10 s`,
    })
    expect(clock.pendingTimers).toBe(0)
  })

  test('does not read an answer that never ends', async () => {
    const port = await listen((response) => {
      response.writeHead(200)
      response.write('x'.repeat(65_536))
    })
    const answer = await sender().send(post(`http://127.0.0.1:${port}/`), signal)
    expect(answer.type).toBe('Delivered')
  })

  test('a connection that is refused may be tried again', async () => {
    const port = await listen(() => {})
    server.close()
    const answer = await sender().send(post(`http://127.0.0.1:${port}/`), signal)
    expect(answer).toMatchObject({ type: 'Failed' })
  })

  test('refuses a body that is no message', async () => {
    await listen(() => {})
    const body = 'x'.repeat(MAX_BODY_BYTES + 1)
    expect((await sender().send(post('http://127.0.0.1:1/', { body }), signal)).type).toBe(
      'Rejected',
    )
  })
})
