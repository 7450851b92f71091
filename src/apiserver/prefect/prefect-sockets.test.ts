import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import {
  about,
  type ConnectOptions,
  EVENTS,
  OTHER_RUN,
  openPrefectWire,
  type PrefectWire,
  RUN,
  RUN_TOKEN,
  TOKENS,
  until,
  wireEvent,
} from '../../../test/world/prefect-wire.ts'
import type { JsonObject } from '../../lib/json.ts'

const IN = '/api/events/in'
const OUT = '/api/events/out'

let wire: PrefectWire

beforeEach(async () => {
  wire = await openPrefectWire()
})

afterEach(() => wire.close())

const logged = () => wire.store.eventLog.after(0, 1_000)

describe('WebSocket handshake', () => {
  const auth = (token: unknown) => ({ type: 'auth', token })
  test.each<{
    readonly who: string
    readonly path: string
    readonly options?: ConnectOptions
    readonly message: unknown
    readonly reason: string
  }>([
    { who: 'no auth message', path: IN, message: {}, reason: "Expected 'auth' message" },
    { who: 'no JSON', path: IN, message: 'auth', reason: "Expected 'auth' message" },
    { who: 'null', path: IN, message: auth(null), reason: 'Auth required but no token provided' },
    { who: 'no text', path: OUT, message: auth(''), reason: 'Auth required but no token provided' },
    { who: 'a wrong token', path: IN, message: auth('nonsense'), reason: 'Invalid token' },
    {
      who: 'a wrong token after a good header',
      path: IN,
      options: { authorization: `Bearer ${RUN_TOKEN}` },
      message: auth('x'),
      reason: 'Invalid token',
    },
    {
      who: 'a viewer who sends',
      path: IN,
      message: auth(TOKENS.view),
      reason: 'Invalid token: not for this',
    },
    {
      who: 'a run that reads',
      path: OUT,
      message: auth(RUN_TOKEN),
      reason: 'Invalid token: not for this',
    },
  ])('$who: closed with Prefect’s reason', async ({ path, options, message, reason }) => {
    const client = await wire.connect(path, options)
    client.send(message)
    expect(await client.closed).toEqual({ code: 1008, reason })
    expect(client.messages).toEqual([])
  })

  test('a legacy client without subprotocol is told why it cannot stay', async () => {
    const client = await wire.connect(IN, { protocols: [] })
    expect(await client.closed).toEqual({
      code: 1002,
      reason: "'prefect' subprotocol required when auth is configured",
    })
  })

  test('a client that shows its key in the header exchanges no messages about it', async () => {
    const client = await wire.connect(IN, { protocols: [], authorization: `bearer ${RUN_TOKEN}` })
    client.send(wireEvent())
    await client.ping()
    expect(logged()).toHaveLength(1)
    expect(client.messages).toEqual([])
  })

  test('a good token is greeted, and a ping before it is answered', async () => {
    const client = await wire.connect(IN)
    await client.ping()
    client.send(auth(RUN_TOKEN))
    expect(await client.message(0)).toEqual({ type: 'auth_success' })
    expect(client.socket.protocol).toBe('prefect')
  })

  test('other paths are no WebSockets', async () => {
    await expect(wire.connect('/api/events/else')).rejects.toThrow(/400/)
  })
})

