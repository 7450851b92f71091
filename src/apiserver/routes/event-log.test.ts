import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aNewObject, CREATED_MS, openTestStore } from '../../../test/world/test-store.ts'
import { LABEL, type NewEventRecord, resourceId } from '../../kinds/event.ts'
import { systemClock } from '../../lib/clock.ts'
import type { SqliteStore } from '../../store/open.ts'
import { ANONYMOUS, type ApiResponse } from '../request.ts'
import { createEventLogRoute } from './event-log.ts'

let store: SqliteStore
beforeEach(() => {
  store = openTestStore()
  store.transaction(() => {
    store.objects.create(aNewObject('hello'))
    store.objects.create(aNewObject('etl', { kind: 'Deployment' }))
    store.eventLog.append([
      aRecord('capstan.run.Running', 'uid-hello', []),
      aRecord('capstan.run.Running', 'uid-other', ['uid-etl']),
      { ...aRecord('capstan.task.running', 'uid-hello', []), resource: { [LABEL.id]: 'x' } },
      { ...aRecord('my.event', 'uid-away', []), namespace: 'away', isOutside: true },
    ])
    store.history.put({
      uid: 'uid-away',
      namespace: 'away',
      name: 'gone',
      stateType: 'COMPLETED',
      stateName: 'Completed',
      attempts: 1,
      createdAtMs: 1,
      finishedAtMs: 2,
    })
  })
})
afterEach(() => store.close())

function aRecord(event: string, runUid: string, deployments: readonly string[]): NewEventRecord {
  return {
    occurredAtMs: CREATED_MS,
    receivedAtMs: CREATED_MS,
    event,
    namespace: 'default',
    resource: { [LABEL.id]: resourceId('run', runUid) },
    related: deployments.map((uid) => ({ [LABEL.id]: resourceId('deployment', uid) })),
    payload: {},
    runUid,
  }
}

async function get(query: string, method = 'GET'): Promise<ApiResponse> {
  const route = createEventLogRoute({ store, clock: systemClock })
  const answer = await route.handle({
    method,
    path: '/capstan/events',
    query: new URLSearchParams(query),
    headers: {},
    body: new Uint8Array(),
    user: ANONYMOUS,
  })
  if (!answer) throw new Error('not answered')
  return answer
}

describe('GET /capstan/events', () => {
  test.each<[string, readonly number[]]>([
    ['', [1, 2, 3, 4]],
    ['limit=2', [3, 4]],
    ['namespace=default', [1, 2, 3]],
    ['event=capstan.run.', [1, 2]],
    ['for=Run/default/hello', [1, 3]],
    ['for=Run/away/gone', [4]],
    ['for=Run/default/none', []],
    ['for=Deployment/default/etl', [2]],
    ['for=Run/default/hello&event=capstan.task.', [3]],
  ])('%s', async (query, expected) => {
    const { body } = await get(query)
    const { items, newest } = JSON.parse(body as string) as {
      readonly items: readonly { readonly seq: number }[]
      readonly newest: number
    }
    expect(items.map(({ seq }) => seq)).toEqual(expected)
    expect(newest).toBe(4)
  })

  test('shows times as people read them, and who told it', async () => {
    const { body } = await get('namespace=away')
    expect(JSON.parse(body as string)).toMatchObject({
      items: [{ occurred: '2026-01-01T00:00:00.000Z', run: 'uid-away', outside: true }],
    })
  })

  test.each<[string, RegExp]>([
    ['for=Run/hello', /Run\/default\/hello/],
    ['for=Pod/default/x', /no object/],
    ['limit=-1', /whole number/],
    ['watch=true&after=x', /whole number/],
  ])('%s is refused', async (query, message) => {
    await expect(get(query)).rejects.toThrow(message)
  })

  test('other methods are refused', async () => {
    await expect(get('', 'POST')).rejects.toThrow(/does not allow this method/)
  })

  test('watch: what comes after a position, until the reader goes', async () => {
    const { body } = await get('watch=true&after=2&event=capstan.')
    if (typeof body !== 'function') throw new Error('no stream')
    const lines: string[] = []
    const stop = body({
      write: (chunk) => lines.push(...chunk.trim().split('\n')),
      end: () => undefined,
      bufferedBytes: () => 0,
      drained: () => Promise.resolve(),
    })
    const add = async (event: string): Promise<void> => {
      store.transaction(() => store.eventLog.append([aRecord(event, 'uid-hello', [])]))
      await new Promise((resolve) => setImmediate(resolve))
    }
    await add('capstan.run.Completed')
    await add('my.event')
    stop()
    await add('capstan.run.Late')
    const events = lines.map((line) => (JSON.parse(line) as { readonly event: string }).event)
    expect(events).toEqual(['capstan.task.running', 'capstan.run.Completed'])
  })
})
