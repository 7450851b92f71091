import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  type BucketState,
  canTake,
  fullBucket,
  refill,
  slowDown,
  take,
  waitMs,
} from './token-bucket.ts'

const LIMIT = { burst: 10, perSecond: 5 }

function drained(): BucketState {
  return take(fullBucket(LIMIT, 0), 10)
}

test('a full bucket gives its burst at once and then nothing', () => {
  let state = fullBucket(LIMIT, 0)
  for (let call = 0; call < 10; call++) {
    expect(canTake(state, 0)).toBe(true)
    state = take(state, 1)
  }
  expect(canTake(state, 0)).toBe(false)
  expect(waitMs(LIMIT, state, 0)).toBe(200)
})

test.each([
  [0, 0],
  [200, 1],
  [1_000, 5],
  [10_000, 10],
])('after %i ms there are %d tokens', (ms, tokens) => {
  expect(refill(LIMIT, drained(), ms).tokens).toBeCloseTo(tokens)
})

test('a clock that goes back gives nothing and takes nothing', () => {
  const state = refill(LIMIT, drained(), 1_000)
  expect(refill(LIMIT, state, 500)).toEqual(state)
})

test('a reserve is left to others', () => {
  const state = take(fullBucket(LIMIT, 0), 8.5)
  expect(canTake(state, 0)).toBe(true)
  expect(canTake(state, 1)).toBe(false)
  expect(waitMs(LIMIT, state, 1)).toBe(100)
})

test('what went past the bucket is paid for later', () => {
  const state = take(drained(), 2)
  expect(state.tokens).toBe(-2)
  expect(waitMs(LIMIT, state, 0)).toBe(600)
})

describe('throttling', () => {
  test('empties the bucket and lowers the rate', () => {
    const state = slowDown(fullBucket(LIMIT, 0), 0)
    expect(state).toMatchObject({ tokens: 0, factor: 0.7 })
    expect(waitMs(LIMIT, state, 0)).toBe(Math.ceil(1_000 / 3.5))
  })

  test('what flows in afterwards is less', () => {
    const state = slowDown(fullBucket(LIMIT, 0), 0)
    expect(refill(LIMIT, state, 1_000).tokens).toBeCloseTo(5 * 0.71)
  })

  test('counts once for calls that were under way together', () => {
    const state = slowDown(slowDown(fullBucket(LIMIT, 0), 0), 999)
    expect(state.factor).toBe(0.7)
    expect(slowDown(state, 1_000).factor).toBeCloseTo(0.49)
  })

  test('never stops the calls for good', () => {
    let state = fullBucket(LIMIT, 0)
    for (let second = 0; second < 100; second++) state = slowDown(state, second * 1_000)
    expect(state.factor).toBe(0.05)
  })

  test('the rate comes back slowly', () => {
    const state = slowDown(fullBucket(LIMIT, 0), 0)
    expect(refill(LIMIT, state, 5_000).factor).toBeCloseTo(0.8)
    expect(refill(LIMIT, state, 15_000).factor).toBe(1)
  })
})

test('whoever waits as told never exceeds burst + rate × time', () => {
  const gap = fc.integer({ min: 0, max: 3_000 })
  fc.assert(
    fc.property(fc.array(gap, { maxLength: 100 }), (gaps) => {
      let state = fullBucket(LIMIT, 0)
      let nowMs = 0
      let calls = 0
      for (const ms of gaps) {
        nowMs += ms
        state = refill(LIMIT, state, nowMs)
        const wait = waitMs(LIMIT, state, 0)
        nowMs += wait
        state = refill(LIMIT, state, nowMs)
        expect(canTake(state, 0)).toBe(true)
        state = take(state, 1)
        calls += 1
        expect(calls).toBeLessThanOrEqual(LIMIT.burst + (LIMIT.perSecond * nowMs) / 1_000 + 1e-6)
      }
    }),
  )
})