describe('/api/events/in', () => {
  test('takes one event a message without a word; the pong says that all are in the log', async () => {
    const client = await wire.connect(IN, { token: RUN_TOKEN })
    const events = Array.from({ length: 50 }, () => wireEvent({ event: 'my.event' }))
    for (const event of events) client.send(event)
    await client.ping()
    expect(logged().map(({ id }) => id)).toEqual(events.map(({ id }) => id))
    expect(client.messages).toEqual([{ type: 'auth_success' }])
  })

  test('a bad event is dropped and told in the log, the next one is taken', async () => {
    const client = await wire.connect(IN, { token: RUN_TOKEN })
    client.send({ type: 'nonsense' })
    client.send('{')
    client.send(wireEvent(about(OTHER_RUN)))
    client.socket.send(Buffer.from('{}'), { binary: true })
    client.send(wireEvent({ event: 'my.event' }))
    await client.ping()
    expect(logged().map(({ event }) => event)).toEqual(['my.event'])
    expect(wire.beats).toEqual([])
    expect(wire.log.lines.filter(({ message }) => message.includes('dropped'))).toHaveLength(1)
  })

  test('a client that sends nothing but nonsense is closed', async () => {
    const client = await wire.connect(IN, { token: RUN_TOKEN })
    for (let index = 0; index < 200; index += 1) client.send({ index })
    expect((await client.closed).code).toBe(1008)
  })

  test('a message larger than an event may be is refused before it is read', async () => {
    const client = await wire.connect(IN, { token: RUN_TOKEN })
    client.send(wireEvent({ payload: { x: 'x'.repeat(1_600_000) } }))
    expect((await client.closed).code).toBe(1009)
    expect(logged()).toEqual([])
  })

  test('one run has no more connections than it may; others come in', async () => {
    const clients = await Promise.all(
      Array.from({ length: 65 }, () => wire.connect(IN, { token: RUN_TOKEN })),
    )
    await until(() => clients.some(({ socket }) => socket.readyState === socket.CLOSED))
    const closed = await Promise.all(
      clients.filter(({ socket }) => socket.readyState === socket.CLOSED).map((one) => one.closed),
    )
    expect(closed).toEqual([{ code: 1013, reason: 'Too many connections' }])
    const other = await wire.connect(IN, { token: `run:${OTHER_RUN}` })
    expect(other.messages).toEqual([{ type: 'auth_success' }])
  })

  test('a store that fails closes the connection, so that the client sends everything again', async () => {
    const client = await wire.connect(IN, { token: RUN_TOKEN })
    wire.store.eventLog.append = () => {
      throw new Error('disk full')
    }
    client.send(wireEvent())
    expect(await client.closed).toEqual({ code: 1011, reason: 'Events could not be stored' })
  })
})

describe('/api/events/out', () => {
  const subscribe = async (filter: JsonObject, backfill?: boolean) => {
    const client = await wire.connect(OUT, { token: TOKENS.view })
    client.send({ type: 'filter', filter, ...(backfill !== undefined && { backfill }) })
    return client
  }
  const post = (...events: readonly JsonObject[]) =>
    wire.http('POST', EVENTS, { token: TOKENS.edit, body: events })

  test('sends what was and what comes, in Prefect’s words', async () => {
    const [first, other, second] = [
      wireEvent(),
      wireEvent({ event: 'other.event' }),
      wireEvent({ payload: { n: 2 } }),
    ]
    await post(first, other)
    const client = await subscribe({ event: { prefix: ['prefect.flow-run.'] } })
    expect(await client.message(1)).toMatchObject({
      type: 'event',
      event: { id: first['id'], event: 'prefect.flow-run.heartbeat', ...about(RUN), follows: null },
    })
    await post(other, second)
    expect(await client.message(2)).toMatchObject({
      type: 'event',
      event: { id: second['id'], payload: { n: 2 } },
    })
  })

  test('without backfill only what comes', async () => {
    await post(wireEvent({ payload: { n: 1 } }))
    const client = await subscribe({}, false)
    // The pong comes after the filter was read.
    await client.ping()
    await post(wireEvent({ payload: { n: 2 } }))
    expect(await client.message(1)).toMatchObject({ event: { payload: { n: 2 } } })
  })

  test.each<[unknown, string]>([
    ['{', "Expected 'filter' message"],
    [{ type: 'subscribe' }, "Expected 'filter' message"],
    [{ type: 'filter', filter: { wrong: 1 } }, 'Invalid filter: filter.wrong: Extra inputs'],
  ])('closes after %j', async (message, reason) => {
    const client = await wire.connect(OUT, { token: TOKENS.view })
    client.send(message)
    const closed = await client.closed
    expect(closed.code).toBe(1002)
    expect(closed.reason).toContain(reason)
  })
})

