import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  about,
  EVENTS,
  FOREIGN,
  OTHER_RUN,
  openPrefectWire,
  type PrefectWire,
  RUN,
  RUN_TOKEN,
  TOKENS,
  wireEvent,
} from '../../../test/world/prefect-wire.ts'
import type { JsonObject } from '../../lib/json.ts'

let wire: PrefectWire

beforeEach(async () => {
  wire = await openPrefectWire()
})

afterEach(() => wire.close())

const logged = () => wire.store.eventLog.after(0, 1_000)

describe('POST /api/events', () => {
  const post = (body: unknown, token: string = RUN_TOKEN) =>
    wire.http('POST', EVENTS, { token, body })

  test('keeps the events, answers 204 when they are in the log, and hears the beat', async () => {
    const event = wireEvent({ payload: { at: 1 } })
    const { status, body } = await post([event, wireEvent({ event: 'my.event', ...about(RUN) })])
    expect({ status, body }).toEqual({ status: 204, body: {} })
    expect(wire.beats).toEqual([RUN])
    expect(logged()).toMatchObject([
      {
        id: event['id'],
        event: 'capstan.run.heartbeat',
        namespace: 'default',
        resource: { 'capstan.resource.id': `capstan.run.${RUN}` },
        payload: { at: 1 },
        runUid: RUN,
        isOutside: true,
      },
      { event: 'my.event', runUid: RUN },
    ])
    // What Capstan knows of the run goes with its beat, so that triggers can match it.
    expect(logged()[0]?.related).toContainEqual({
      'capstan.resource.id': 'capstan.tag.team=data',
      'capstan.resource.role': 'tag',
    })
  })

  test('a resent event is kept once, and is a sign of life all the same', async () => {
    const event = wireEvent()
    await post([event])
    await post([event, event])
    expect(logged()).toHaveLength(1)
    expect(wire.beats).toHaveLength(3)
  })

  test('a beat that is one too many is not kept', async () => {
    wire.answer = 'TooFast'
    expect((await post([wireEvent()])).status).toBe(204)
    expect(logged()).toEqual([])
  })

  test('a flow run that Capstan does not know is the run whose token it is', async () => {
    const related = [
      { 'prefect.resource.id': `prefect.flow-run.${FOREIGN}`, 'prefect.resource.role': 'flow-run' },
    ]
    const event = wireEvent({ ...about(FOREIGN), related })
    await post([event])
    expect(wire.beats).toEqual([RUN])
    expect(logged()[0]?.resource).toMatchObject({
      'capstan.resource.id': `capstan.run.${RUN}`,
      'capstan.resource.reported-id': `capstan.run.${FOREIGN}`,
    })
    expect(JSON.stringify(logged()[0]?.related)).not.toContain(
      `"capstan.run.${FOREIGN}","capstan.resource.role"`,
    )
  })

  test('an editor’s token speaks for any run, and only for runs that there are', async () => {
    await post([wireEvent(about(OTHER_RUN)), wireEvent(about(FOREIGN))], TOKENS.edit)
    expect(wire.beats).toEqual([OTHER_RUN])
    expect(logged().map(({ runUid }) => runUid)).toEqual([OTHER_RUN, undefined])
  })

  const state = { event: 'prefect.flow-run.Completed', ...about(RUN) }
  test.each<[string, string, JsonObject, number]>([
    ['another run’s beat', RUN_TOKEN, about(OTHER_RUN), 403],
    ['an event about another run', RUN_TOKEN, { event: 'my.event', ...about(OTHER_RUN) }, 403],
    [
      'another run as related',
      RUN_TOKEN,
      {
        event: 'my.event',
        related: [
          {
            'prefect.resource.id': `prefect.flow-run.${OTHER_RUN}`,
            'prefect.resource.role': 'flow-run',
          },
        ],
      },
      403,
    ],
    ['a state of its own', RUN_TOKEN, state, 403],
    ['a state, in Capstan’s words', RUN_TOKEN, { ...state, event: 'capstan.run.Failed' }, 403],
    ['a state by an admin', TOKENS.admin, state, 403],
    [
      'a deployment’s event',
      RUN_TOKEN,
      { event: 'my.event', resource: { 'prefect.resource.id': 'prefect.deployment.x' } },
      403,
    ],
    ['a viewer’s event', TOKENS.view, {}, 403],
    ['an unknown token', 'nonsense', {}, 401],
    ['an event that is none', RUN_TOKEN, { resource: {} }, 422],
  ])('refuses %s, and the good event beside it', async (_, token, different, status) => {
    const answer = await post([wireEvent({ event: 'good.event' }), wireEvent(different)], token)
    expect(answer.status).toBe(status)
    expect(logged()).toEqual([])
    expect(wire.beats).toEqual([])
  })

  test.each<[string, unknown, RegExp]>([
    ['an object', wireEvent(), /list/],
    ['no JSON', '{', /json_invalid/],
    ['too many', Array.from({ length: 1_001 }, () => wireEvent()), /at most 1000/],
    ['one too large', [wireEvent({ payload: { x: 'x'.repeat(1_500_000) } })], /1500000/],
  ])('refuses a body that is %s as Prefect does', async (_, body, detail) => {
    const answer = await post(body)
    expect(answer.status).toBe(422)
    expect(answer.body['exception_message']).toBe('Invalid request received.')
    expect(JSON.stringify(answer.body['exception_detail'])).toMatch(detail)
  })

  test.each<[string, string, number]>([
    ['Bearer', `Bearer ${RUN_TOKEN}`, 204],
    ['Basic with the token', `Basic ${btoa(TOKENS.edit)}`, 204],
    ['Basic with user:token', `Basic ${btoa(`x:${TOKENS.edit}`)}`, 204],
    ['Basic with a run’s token', `Basic ${btoa(RUN_TOKEN)}`, 204],
    ['Basic with nonsense', `Basic ${btoa('x:y')}`, 401],
    ['another scheme', `Digest ${RUN_TOKEN}`, 401],
  ])('knows who sends by %s', async (_, authorization, status) => {
    const answer = await wire.http('POST', EVENTS, { authorization, body: [wireEvent()] })
    expect(answer.status).toBe(status)
  })

  test('one flooding run is told to wait, and no other', async () => {
    const flood = Array.from({ length: 1_000 }, () => wireEvent({ event: 'my.event' }))
    expect((await post(flood)).status).toBe(204)
    expect((await post(flood)).status).toBe(204)
    const refused = await post(flood)
    expect(refused.status).toBe(429)
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(10)
    expect((await post([wireEvent(about(OTHER_RUN))], `run:${OTHER_RUN}`)).status).toBe(204)
  })
})

