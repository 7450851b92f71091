import { describe, expect, test } from 'vitest'
import { LABEL } from '../../kinds/event.ts'
import type { JsonObject } from '../../lib/json.ts'
import { parseWireEvent, renderPrefectEvent } from './event-json.ts'

/** A heartbeat as Prefect's flow engine sends it. */
const HEARTBEAT: JsonObject = {
  occurred: '2026-03-01T12:00:00.123456+00:00',
  event: 'prefect.flow-run.heartbeat',
  resource: {
    'prefect.resource.id': 'prefect.flow-run.0190d2ee-0000-4000-8000-000000000001',
    'prefect.resource.name': 'tiny-fox',
    'prefect.version': '3.8.8',
  },
  related: [{ 'prefect.resource.id': 'prefect.tag.etl', 'prefect.resource.role': 'tag' }],
  payload: {},
  id: '0190D2EE-1111-7000-8000-000000000002',
  follows: null,
}

describe('an event of the wire', () => {
  test('is read into Capstan’s own words', () => {
    expect(parseWireEvent(HEARTBEAT)).toEqual({
      type: 'Event',
      event: {
        id: '0190d2ee-1111-7000-8000-000000000002',
        occurredAtMs: Date.UTC(2026, 2, 1, 12, 0, 0, 123),
        event: 'capstan.run.heartbeat',
        resource: {
          [LABEL.id]: 'capstan.run.0190d2ee-0000-4000-8000-000000000001',
          [LABEL.name]: 'tiny-fox',
          'prefect.version': '3.8.8',
        },
        related: [{ [LABEL.id]: 'capstan.tag.etl', [LABEL.role]: 'tag' }],
        payload: {},
      },
    })
  })

  test('may leave related, payload and follows out, and have keys that nobody knows', () => {
    const { related: _, payload: __, follows: ___, ...rest } = HEARTBEAT
    expect(parseWireEvent({ ...rest, extra: 1 })).toMatchObject({
      type: 'Event',
      event: { related: [], payload: {} },
    })
  })

  test('goes out as it came in', () => {
    const parsed = parseWireEvent({ ...HEARTBEAT, id: '0190d2ee-1111-7000-8000-000000000002' })
    if (parsed.type !== 'Event') throw new Error('invalid')
    const record = { ...parsed.event, seq: 1, receivedAtMs: 0, namespace: 'default' }
    expect(renderPrefectEvent(record)).toEqual({
      ...HEARTBEAT,
      id: '0190d2ee-1111-7000-8000-000000000002',
      occurred: '2026-03-01T12:00:00.123Z',
      received: '1970-01-01T00:00:00.000Z',
    })
  })

  test('what a firing answers is told in Prefect’s words as well', () => {
    const told = renderPrefectEvent({
      seq: 1,
      id: 'firing',
      occurredAtMs: 0,
      receivedAtMs: 0,
      namespace: 'default',
      event: 'capstan.automation.triggered',
      resource: { 'capstan.resource.id': 'capstan.automation.a', 'capstan.posture': 'Reactive' },
      related: [
        { 'capstan.resource.id': 'capstan.event.e', 'capstan.resource.role': 'triggering-event' },
      ],
      payload: {
        message: 'Fired. Event: capstan.run.Failed of bad.',
        triggering_event: {
          id: 'e',
          event: 'capstan.run.Failed',
          resource: { 'capstan.resource.id': 'capstan.run.b', 'capstan.resource.name': 'bad' },
        },
      },
    })
    expect(told).toMatchObject({
      event: 'prefect.automation.triggered',
      resource: { 'prefect.resource.id': 'prefect.automation.a', 'prefect.posture': 'Reactive' },
      related: [
        { 'prefect.resource.id': 'prefect.event.e', 'prefect.resource.role': 'triggering-event' },
      ],
      payload: {
        triggering_event: {
          id: 'e',
          event: 'prefect.flow-run.Failed',
          resource: { 'prefect.resource.id': 'prefect.flow-run.b', 'prefect.resource.name': 'bad' },
        },
      },
    })
  })

  const labels = (count: number): JsonObject =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`l${index}`, 'x']))
  const id = { 'prefect.resource.id': 'x' }
  const related = { ...id, 'prefect.resource.role': 'r' }

  test.each<[string, JsonObject, readonly (string | number)[], RegExp]>([
    ['no id', { id: undefined }, ['id'], /Field required/],
    ['an id that is none', { id: 'seven' }, ['id'], /valid UUID/],
    ['a number as id', { id: 7 }, ['id'], /valid UUID/],
    ['no time', { occurred: undefined }, ['occurred'], /Field required/],
    ['a time without a zone', { occurred: '2026-03-01T12:00:00' }, ['occurred'], /time zone/],
    ['a time that is none', { occurred: '2026-33-01T12:00:00Z' }, ['occurred'], /datetime/],
    ['no name', { event: undefined }, ['event'], /Field required/],
    ['an empty name', { event: '' }, ['event'], /valid string/],
    ['a name too long', { event: 'x'.repeat(1_025) }, ['event'], /at most 1024/],
    ['no resource', { resource: undefined }, ['resource'], /Field required/],
    ['a resource that is a list', { resource: [] }, ['resource'], /valid dictionary/],
    ['a resource without id', { resource: { a: 'b' } }, ['resource'], /must include/],
    [
      'an empty resource id',
      { resource: { 'prefect.resource.id': '' } },
      ['resource'],
      /non-empty/,
    ],
    ['a label that is a number', { resource: { ...id, a: 1 } }, ['resource', 'a'], /valid string/],
    ['too many labels', { resource: { ...id, ...labels(500) } }, ['resource'], /labels .* is 500/],
    ['related that is no list', { related: {} }, ['related'], /valid list/],
    ['too much related', { related: Array(101).fill(related) }, ['related'], /is 100/],
    ['related without role', { related: [related, id] }, ['related', 1], /resource\.role/],
    ['a payload that is a list', { payload: [] }, ['payload'], /valid dictionary/],
    ['follows that is none', { follows: 'x' }, ['follows'], /valid UUID/],
  ])('%s is told with its place', (_, different, place, message) => {
    const parsed = parseWireEvent({ ...HEARTBEAT, ...different }, ['body', 3])
    if (parsed.type !== 'Invalid') throw new Error('taken')
    expect(parsed.problems[0]?.loc).toEqual(['body', 3, ...place])
    expect(parsed.problems[0]?.msg).toMatch(message)
  })

  test.each([null, 7, 'text', []])('%j is none', (value) => {
    expect(parseWireEvent(value)).toMatchObject({ type: 'Invalid' })
  })

  test('tells all that is wrong, and never the values', () => {
    const parsed = parseWireEvent({ id: 'secret', event: 3, resource: { k: 'secret' } })
    if (parsed.type !== 'Invalid') throw new Error('taken')
    expect(parsed.problems).toHaveLength(4)
    expect(JSON.stringify(parsed.problems)).not.toContain('secret')
  })
})