describe('in the course of time', () => {
  let clock: FakeClock
  beforeEach(async () => {
    await wire.close()
    clock = new FakeClock()
    wire = await openPrefectWire(clock)
  })

  test('who does not say who it is goes after ten seconds', async () => {
    const client = await wire.connect(IN)
    await clock.advance(9_999)
    expect(client.socket.readyState).toBe(client.socket.OPEN)
    await clock.advance(1)
    expect(await client.closed).toEqual({ code: 1008, reason: "Expected 'auth' message" })
  })

  describe('a flood of one run', () => {
    const EVENTS_OF_FLOOD = 3_000
    /** What a run may send at once, and then each second. */
    const [BURST, PER_SECOND] = [1_000, 20]
    const EVENT = wireEvent({ event: 'my.event' })
    /** What has been taken from the network is not put back, however much it is: a read or two of 64 kB. */
    const READ_AHEAD = (2 * 65_536) / JSON.stringify(EVENT).length

    const count = (): number => wire.store.eventLog.newestSeq()

    /** Lets time pass in steps until as many events are stored, and sees to it that it is never too early. */
    async function untilStored(wanted: number, stepMs: number): Promise<void> {
      while (count() < wanted) {
        await clock.advance(stepMs)
        const seconds = clock.monotonicMs() / 1_000
        expect(count()).toBeLessThan(BURST + PER_SECOND * seconds + READ_AHEAD)
      }
    }

    async function flood() {
      const client = await wire.connect(IN, { token: RUN_TOKEN })
      for (let index = 0; index < EVENTS_OF_FLOOD; index += 1) {
        client.send(wireEvent({ event: 'my.event' }))
      }
      await untilStored(BURST, 20)
      return client
    }

    test('is read slowly, none of it is lost, and another run beats as before', async () => {
      const flooder = await flood()
      const calm = await wire.connect(IN, { token: `run:${OTHER_RUN}` })
      calm.send(wireEvent(about(OTHER_RUN)))
      // No time passes here.
      await until(() => wire.beats.length === 1)
      expect(wire.beats).toEqual([OTHER_RUN])
      await untilStored(EVENTS_OF_FLOOD + 1, 1_000)
      expect(flooder.socket.readyState).toBe(flooder.socket.OPEN)
    })

    test('leaves no listeners behind, however often it is held back', async () => {
      const warnings: string[] = []
      const note = ({ name }: Error): number => warnings.push(name)
      process.on('warning', note)
      onTestFinished(() => void process.off('warning', note))
      await flood()
      await untilStored(EVENTS_OF_FLOOD, 100)
      expect(warnings).toEqual([])
    })

    test('is not taken for a client that is gone', async () => {
      const flooder = await flood()
      // It is held back at one ping, and heard again in the moment of the next.
      await untilStored(count() + 1, 20)
      while (clock.monotonicMs() < 30_020) await clock.advance(20)
      clock.advanceSync(30_000)
      await untilStored(EVENTS_OF_FLOOD, 1_000)
      expect(flooder.socket.readyState).toBe(flooder.socket.OPEN)
    })
  })

  test('a beat that came another way is kept as well, once it has counted', async () => {
    const beats = wire.recorded({ verifyRunToken: () => undefined, beat: () => 'Accepted' })
    expect(beats.beat(RUN, { source: 'Http', index: 0, attempt: 2 })).toBe('Accepted')
    beats.beat(RUN, { source: 'Events' })
    wire.recorded({ ...beats, beat: () => 'Finished' }).beat(RUN, { source: 'Http' })
    expect(logged()).toEqual([])
    await clock.advance(500)
    expect(logged()).toMatchObject([
      {
        event: 'capstan.run.heartbeat',
        resource: { 'capstan.resource.id': `capstan.run.${RUN}`, 'capstan.resource.name': 'mine' },
        payload: { index: 0, attempt: 2 },
        runUid: RUN,
      },
    ])
    expect(logged()[0]?.isOutside).toBeUndefined()
  })

  test('what is older than fifteen minutes is not told again', async () => {
    const send = async (event: string) => {
      const posted = wire.http('POST', EVENTS, { token: TOKENS.edit, body: [wireEvent({ event })] })
      await until(() => clock.pendingTimers > 0)
      await clock.advance(50)
      await posted
    }
    await send('old.event')
    await clock.advance(16 * 60_000)
    await send('new.event')
    const client = await wire.connect(OUT, { token: TOKENS.view })
    const before = clock.pendingTimers
    client.send({ type: 'filter', filter: {} })
    await client.ping()
    expect(clock.pendingTimers).toBe(before)
    await clock.advance(50)
    expect(await client.message(1)).toMatchObject({ event: { event: 'new.event' } })
  })

  test('who takes nothing holds no more than a little, and is cut off in the end', async () => {
    const client = await wire.connect(OUT, { token: TOKENS.view })
    client.send({ type: 'filter', filter: {} })
    await client.ping()
    client.socket.pause()
    const text = 'x'.repeat(1_000_000)
    wire.store.transaction(() => {
      for (let index = 0; index < 40; index += 1) {
        wire.store.eventLog.append([
          {
            occurredAtMs: clock.nowMs(),
            receivedAtMs: clock.nowMs(),
            event: 'my.event',
            namespace: 'default',
            resource: { 'capstan.resource.id': 'x' },
            related: [],
            payload: { text },
          },
        ])
      }
    })
    for (let index = 0; index < 400; index += 1) {
      await clock.advance(100)
      await new Promise((resolve) => setImmediate(resolve))
    }
    client.socket.resume()
    expect((await client.closed).code).toBe(1006)
    expect(client.messages.length).toBeLessThan(40)
  })
})
