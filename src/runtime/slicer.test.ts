import { describe, expect, test } from 'vitest'
import type { Clock } from '../lib/clock.ts'
import { createSlicer } from './slicer.ts'

/** A clock that only work moves, and whose timers fire when they are told to: each time is a turn of the event loop. */
class WorkClock implements Clock {
  #nowMs = 0
  readonly #timers: (() => void)[] = []

  nowMs(): number {
    return this.#nowMs
  }

  monotonicMs(): number {
    return this.#nowMs
  }

  after(_: number, fire: () => void): () => void {
    this.#timers.push(fire)
    return () => {}
  }

  work(ms: number): void {
    this.#nowMs += ms
  }

  /** Lets every promise settle, then begins the next turn and lets every promise settle. */
  async turn(): Promise<void> {
    await settled()
    for (const fire of this.#timers.splice(0)) fire()
    await settled()
  }
}

/** A macrotask comes after all microtasks. */
function settled(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}

function pieces(count: number, workMs: number) {
  const clock = new WorkClock()
  const slicer = createSlicer(clock)
  const done: number[] = []
  const work = async (index: number, ready: Promise<void>): Promise<void> => {
    await ready
    await slicer.pause()
    clock.work(workMs)
    done.push(index)
  }
  return {
    clock,
    slicer,
    done,
    start: (ready: Promise<void> = Promise.resolve()): void => {
      for (let index = 0; index < count; index += 1) void work(index, ready)
    },
  }
}

describe('of many that go on together', () => {
  test.each([
    { workMs: 1, turns: [8, 16, 24, 32] },
    { workMs: 3, turns: [3, 6, 9, 12] },
    { workMs: 20, turns: [1, 2, 3, 4] },
    { workMs: 0, turns: [100, 100, 100, 100] },
  ])('each turn takes as many of $workMs ms as fit into its slice', async ({ workMs, turns }) => {
    const { clock, done, start } = pieces(100, workMs)
    start()
    const counts: number[] = []
    await settled()
    for (let turn = 0; turn < turns.length; turn += 1) {
      counts.push(done.length)
      await clock.turn()
    }
    expect(counts).toEqual(turns)
    expect(done).toEqual(Array.from(done.keys()))
  })

  test('whoever comes later stands behind them', async () => {
    const { clock, slicer, done, start } = pieces(10, 5)
    start()
    await settled()
    const late = Promise.resolve(slicer.pause()).then(() => done.push(99))
    for (let turn = 0; turn < 6; turn += 1) await clock.turn()
    await late
    expect(done).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 99])
  })
})

test('a piece of work that is alone begins at once', () => {
  const slicer = createSlicer(new WorkClock())
  expect(slicer.pause()).toBeUndefined()
})

test('a new turn is a new slice, also when nobody waited for it', async () => {
  const clock = new WorkClock()
  const slicer = createSlicer(clock)
  await slicer.pause()
  clock.work(50)
  await clock.turn()
  expect(slicer.pause()).toBeUndefined()
})
