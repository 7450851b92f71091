import { describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { recordingLog } from '../../test/world/recording-log.ts'
import { createManager, type Part } from './manager.ts'

/** A failure whose message says all. */
class Explained extends Error {}

function setUp(...parts: readonly Partial<Part>[]) {
  const clock = new FakeClock()
  const log = recordingLog()
  const happened: string[] = []
  const named = parts.map((part, index): Part => {
    const name = part.name ?? `part ${index + 1}`
    return {
      name,
      start(signal, fail) {
        happened.push(`start ${name}`)
        return part.start?.(signal, fail)
      },
      stop() {
        happened.push(`stop ${name}`)
        return part.stop?.()
      },
    }
  })
  const isExplained = (error: unknown): boolean => error instanceof Explained
  const manager = createManager({ parts: named, clock, log, drainMs: 10_000, isExplained })
  const abort = new AbortController()
  let ended: 'running' | 'resolved' | Error = 'running'
  const run = manager.run(abort.signal).then(
    () => {
      ended = 'resolved'
    },
    (error: Error) => {
      ended = error
    },
  )
  return { clock, log, happened, abort, run, ended: () => ended }
}

describe('the manager', () => {
  test('starts in order, stops in reverse', async () => {
    const world = setUp({}, {}, {})
    await world.clock.advance(60_000)
    expect(world.happened).toEqual(['start part 1', 'start part 2', 'start part 3'])
    expect(world.ended()).toBe('running')
    world.abort.abort()
    await world.run
    expect(world.happened.slice(3)).toEqual(['stop part 3', 'stop part 2', 'stop part 1'])
    expect(world.ended()).toBe('resolved')
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('starts a part when the one before it is ready, stops one when the one behind it is done', async () => {
    const finish: (() => void)[] = []
    const slow = () => new Promise<void>((resolve) => finish.push(resolve))
    const world = setUp({ start: slow }, { stop: slow })
    await world.clock.advance(1_000)
    expect(world.happened).toEqual(['start part 1'])
    finish[0]?.()
    await world.clock.advance(0)
    world.abort.abort()
    await world.clock.advance(1_000)
    expect(world.happened.slice(1)).toEqual(['start part 2', 'stop part 2'])
    finish[1]?.()
    await world.run
    expect(world.happened.at(-1)).toBe('stop part 1')
  })

  test('a part that does not start stops those before it and itself, and is the reason', async () => {
    const world = setUp(
      {},
      { name: 'API server', start: () => Promise.reject(new Error('port taken')) },
      {},
    )
    await world.run
    expect(world.happened).toEqual([
      'start part 1',
      'start API server',
      'stop API server',
      'stop part 1',
    ])
    expect(world.ended()).toMatchObject({ message: 'API server did not start: port taken' })
    // Whoever started it says so, once.
    expect(world.log.lines).toEqual([])
  })

  test('a part that fails later stops everything', async () => {
    let fail = (_error: unknown): void => {}
    const world = setUp({}, { start: (_, failed) => void (fail = failed) })
    await world.clock.advance(1_000)
    const error = new Error('the database is damaged')
    fail(error)
    fail(new Error('and another'))
    await world.run
    expect(world.happened.slice(2)).toEqual(['stop part 2', 'stop part 1'])
    expect(world.ended()).toBe(error)
    expect(world.log.lines).toMatchObject([
      { level: 'error', message: 'a part failed, stopping', why: 'the database is damaged' },
      { level: 'error', message: 'another part failed', error: new Error('and another') },
    ])
    expect(world.log.lines[0]).not.toHaveProperty('error')
  })

  test('what fails besides is logged without a stack where its message says all, and one cause once', async () => {
    let fail = (_error: unknown): void => {}
    const gone = new Explained('the database is gone')
    const world = setUp(
      { name: 'guard', stop: () => Promise.reject(gone) },
      { start: (_, failed) => void (fail = failed) },
    )
    await world.clock.advance(1_000)
    fail(gone)
    fail(new Explained('the disk is full'))
    await world.run
    expect(world.ended()).toBe(gone)
    expect(world.log.lines.map(({ message, why }) => [message, why])).toEqual([
      ['a part failed, stopping', 'the database is gone'],
      ['another part failed', 'the disk is full'],
    ])
    expect(world.log.lines.every((line) => !('error' in line))).toBe(true)
  })

  test('aborted before it began, it starts nothing', async () => {
    const abort = new AbortController()
    abort.abort()
    const happened: string[] = []
    const part = { name: 'x', start: () => void happened.push('start'), stop: () => {} }
    const manager = createManager({ parts: [part], clock: new FakeClock(), log: recordingLog() })
    await manager.run(abort.signal)
    expect(happened).toEqual([])
  })

  test('a stop in the middle of a start starts nothing more, and what that start says then is no failure', async () => {
    let reject = (_error: Error): void => {}
    const world = setUp(
      { start: () => new Promise((_resolve, rejected) => void (reject = rejected)) },
      {},
    )
    await world.clock.advance(1_000)
    world.abort.abort()
    await world.clock.advance(0)
    reject(new Error('interrupted'))
    await world.run
    expect(world.happened).toEqual(['start part 1', 'stop part 1'])
    expect(world.ended()).toBe('resolved')
  })
})

describe('a stop that takes too long', () => {
  test('aborts the signal at the deadline, so that parts can give up', async () => {
    const world = setUp({
      start(signal) {
        signal.addEventListener('abort', () => giveUp())
      },
      stop: () => new Promise<void>((resolve) => void (giveUp = resolve)),
    })
    let giveUp = (): void => {}
    await world.clock.advance(0)
    world.abort.abort()
    await world.clock.advance(9_999)
    expect(world.ended()).toBe('running')
    await world.clock.advance(1)
    await world.run
    expect(world.ended()).toBe('resolved')
    expect(world.clock.pendingTimers).toBe(0)
  })

  test('leaves a part behind that never stops, and stops the others all the same', async () => {
    const world = setUp({}, { name: 'stuck', stop: () => new Promise(() => {}) })
    await world.clock.advance(0)
    world.abort.abort()
    await world.clock.advance(12_000)
    await world.run
    expect(world.happened.at(-1)).toBe('stop part 1')
    expect(world.log.lines.at(-1)).toMatchObject({
      message: 'a part did not stop in time',
      part: 'stuck',
    })
  })

  test('a part that fails to stop does not keep the others from stopping', async () => {
    const world = setUp({}, { name: 'x', stop: () => Promise.reject(new Error('no')) })
    await world.clock.advance(0)
    world.abort.abort()
    await world.run
    expect(world.happened.at(-1)).toBe('stop part 1')
    expect(world.ended()).toMatchObject({ message: 'x did not stop: no' })
  })

  test('of several that fail to stop the first is the reason, and the others are logged', async () => {
    const failing = (name: string): Partial<Part> => ({
      name,
      stop: () => Promise.reject(new Error(`no ${name}`)),
    })
    const world = setUp(failing('x'), failing('y'))
    await world.clock.advance(0)
    world.abort.abort()
    await world.run
    expect(world.ended()).toMatchObject({ message: 'y did not stop: no y' })
    expect(world.log.lines.map(({ message }) => message)).toEqual([
      'a part failed, stopping',
      'another part failed',
    ])
  })
})
