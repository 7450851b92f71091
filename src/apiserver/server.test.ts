import { existsSync, mkdtempSync, rmSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import * as http from 'node:http'
import * as https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Duplex } from 'node:stream'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { recordingLog } from '../../test/world/recording-log.ts'
import { openTestStore } from '../../test/world/test-store.ts'
import { systemClock } from '../lib/clock.ts'
import { systemRandom } from '../lib/random.ts'
import type { SqliteStore } from '../store/open.ts'
import { isAllowedHost } from './admission.ts'
import type { RouteExtension } from './api-handler.ts'
import { MAX_BODY_BYTES } from './body.ts'
import { textResponse } from './request.ts'
import { createKubeconfigRoute } from './routes/kubeconfig.ts'
import { type ApiServer, createApiServer } from './server.ts'
import { ensureTls, type TlsMaterial } from './tls.ts'
import { createTokens, type Tokens } from './tokens.ts'

let directory: string
let store: SqliteStore
let tokens: Tokens
let server: ApiServer
let endpoint: { server: string; certificateAuthority: string } | undefined

const EXTENSION: RouteExtension = {
  isPublic: (path) => path === '/beat',
  handle: ({ path, user }) =>
    ['/beat', '/page'].includes(path) ? textResponse(200, `${path} for ${user.name}`) : undefined,
  upgrade(_request, socket: Duplex) {
    socket.end('HTTP/1.1 101 Switching Protocols\r\n\r\n')
    return true
  },
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'capstan-api-'))
  store = openTestStore()
  store.transaction(() => store.objects.ensureNamespace('default', 'uid', 0))
  tokens = createTokens(store, systemRandom)
  endpoint = undefined
  const kubeconfig = createKubeconfigRoute({ tokens, clock: systemClock, endpoint: () => endpoint })
  server = aServer([kubeconfig, EXTENSION])
})

function aServer(extensions: readonly RouteExtension[]): ApiServer {
  return createApiServer({
    store,
    clock: systemClock,
    random: systemRandom,
    log: recordingLog(),
    validate: () => [],
    async *readLogs() {},
    health: { live: () => [], ready: () => [] },
    version: '1.2.3',
    extensions,
  })
}

afterEach(async () => {
  await server.close()
  store.close()
  rmSync(directory, { recursive: true })
})

interface Answer {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly text: string
}

