import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'

export interface FakeContainer {
  readonly id: string
  readonly name: string
  // Bodies of the wire are read freely.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
  status: 'created' | 'running' | 'exited'
  exitCode: number
  isOutOfMemory: boolean
  /** What it was given when it was stopped. */
  stopSeconds?: number
  readonly log: Buffer[]
}

/** As much of Docker's HTTP API over a real socket as a driver needs; what a container does, the test says. */
export interface FakeEngine {
  readonly path: string
  readonly containers: Map<string, FakeContainer>
  /** Method and path of each request, without its query. */
  readonly requests: string[]
  readonly images: Set<string>
  readonly volumes: Set<string>
  /** Answers to come instead of the usual ones, by method and path; undefined: none ever comes. */
  readonly refusals: Map<string, { readonly status: number; readonly message: string } | undefined>
  /** Requests that are carried out when the function that they are given to says so, by method and path. */
  readonly delays: Map<string, (carryOut: () => void) => void>
  find(name: string): FakeContainer
  say(container: FakeContainer, text: string): void
  end(container: FakeContainer, exitCode: number, isOutOfMemory?: boolean): void
  /** Breaks all connections and answers nobody until it is resumed. */
  vanish(): Promise<void>
  resume(): Promise<void>
  close(): Promise<void>
}

type Answer = (call: Call) => void

interface Call {
  readonly params: readonly string[]
  readonly query: URLSearchParams
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly body: any
  readonly response: ServerResponse
}

