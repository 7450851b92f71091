import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AwsError } from './errors.ts'
import { type LogCursor, openCursor } from './log-cursor.ts'
import { type Reading, readMany, readOne } from './many-logs.ts'
import type { LogEvent, LogPage, LogsPort } from './ports.ts'

const GROUP = 'g'

/** Streams in memory, with CloudWatch's ways: pages, tokens, order by time. */
class FakeLogs implements LogsPort {
  readonly #pageSize: number
  readonly streams = new Map<string, LogEvent[]>()
  /** Thrown by the call with this number. */
  failAt: number | undefined
  calls = 0

  constructor(pageSize = 3) {
    this.#pageSize = pageSize
  }

  write(stream: string, timestampMs: number, message: string): void {
    const events = this.streams.get(stream) ?? []
    this.streams.set(stream, [...events, { stream, timestampMs, message }])
  }

  getLogEvents(request: Parameters<LogsPort['getLogEvents']>[0]): Promise<LogPage | undefined> {
    this.#count('GetLogEvents')
    const events = this.streams.get(request.stream)
    if (!events) return Promise.resolve(undefined)
    const { startTimeMs = 0, token } = request
    const first = events.findIndex(({ timestampMs }) => timestampMs >= startTimeMs)
    const at = token === undefined ? (first < 0 ? events.length : first) : Number(token)
    const page = events.slice(at, at + this.#pageSize)
    return Promise.resolve({ events: page, nextToken: String(at + page.length) })
  }

  filterLogEvents(
    request: Parameters<LogsPort['filterLogEvents']>[0],
  ): Promise<LogPage | undefined> {
    this.#count('FilterLogEvents')
    const { streams, startTimeMs, token = '0' } = request
    if (streams.some((stream) => !this.streams.has(stream))) return Promise.resolve(undefined)
    const events = streams
      .flatMap((stream) => this.streams.get(stream) ?? [])
      .filter(({ timestampMs }) => timestampMs >= startTimeMs)
      .toSorted((a, b) => a.timestampMs - b.timestampMs)
    const end = Number(token) + this.#pageSize
    const page = events.slice(Number(token), end)
    return Promise.resolve({ events: page, ...(end < events.length && { nextToken: `${end}` }) })
  }

  #count(operation: string): void {
    this.calls += 1
    if (this.calls !== this.failAt) return
    throw new AwsError({ operation, code: 'ServiceUnavailableException', message: 'later' })
  }
}

const signal = new AbortController().signal
const messages = ({ events }: Reading): readonly string[] =>
  events.map(({ event }) => event.message)

function readAll(
  logs: LogsPort,
  cursors: ReadonlyMap<string, LogCursor>,
  startTimeMs = 0,
): Promise<Reading> {
  return readMany(logs, GROUP, { cursors, startTimeMs }, signal)
}

function cursorsOf(...streams: readonly string[]): ReadonlyMap<string, LogCursor> {
  return new Map(streams.map((stream) => [stream, openCursor(undefined)]))
}

describe('many streams', () => {
  test('are read in order of time, over pages, to the end', async () => {
    const logs = new FakeLogs()
    for (const time of [1, 2, 3, 4]) {
      logs.write('a', time, `a${time}`)
      logs.write('b', time, `b${time}`)
    }
    const reading = await readAll(logs, cursorsOf('a', 'b'))
    expect(messages(reading)).toEqual(['a1', 'b1', 'a2', 'b2', 'a3', 'b3', 'a4', 'b4'])
    expect(reading.end).toEqual({ type: 'Complete' })
    expect(logs.calls).toBe(3)
  })

  test('with a missing one among them say so', async () => {
    const logs = new FakeLogs()
    logs.write('a', 1, 'a')
    expect((await readAll(logs, cursorsOf('a', 'b'))).end).toEqual({ type: 'None' })
  })

  test('keep what was read before a failure, and go on behind it', async () => {
    const logs = new FakeLogs(2)
    for (const message of ['1', '2', '3', '4', '5']) logs.write('a', 7, message)
    const cursors = cursorsOf('a')
    logs.failAt = 2
    const failed = await readAll(logs, cursors)
    expect([messages(failed), failed.end.type]).toEqual([['1', '2'], 'Failed'])
    expect(messages(await readAll(logs, cursors))).toEqual(['3', '4', '5'])
  })

  test('that are read apart from each other do not hold each other back', async () => {
    const logs = new FakeLogs()
    logs.write('a', 100, 'a')
    const cursors = cursorsOf('a', 'b')
    logs.write('b', 10, 'b')
    expect(messages(await readAll(logs, cursors))).toEqual(['b', 'a'])
    logs.write('b', 50, 'late')
    expect(messages(await readAll(logs, cursors, 10))).toEqual(['late'])
  })
})

test('nothing is lost or doubled, however readings, writers, restarts and failures come together', async () => {
  const step = fc.oneof(
    fc.record({ do: fc.constant('write' as const), stream: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ do: fc.constant('tick' as const) }),
    fc.record({ do: fc.constant('many' as const), fails: fc.boolean() }),
    fc.record({ do: fc.constant('one' as const), stream: fc.constantFrom('a', 'b', 'c') }),
    fc.record({ do: fc.constant('restart' as const) }),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      const logs = new FakeLogs()
      const written = new Map<string, string[]>([
        ['a', []],
        ['b', []],
        ['c', []],
      ])
      for (const stream of written.keys()) logs.streams.set(stream, [])
      const read = new Map<string, string[]>([
        ['a', []],
        ['b', []],
        ['c', []],
      ])
      let cursors = cursorsOf('a', 'b', 'c')
      const take = ({ events }: Reading): void => {
        for (const { event } of events) read.get(event.stream)?.push(event.message)
      }
      const start = (): number =>
        Math.min(...[...cursors.values()].map(({ position }) => position?.atMs ?? 0))
      let nowMs = 1
      for (const one of [...steps, { do: 'many' as const, fails: false }]) {
        if (one.do === 'tick') nowMs += 1
        if (one.do === 'write') {
          const messagesOf = written.get(one.stream) ?? []
          logs.write(one.stream, nowMs, `${messagesOf.length}`)
          messagesOf.push(`${messagesOf.length}`)
        }
        if (one.do === 'many') {
          logs.failAt = one.fails ? logs.calls + 2 : undefined
          take(await readAll(logs, cursors, start()))
        }
        if (one.do === 'one') {
          const cursor = cursors.get(one.stream)
          logs.failAt = undefined
          if (cursor)
            take(await readOne(logs, { group: GROUP, stream: one.stream }, cursor, signal))
        }
        if (one.do === 'restart') {
          cursors = new Map(
            [...cursors].map(([stream, { position }]) => [stream, openCursor(position)]),
          )
        }
      }
      expect(read).toEqual(written)
    }),
  )
})
