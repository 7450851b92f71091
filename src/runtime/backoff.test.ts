import fc from 'fast-check'
import { expect, test } from 'vitest'
import { backoffMs, RECONCILE_BACKOFF } from './backoff.ts'

const POLICY = { initialMs: 100, factor: 2, maxMs: 1_000, jitter: 0.5 }

test.each([
  [1, 0, 100],
  [2, 0, 200],
  [4, 0, 800],
  [5, 0, 1_000],
  [10_000, 0, 1_000],
  [1, 0.5, 75],
  [5, 0.99, 505],
  [0, 0, 100],
])('failure %i with chance %f waits %i ms', (failures, fraction, expected) => {
  expect(backoffMs(POLICY, failures, fraction)).toBeCloseTo(expected)
})

test('never longer than the longest, never shorter than what jitter leaves of the first', () => {
  fc.assert(
    fc.property(
      fc.nat(5_000),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (failures, fraction) => {
        const { initialMs, maxMs, jitter } = RECONCILE_BACKOFF
        const delayMs = backoffMs(RECONCILE_BACKOFF, failures, fraction)
        expect(delayMs).toBeLessThanOrEqual(maxMs)
        expect(delayMs).toBeGreaterThanOrEqual(initialMs * (1 - jitter))
      },
    ),
  )
})
