import { once } from 'node:events'
import type { RawData } from 'ws'
import { WebSocket } from 'ws'
import { createIntakeListener } from '../../src/apiserver/intake.ts'
import type { BeatAnswer } from '../../src/apiserver/ports.ts'
import {
  createPrefectEvents,
  type PrefectEvents,
} from '../../src/apiserver/prefect/prefect-events.ts'
import { textOf } from '../../src/apiserver/prefect/socket.ts'
import type { Role } from '../../src/apiserver/request.ts'
import { readSubject } from '../../src/controllers/run-subject.ts'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import { isoTime } from '../../src/lib/instant.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { SqliteStore } from '../../src/store/open.ts'
import { recordingLog } from './recording-log.ts'
import { aNewObject, openTestStore } from './test-store.ts'

/** The runs that there are; their tokens are `run:UID`. */
export const RUN = '0190d2ee-0000-4000-8000-00000000000a'
export const OTHER_RUN = '0190d2ee-0000-4000-8000-00000000000b'
/** A flow run that Capstan knows nothing of. */
export const FOREIGN = '0190d2ee-0000-4000-8000-0000000000ff'

/** Tokens of the API, by role. */
export const TOKENS: Readonly<Record<Role, string>> = {
  view: 'api-view',
  edit: 'api-edit',
  admin: 'api-admin',
}

/** Prefect's event API on a real port, over a real store in memory. */
export interface PrefectWire {
  readonly store: SqliteStore
  readonly log: ReturnType<typeof recordingLog>
  /** Uids of runs that were heard. */
  readonly beats: string[]
  /** What the next beats are answered. */
  answer: BeatAnswer
  readonly port: number
  /** The decorator of the intake of beats. */
  readonly recorded: PrefectEvents['recorded']
  http(
    method: string,
    path: string,
    options?: { readonly token?: string; readonly authorization?: string; readonly body?: unknown },
  ): Promise<{ readonly status: number; readonly body: JsonObject; readonly headers: Headers }>
  connect(path: string, options?: ConnectOptions): Promise<Client>
  close(): Promise<void>
}

export interface ConnectOptions {
  /** Absent: `prefect`. */
  readonly protocols?: readonly string[]
  readonly authorization?: string
  /** Sends the auth message with this token and waits for the answer. */
  readonly token?: string | null
}

/** One WebSocket and what it has heard. */
export interface Client {
  readonly socket: WebSocket
  readonly messages: JsonObject[]
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
  send(message: unknown): void
  /** Resolves when the pong has come. */
  ping(): Promise<void>
  /** Resolves with the message at this place. */
  message(index: number): Promise<JsonObject>
}

export async function openPrefectWire(clock: Clock = systemClock): Promise<PrefectWire> {
  const store = openTestStore()
  store.transaction(() => {
    for (const [name, uid] of [
      ['mine', RUN],
      ['other', OTHER_RUN],
    ] as const) {
      store.objects.create(aNewObject(name, { meta: { uid, labels: { team: 'data' } } }))
    }
  })
  const log = recordingLog()
  const beats: string[] = []
  const wire = { answer: 'Accepted' as BeatAnswer }
  const events = createPrefectEvents({
    store,
    clock,
    log,
    subjectOf: (runUid) => readSubject(store, runUid),
    beats: {
      verifyRunToken: (token) => (token.startsWith('run:') ? token.slice(4) : undefined),
      beat(runUid) {
        beats.push(runUid)
        return wire.answer
      },
    },
    verifyToken(token) {
      const role = (['view', 'edit', 'admin'] as const).find((one) => TOKENS[one] === token)
      return role && { name: `capstan:${role}`, groups: [], role }
    },
  })
  const listener = createIntakeListener({ routes: [events.route], clock: systemClock, log })
  await listener.listen({ host: '127.0.0.1', port: 0 })
  const origin = `127.0.0.1:${listener.port}`
  return Object.assign(wire, {
    store,
    log,
    beats,
    port: listener.port,
    recorded: events.recorded,
    http: (method: string, path: string, options = {}) =>
      request(`http://${origin}${path}`, method, options),
    connect: (path: string, options = {}) => connect(`ws://${origin}${path}`, options),
    async close() {
      await events.part.stop()
      await listener.close()
      store.close()
    },
  })
}

async function request(
  url: string,
  method: string,
  {
    token,
    authorization,
    body,
  }: { readonly token?: string; readonly authorization?: string; readonly body?: unknown },
) {
  const shown = authorization ?? (token === undefined ? undefined : `Bearer ${token}`)
  const response = await fetch(url, {
    method,
    headers: { ...(shown !== undefined && { authorization: shown }) },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await response.text()
  const parsed = text === '' ? {} : (JSON.parse(text) as JsonObject)
  return { status: response.status, body: parsed, headers: response.headers }
}

async function connect(
  url: string,
  { protocols = ['prefect'], authorization, token }: ConnectOptions,
): Promise<Client> {
  const socket = new WebSocket(url, [...protocols], {
    headers: { ...(authorization !== undefined && { authorization }) },
  })
  const client = toClient(socket)
  await once(socket, 'open')
  if (token !== undefined) {
    client.send({ type: 'auth', token })
    await Promise.race([client.message(0), client.closed])
  }
  return client
}

function toClient(socket: WebSocket): Client {
  const messages: JsonObject[] = []
  let wake = (): void => {}
  socket.on('message', (data: RawData) => {
    messages.push(JSON.parse(textOf(data, false) ?? '') as JsonObject)
    wake()
  })
  const closed = new Promise<{ code: number; reason: string }>((resolve) => {
    socket.once('close', (code, reason) => resolve({ code, reason: String(reason) }))
  })
  return {
    socket,
    messages,
    closed,
    send: (message) => socket.send(typeof message === 'string' ? message : JSON.stringify(message)),
    async ping() {
      const pong = once(socket, 'pong')
      socket.ping()
      await pong
    },
    async message(index) {
      for (;;) {
        const found = messages[index]
        if (found) return found
        await new Promise<void>((resolve) => {
          wake = resolve
        })
      }
    },
  }
}

let count = 0

/** An event of the wire, by default a heartbeat of RUN, with an id of its own. */
export function wireEvent(different: JsonObject = {}): JsonObject {
  count += 1
  return {
    occurred: isoTime(systemClock.nowMs()),
    event: 'prefect.flow-run.heartbeat',
    resource: { 'prefect.resource.id': `prefect.flow-run.${RUN}` },
    related: [],
    payload: {},
    id: `0190d2ee-1111-7000-8000-${String(count).padStart(12, '0')}`,
    ...different,
  }
}

export const EVENTS = '/api/events'

export const RUN_TOKEN = `run:${RUN}`

export const about = (uid: string): JsonObject => ({
  resource: { 'prefect.resource.id': `prefect.flow-run.${uid}` },
})

export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
