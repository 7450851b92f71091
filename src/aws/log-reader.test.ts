import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { AwsError } from './errors.ts'
import type { FollowedEvent } from './log-cursor.ts'
import { createLogReader, type FollowOptions } from './log-reader.ts'
import type { LogEvent, LogsPort } from './ports.ts'

const LOCATION = { group: 'g', stream: 's' }

type Get = LogsPort['getLogEvents']

/** A stream in memory with CloudWatch's rules: pages, tokens, the same token at the end. */
class Stream {
  readonly events: LogEvent[] = []
  exists = true
  pageSize = 2
  /** Thrown by the next reads, one each. */
  readonly faults: AwsError[] = []
  reads = 0

  write(timestampMs: number, message: string): void {
    this.events.push({ timestampMs, message, stream: 's' })
  }

  readonly getLogEvents: Get = ({ token, startTimeMs = 0, fromHead, limit }) => {
    this.reads += 1
    const fault = this.faults.shift()
    if (fault) return Promise.reject(fault)
    if (!this.exists) return Promise.resolve(undefined)
    const size = Math.min(limit, this.pageSize)
    const all = this.events
    if (fromHead) {
      const first = all.findIndex((event) => event.timestampMs >= startTimeMs)
      const start = token === undefined ? (first < 0 ? all.length : first) : Number(token.slice(2))
      const events = all.slice(start, start + size)
      return Promise.resolve({ events, nextToken: `f/${start + events.length}` })
    }
    const end = token === undefined ? all.length : Number(token.slice(2))
    const start = Math.max(0, end - size)
    return Promise.resolve({ events: all.slice(start, end), nextToken: `b/${start}` })
  }
}

function aStream(...messages: readonly string[]): Stream {
  const stream = new Stream()
  for (const [index, message] of messages.entries()) stream.write(1_000 + index, message)
  return stream
}

async function collect(
  stream: Stream,
  clock: FakeClock,
  options: FollowOptions,
): Promise<FollowedEvent[]> {
  const followed: FollowedEvent[] = []
  for await (const each of createLogReader({ logs: stream, clock }).follow(LOCATION, options))
    followed.push(each)
  return followed
}

function messages(followed: readonly FollowedEvent[]): readonly string[] {
  return followed.map(({ event }) => event.message)
}

describe('tail', () => {
  test.each([
    [0, []],
    [1, ['e']],
    [3, ['c', 'd', 'e']],
    [99, ['a', 'b', 'c', 'd', 'e']],
  ])('the last %i', async (count, expected) => {
    const stream = aStream('a', 'b', 'c', 'd', 'e')
    const events = await createLogReader({ logs: stream, clock: new FakeClock() }).tail(
      LOCATION,
      count,
    )
    expect(events.map(({ message }) => message)).toEqual(expected)
  })

  test('of a stream that is not there', async () => {
    const stream = aStream('a')
    stream.exists = false
    expect(
      await createLogReader({ logs: stream, clock: new FakeClock() }).tail(LOCATION, 5),
    ).toEqual([])
  })
})