describe('the rest of Prefect’s API', () => {
  test('health is public; the version is not told, so that clients do not compare it', async () => {
    expect(await wire.http('GET', '/api/health')).toMatchObject({ status: 200, body: true })
    expect(await wire.http('GET', '/api/admin/version')).toMatchObject({ status: 404 })
    expect(await wire.http('GET', '/api/events/else')).toMatchObject({ status: 404 })
    expect(await wire.http('GET', '/api/flow_runs')).toMatchObject({ status: 404 })
  })

  test('filter: pages, newest first, until there is no next one', async () => {
    const events = Array.from({ length: 7 }, (_, index) =>
      wireEvent({ event: index === 3 ? 'other.event' : 'my.event', payload: { index } }),
    )
    await wire.http('POST', EVENTS, { token: TOKENS.edit, body: events })
    const body = { filter: { event: { prefix: ['my.'] } }, limit: 4 }
    const first = await wire.http('POST', `${EVENTS}/filter`, { token: TOKENS.view, body })
    const indexes = (page: JsonObject) =>
      (page['events'] as JsonObject[]).map(({ payload }) => (payload as JsonObject)['index'])
    expect(indexes(first.body)).toEqual([6, 5, 4, 2])
    expect(first.body['total']).toBe(6)
    const next = new URL(first.body['next_page'] as string)
    const target = `${next.pathname}${next.search}`
    const second = await wire.http('GET', target, { token: TOKENS.view })
    expect(indexes(second.body)).toEqual([1, 0])
    expect(second.body).toMatchObject({ total: 6, next_page: null })
    expect((await wire.http('GET', target, { token: RUN_TOKEN })).status).toBe(403)
    const forged = `${EVENTS}/filter/next?page-token=${btoa('{"limit":1}')}`
    expect((await wire.http('GET', forged, { token: TOKENS.view })).status).toBe(403)
  })

  test.each<[string, JsonObject]>([
    ['/filter', { limit: 51 }],
    ['/filter', { filter: { wrong: 1 } }],
    ['/count-by/event', { filter: {}, time_unit: 'fortnight' }],
  ])('%s refuses %j', async (path, body) => {
    const answer = await wire.http('POST', `${EVENTS}${path}`, { token: TOKENS.view, body })
    expect(answer.status).toBe(422)
  })

  test('count-by: names by their number, days in their order', async () => {
    const events = ['a', 'b', 'b'].map((event, index) =>
      wireEvent({ event, occurred: `2026-01-0${3 - index}T12:00:00Z` }),
    )
    await wire.http('POST', EVENTS, { token: TOKENS.edit, body: events })
    const count = async (by: string) => {
      const options = { token: TOKENS.view, body: { filter: {} } }
      const { body } = await wire.http('POST', `${EVENTS}/count-by/${by}`, options)
      return (body as unknown as JsonObject[]).map(({ label, count: number }) => [label, number])
    }
    expect(await count('event')).toEqual([
      ['b', 2],
      ['a', 1],
    ])
    expect(await count('day')).toEqual([
      ['2026-01-01T00:00:00.000Z', 1],
      ['2026-01-02T00:00:00.000Z', 1],
      ['2026-01-03T00:00:00.000Z', 1],
    ])
    expect(await count('resource')).toEqual([[`prefect.flow-run.${RUN}`, 3]])
  })
})