function request(options: https.RequestOptions, body?: string | Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const send = options.socketPath ? http.request : https.request
    const outgoing = send({ agent: false, ...options }, (response) => {
      let text = ''
      response.setEncoding('utf8')
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      )
      response.on('error', reject)
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}

describe('the unix socket', () => {
  const socketPath = (): string => join(directory, 's.sock')

  test('is its owner’s alone, who is an admin', async () => {
    await server.listenUnix(socketPath())
    expect(statSync(socketPath()).mode & 0o777).toBe(0o600)
    const { text } = await request({ socketPath: socketPath(), path: '/page' })
    expect(text).toBe('/page for capstan:admin')
  })

  test('is taken over from the dead, not from the living', async () => {
    writeFileSync(socketPath(), '')
    await server.listenUnix(socketPath())
    await expect(server.listenUnix(socketPath())).rejects.toThrow('another process listens on')
  })

  test('goes with its server, but not when it is another one by then', async () => {
    const other = aServer([EXTENSION])
    await server.listenUnix(socketPath())
    unlinkSync(socketPath())
    await other.listenUnix(socketPath())
    await server.close()
    const { text } = await request({ socketPath: socketPath(), path: '/page' })
    expect(text).toBe('/page for capstan:admin')
    await other.close()
    expect(existsSync(socketPath())).toBe(false)
  })

  test('needs a path that fits', async () => {
    const long = join(directory, 'x'.repeat(120))
    await expect(server.listenUnix(long)).rejects.toThrow(
      /more than the 103 .* choose a shorter one with --socket/,
    )
  })

  test('needs a directory that is there', async () => {
    await expect(server.listenUnix(join(directory, 'none', 'x.sock'))).rejects.toThrow(
      /cannot be made because .*\/none does not exist: make that directory first/,
    )
  })

  test('a body over the limit is refused, and an object within it is made', async () => {
    await server.listenUnix(socketPath())
    const options = {
      socketPath: socketPath(),
      path: '/apis/capstan.dev/v1/namespaces/default/workpools',
      method: 'POST',
      headers: { 'content-type': 'application/json' },
    }
    const made = await request(options, '{"metadata":{"name":"etl"},"spec":{}}')
    expect(made.status).toBe(201)
    const refused = await request(options, Buffer.alloc(MAX_BODY_BYTES + 1, ' '))
    expect(refused.status).toBe(413)
  })

  test('a watch streams until the server closes, and then ends', async () => {
    await server.listenUnix(socketPath())
    const path = '/apis/capstan.dev/v1/workpools?watch=1'
    const watching = request({ socketPath: socketPath(), path })
    const created = new Promise<void>((resolve) => {
      const outgoing = http.request({ socketPath: socketPath(), path }, (response) => {
        response.once('data', (chunk: Buffer) => {
          expect(chunk.toString()).toMatch(/^\{"type":"ADDED".*"name":"etl".*\}\n$/)
          outgoing.destroy()
          resolve()
        })
        store.transaction(() =>
          store.objects.create({
            apiVersion: 'capstan.dev/v1',
            kind: 'WorkPool',
            metadata: { name: 'etl', namespace: 'default', uid: 'u', creationTimestamp: '' },
            spec: {},
          }),
        )
      })
      outgoing.on('error', () => {})
      outgoing.end()
    })
    await created
    await server.close()
    expect((await watching).text).toContain('"name":"etl"')
  })

  test('a kubeconfig needs a listener', async () => {
    await server.listenUnix(socketPath())
    const { status, text } = await request({
      socketPath: socketPath(),
      method: 'POST',
      path: '/capstan/kubeconfig',
    })
    expect(status).toBe(503)
    expect(text).toContain('--listen HOST:PORT')
  })
})

describe('HTTPS', () => {
  let tls: TlsMaterial
  let port: number
  let token: string
  beforeEach(async () => {
    tls = ensureTls({
      directory: join(directory, 'tls'),
      hosts: ['127.0.0.1', 'localhost'],
      nowMs: systemClock.nowMs(),
    })
    const verifyToken = (text: string) => tokens.verify(text, 0)
    port = await server.listenTcp({
      host: '127.0.0.1',
      port: 0,
      tls,
      hostNames: ['capstan.example'],
      verifyToken,
    })
    endpoint = {
      server: `https://127.0.0.1:${port}`,
      certificateAuthority: tls.certificateAuthority,
    }
    token = tokens.issue({ name: 'ci', role: 'view' }, 0)
  })

  const get = (
    path: string,
    headers: http.OutgoingHttpHeaders = {},
    method = 'GET',
  ): Promise<Answer> =>
    request({
      host: '127.0.0.1',
      servername: 'localhost',
      port,
      path,
      method,
      ca: tls.certificateAuthority,
      headers,
    })
  const bearer = (text: string) => ({ authorization: `Bearer ${text}` })

  test('a token says who asks', async () => {
    expect(await get('/page', bearer(token))).toMatchObject({
      status: 200,
      text: '/page for capstan:ci',
    })
  })

  test.each([
    ['no token', {}, 401],
    ['a wrong one', bearer('capstan_0'), 401],
    ['another scheme', { authorization: 'Basic eDp5' }, 401],
  ])('%s is 401', async (_, headers, status) => {
    const answer = await get('/apis', headers)
    expect(answer.status).toBe(status)
    expect(JSON.parse(answer.text)).toMatchObject({ kind: 'Status', reason: 'Unauthorized' })
  })

  test('health and public extensions need none', async () => {
    for (const path of ['/livez', '/readyz', '/healthz', '/beat'])
      expect((await get(path)).status).toBe(200)
  })

  test('a foreign Host or a web page is refused', async () => {
    expect((await get('/apis', { ...bearer(token), host: 'evil.example' })).status).toBe(403)
    expect((await get('/livez', { host: 'evil.example' })).status).toBe(403)
    expect((await get('/apis', { ...bearer(token), origin: 'https://evil.example' })).status).toBe(
      403,
    )
    expect((await get('/apis', { ...bearer(token), host: 'capstan.example' })).status).toBe(200)
  })

  test('connections are kept longer than Go keeps them', async () => {
    const { headers } = await request({
      host: '127.0.0.1',
      port,
      path: '/livez',
      ca: tls.certificateAuthority,
      agent: new https.Agent({ keepAlive: true, maxSockets: 1, timeout: 1 }),
    })
    expect(Number(/timeout=(\d+)/.exec(String(headers['keep-alive']))?.[1])).toBeGreaterThan(90)
  })

  test('an upgrade is for those who may come in', async () => {
    const upgrade = (headers: http.OutgoingHttpHeaders): Promise<number> =>
      new Promise((resolve) => {
        const outgoing = https.request({
          host: '127.0.0.1',
          port,
          path: '/in',
          ca: tls.certificateAuthority,
          headers: { connection: 'Upgrade', upgrade: 'websocket', ...headers },
          agent: false,
        })
        outgoing.on('upgrade', (response, socket) => {
          socket.destroy()
          resolve(response.statusCode ?? 0)
        })
        outgoing.on('response', (response) => resolve(response.statusCode ?? 0))
        outgoing.on('error', () => resolve(0))
        outgoing.end()
      })
    expect(await upgrade(bearer(token))).toBe(101)
    expect(await upgrade({})).toBe(400)
  })

  test('kubeconfigs are whole, and for admins to make', async () => {
    expect((await get('/capstan/kubeconfig', bearer(token), 'POST')).status).toBe(403)
    const admin = tokens.issue({ name: 'root', role: 'admin' }, 0)
    expect((await get('/capstan/kubeconfig', bearer(admin))).status).toBe(405)
    const path = '/capstan/kubeconfig?role=edit&namespace=team'
    const { text } = await get(path, bearer(admin), 'POST')
    const config = parse(text)
    expect(config).toMatchObject({
      'current-context': 'capstan',
      contexts: [{ name: 'capstan', context: { namespace: 'team' } }],
      clusters: [{ cluster: { server: endpoint?.server } }],
    })
    const ca = Buffer.from(
      config.clusters[0].cluster['certificate-authority-data'],
      'base64',
    ).toString()
    expect(ca).toBe(tls.certificateAuthority)
    expect(tokens.verify(config.users[0].user.token, 0)?.role).toBe('edit')
  })
})

describe('certificates', () => {
  const options = (nowMs: number, hosts = ['127.0.0.1']) => ({
    directory: join(directory, 'tls'),
    hosts,
    nowMs,
  })
  const YEAR_MS = 365 * 86_400_000

  test('are made once, and anew when they would not do', async () => {
    const now = Date.UTC(2026, 0, 1)
    const first = ensureTls(options(now))
    expect(ensureTls(options(now + YEAR_MS))).toEqual(first)
    const later = ensureTls(options(now + 1.9 * YEAR_MS))
    expect(later.certificateAuthority).toBe(first.certificateAuthority)
    expect(later.cert).not.toBe(first.cert)
    const named = ensureTls(options(now, ['127.0.0.1', 'capstan.example']))
    expect(named.cert).not.toBe(later.cert)
    expect(statSync(join(directory, 'tls', 'server.key')).mode & 0o777).toBe(0o600)
    writeFileSync(join(directory, 'tls', 'server.crt'), 'damaged')
    expect(ensureTls(options(now)).cert).toContain('BEGIN CERTIFICATE')
  })
})

test.each([
  ['127.0.0.1:8443', true],
  ['[::1]:8443', true],
  ['localhost', true],
  ['LOCALHOST:1', true],
  ['10.0.0.7', true],
  ['capstan.example:8443', true],
  ['evil.example', false],
  ['localhost.evil.example', false],
  ['', false],
])('Host %j is allowed: %j', (host, expected) => {
  expect(isAllowedHost(host, ['capstan.example'])).toBe(expected)
})