export async function startFakeEngine(version = { Name: 'Engine', Version: '28.0.0' }) {
  const directory = mkdtempSync(join(tmpdir(), 'fake-engine-'))
  const path = join(directory, 'engine.sock')
  const containers = new Map<string, FakeContainer>()
  const waiting = new Map<string, ServerResponse[]>()
  const followers = new Map<string, ServerResponse[]>()
  const [images, volumes, requests] = [new Set<string>(), new Set<string>(), [] as string[]]
  const refusals: FakeEngine['refusals'] = new Map()
  const delays: FakeEngine['delays'] = new Map()
  let isGone = false

  const byIdOrName = (key: string): FakeContainer | undefined =>
    containers.get(key) ?? [...containers.values()].find(({ name }) => name === key)

  const withContainer =
    (act: (container: FakeContainer, call: Call) => void): Answer =>
    (call) => {
      const container = byIdOrName(call.params[0] ?? '')
      if (container) act(container, call)
      else refuse(call.response, 404, 'no such container')
    }

  const end: FakeEngine['end'] = (container, exitCode, isOutOfMemory = false) => {
    Object.assign(container, { status: 'exited', exitCode, isOutOfMemory })
    for (const response of waiting.get(container.id) ?? []) send(response, { StatusCode: exitCode })
    for (const response of followers.get(container.id) ?? []) response.end()
    waiting.delete(container.id)
    followers.delete(container.id)
  }

  const routes: readonly (readonly [RegExp, Answer])[] = [
    [/^GET \/version$/, ({ response }) => send(response, { Components: [version] })],
    [
      /^GET \/containers\/json$/,
      ({ query, response }) => {
        const { label: labels } = JSON.parse(query.get('filters') ?? '{}') as { label: string[] }
        const found = [...containers.values()].filter(({ body }) =>
          labels.every((label) => {
            const [key = '', value] = label.split('=')
            return body.Labels?.[key] === value
          }),
        )
        send(
          response,
          found.map(({ id, body }) => ({ Id: id, Labels: body.Labels })),
        )
      },
    ],
    [
      /^GET \/images\/(.+)\/json$/,
      ({ params: [image = ''], response }) =>
        images.has(image) ? send(response, {}) : refuse(response, 404, 'no such image'),
    ],
    [
      /^POST \/images\/create$/,
      ({ query, response }) => {
        images.add(`${query.get('fromImage')}:${query.get('tag')}`)
        response.end('{"status":"Pulling"}\n{"status":"Downloaded"}\n')
      },
    ],
    [
      /^POST \/containers\/create$/,
      ({ query, body, response }) => {
        const id = `id${containers.size + requests.length}`
        const name = query.get('name') ?? ''
        containers.set(id, {
          id,
          name,
          body,
          status: 'created',
          exitCode: 0,
          isOutOfMemory: false,
          log: [],
        })
        send(response, { Id: id }, 201)
      },
    ],
    [
      /^POST \/containers\/([^/]+)\/start$/,
      withContainer((container, { response }) => {
        container.status = 'running'
        send(response, undefined, 204)
      }),
    ],
    [
      /^POST \/containers\/([^/]+)\/wait$/,
      withContainer((container, { response }) => {
        if (container.status === 'exited') send(response, { StatusCode: container.exitCode })
        else waiting.set(container.id, [...(waiting.get(container.id) ?? []), response])
      }),
    ],
    [
      /^POST \/containers\/([^/]+)\/(?:stop|kill)$/,
      withContainer((container, { response, query }) => {
        send(response, undefined, 204)
        if (query.has('t')) container.stopSeconds = Number(query.get('t'))
        if (container.status === 'running') end(container, query.has('t') ? 143 : 137)
      }),
    ],
    [
      /^GET \/containers\/([^/]+)\/json$/,
      withContainer((container, { response }) => {
        const { status, exitCode, isOutOfMemory } = container
        const State = { Status: status, Running: status === 'running', ExitCode: exitCode }
        send(response, { State: { ...State, OOMKilled: isOutOfMemory } })
      }),
    ],
    [
      /^GET \/containers\/([^/]+)\/logs$/,
      withContainer((container, { response }) => {
        response.write(Buffer.concat(container.log))
        response.flushHeaders()
        if (container.status === 'exited') response.end()
        else followers.set(container.id, [...(followers.get(container.id) ?? []), response])
      }),
    ],
    [
      /^DELETE \/containers\/([^/]+)$/,
      withContainer((container, { response }) => {
        if (container.status === 'running') end(container, 137)
        containers.delete(container.id)
        send(response, undefined, 204)
      }),
    ],
    [
      /^DELETE \/volumes\/(.+)$/,
      ({ params: [name = ''], response }) => {
        volumes.delete(name)
        send(response, undefined, 204)
      },
    ],
  ]

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (isGone) {
      request.socket.destroy()
      return
    }
    const url = new URL(request.url ?? '/', 'http://engine')
    const line = `${request.method} ${url.pathname}`
    requests.push(line)
    const body = request.headers['content-type'] ? await json(request) : undefined
    const refusal = [...refusals].find(([pattern]) => line.startsWith(pattern))
    if (refusal) {
      if (refusal[1]) refuse(response, refusal[1].status, refusal[1].message)
      return
    }
    const delay = [...delays].find(([pattern]) => line.startsWith(pattern))
    if (delay) await new Promise<void>((resolve) => delay[1](resolve))
    for (const [pattern, act] of routes) {
      const match = pattern.exec(line)
      if (!match) continue
      act({
        params: match.slice(1).map(decodeURIComponent),
        query: url.searchParams,
        body,
        response,
      })
      return
    }
    refuse(response, 404, `no route ${line}`)
  }

  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(path, resolve))
  const engine: FakeEngine = {
    path,
    containers,
    requests,
    images,
    volumes,
    refusals,
    delays,
    end,
    find(name) {
      const container = byIdOrName(name)
      if (!container) throw new Error(`there is no container ${name}`)
      return container
    },
    say(container, text) {
      const message = Buffer.from(`2026-01-01T00:00:00Z ${text}\n`)
      const header = Buffer.alloc(8)
      header[0] = 1
      header.writeUInt32BE(message.length, 4)
      const frame = Buffer.concat([header, message])
      container.log.push(frame)
      for (const response of followers.get(container.id) ?? []) response.write(frame)
    },
    vanish() {
      isGone = true
      server.closeAllConnections()
      waiting.clear()
      followers.clear()
      return Promise.resolve()
    },
    resume() {
      isGone = false
      return Promise.resolve()
    },
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      rmSync(directory, { recursive: true, force: true })
    },
  }
  return engine
}

function send(response: ServerResponse, body: unknown, status = 200): void {
  response.statusCode = status
  response.end(body === undefined ? undefined : JSON.stringify(body))
}

function refuse(response: ServerResponse, status: number, message: string): void {
  send(response, { message }, status)
}
