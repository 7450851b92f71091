import { expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { recordingLog } from '../../test/world/recording-log.ts'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { createTicker, type TickerOptions } from './ticker.ts'

function setUp(options: Partial<TickerOptions> & Pick<TickerOptions, 'run'>) {
  const clock = new FakeClock()
  const log = recordingLog()
  const ticker = createTicker({
    name: 'sweep',
    everyMs: 1_000,
    clock,
    random: seededRandom(1),
    log,
    ...options,
  })
  const abort = new AbortController()
  void ticker.start(abort.signal, () => {})
  return { clock, log, ticker, abort }
}

test('runs at every interval until it is stopped', async () => {
  const times: number[] = []
  const { clock, ticker } = setUp({ run: () => void times.push(clock.monotonicMs()) })
  await clock.advance(3_500)
  expect(times).toEqual([1_000, 2_000, 3_000])
  await ticker.stop()
  expect(clock.pendingTimers).toBe(0)
})

test('never overlaps: the interval begins at the end of the run', async () => {
  const times: number[] = []
  const { clock } = setUp({
    run: async () => {
      times.push(clock.monotonicMs())
      await new Promise<void>((resolve) => void clock.after(2_500, resolve))
    },
  })
  await clock.advance(8_000)
  expect(times).toEqual([1_000, 4_500, 8_000])
})

test('a run that throws is reported, and the next one comes', async () => {
  const { clock, log } = setUp({
    run: () => {
      throw new Error('no')
    },
  })
  await clock.advance(2_000)
  expect(log.lines).toMatchObject([
    { level: 'error', ticker: 'sweep', error: { message: 'no' } },
    { level: 'error', ticker: 'sweep' },
  ])
})

test('stop waits for the run that is under way', async () => {
  let finish = (): void => {}
  const { clock, ticker } = setUp({
    run: () => new Promise<void>((resolve) => void (finish = resolve)),
  })
  await clock.advance(1_000)
  let isStopped = false
  const stopped = Promise.resolve(ticker.stop()).then(() => {
    isStopped = true
  })
  await clock.advance(5_000)
  expect(isStopped).toBe(false)
  finish()
  await stopped
  expect(clock.pendingTimers).toBe(0)
})

test('jitter takes away from the interval, never adds to it', async () => {
  const times: number[] = []
  const { clock } = setUp({ jitter: 0.5, run: () => void times.push(clock.monotonicMs()) })
  await clock.advance(20_000)
  const gaps = times.map((time, index) => time - (times[index - 1] ?? 0))
  expect(Math.max(...gaps)).toBeLessThanOrEqual(1_000)
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(500)
  expect(new Set(gaps).size).toBeGreaterThan(5)
})