describe('follow', () => {
  test('reads what there is, waits for more, and ends some time after its writer', async () => {
    const clock = new FakeClock()
    const stream = aStream('a', 'b', 'c')
    let finished = false
    const done = collect(stream, clock, { finished: () => finished, drainMs: 3_000 })
    await clock.advance(2_000)
    stream.write(2_000, 'd')
    await clock.advance(2_000)
    finished = true
    await clock.advance(1_500)
    stream.write(2_001, 'late')
    await clock.advance(5_000)
    expect(messages(await done)).toEqual(['a', 'b', 'c', 'd', 'late'])
    expect(clock.pendingTimers).toBe(0)
  })

  test('waits for a stream that is not there yet', async () => {
    const clock = new FakeClock()
    const stream = aStream('a')
    stream.exists = false
    let finished = false
    const done = collect(stream, clock, { finished: () => finished, drainMs: 0 })
    await clock.advance(3_000)
    stream.exists = true
    finished = true
    await clock.advance(3_000)
    expect(messages(await done)).toEqual(['a'])
  })

  test('ends when it is told to, without an error', async () => {
    const clock = new FakeClock()
    const stop = new AbortController()
    const done = collect(aStream('a'), clock, { signal: stop.signal })
    await clock.advance(500)
    stop.abort(new Error('enough'))
    expect(messages(await done)).toEqual(['a'])
    expect(clock.pendingTimers).toBe(0)
  })

  test.each(['ThrottlingException', 'ECONNRESET', 'ServerException'])(
    'goes on after %s',
    async (code) => {
      const clock = new FakeClock()
      const stream = aStream('a', 'b', 'c')
      stream.faults.push(new AwsError({ operation: 'GetLogEvents', code, message: '' }))
      const done = collect(stream, clock, { finished: () => true, drainMs: 0 })
      await clock.advance(5_000)
      expect(messages(await done)).toEqual(['a', 'b', 'c'])
    },
  )

  test('fails for what does not pass', async () => {
    const clock = new FakeClock()
    const stream = aStream('a')
    stream.faults.push(
      new AwsError({ operation: 'GetLogEvents', code: 'AccessDeniedException', message: 'no' }),
    )
    await expect(collect(stream, clock, {})).rejects.toMatchObject({
      code: 'AccessDeniedException',
    })
  })

  test('goes on by time when its token has expired, without loss or doubles', async () => {
    const clock = new FakeClock()
    const stream = new Stream()
    for (const message of ['a', 'b', 'c']) stream.write(1_000, message)
    let finished = false
    const done = collect(stream, clock, { finished: () => finished, drainMs: 0 })
    await clock.advance(1_500)
    stream.faults.push(
      new AwsError({
        operation: 'GetLogEvents',
        code: 'InvalidParameterException',
        message: 'The specified nextToken is invalid.',
      }),
    )
    stream.write(1_000, 'd')
    finished = true
    await clock.advance(5_000)
    expect(messages(await done)).toEqual(['a', 'b', 'c', 'd'])
  })

  test('does not run in circles over empty pages', async () => {
    const clock = new FakeClock()
    let page = 0
    const getLogEvents: Get = () => Promise.resolve({ events: [], nextToken: `f/${page++}` })
    const following = createLogReader({ logs: { getLogEvents }, clock }).follow(LOCATION, {
      finished: () => true,
      drainMs: 0,
    })
    const done = following.next()
    await clock.advance(5_000)
    expect(await done).toMatchObject({ done: true })
    expect(page).toBeLessThan(50)
  })

  test('resumed at any event, it gives exactly the rest, also within one millisecond', async () => {
    const gap = fc.constantFrom(0, 0, 0, 1, 5)
    await fc.assert(
      fc.asyncProperty(
        fc.array(gap, { maxLength: 30 }),
        fc.nat(),
        fc.integer({ min: 1, max: 7 }),
        async (gaps, at, pageSize) => {
          const stream = new Stream()
          stream.pageSize = pageSize
          let timestampMs = 1_000
          for (const [index, ms] of gaps.entries()) {
            timestampMs += ms
            stream.write(timestampMs, `line ${index}`)
          }
          const clock = new FakeClock()
          const read = async (options: FollowOptions): Promise<FollowedEvent[]> => {
            const done = collect(stream, clock, { finished: () => true, drainMs: 0, ...options })
            await clock.advance(0)
            return done
          }
          const all = await read({})
          expect(all).toHaveLength(gaps.length)
          const resumeAt = gaps.length === 0 ? 0 : at % gaps.length
          const rest = await read({ from: all[resumeAt]?.position })
          expect(messages(rest)).toEqual(messages(all.slice(resumeAt + 1)))
        },
      ),
    )
  })
})
