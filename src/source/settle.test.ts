import { describe, expect, test } from 'vitest'
import { judgeReading, looksFinished, type Sighting } from './settle.ts'

const READING = { stat: 's', hash: 'h', sinceMs: 1_000, looksFinished: true, isLeading: false }

describe('judgeReading', () => {
  const cases: readonly {
    readonly name: string
    readonly earlier: Sighting | undefined
    readonly finished?: boolean
    readonly expect: { readonly waitMs: number; readonly sinceMs: number } | 'Settled'
  }[] = [
    { name: 'first sight', earlier: undefined, expect: { waitMs: 200, sinceMs: 1_000 } },
    {
      name: 'too early',
      earlier: { stat: 's', hash: 'h', sinceMs: 850, isLeading: false },
      expect: { waitMs: 50, sinceMs: 850 },
    },
    {
      name: 'two reads agree',
      earlier: { stat: 's', hash: 'h', sinceMs: 800, isLeading: false },
      expect: 'Settled',
    },
    {
      name: 'other bytes under the same stat',
      earlier: { stat: 's', hash: 'x', sinceMs: 0, isLeading: false },
      expect: { waitMs: 200, sinceMs: 1_000 },
    },
    {
      name: 'the same bytes written again',
      earlier: { stat: 'x', hash: 'h', sinceMs: 0, isLeading: false },
      expect: { waitMs: 200, sinceMs: 1_000 },
    },
    {
      name: 'text that stops within a line waits longer',
      earlier: { stat: 's', hash: 'h', sinceMs: 500, isLeading: false },
      finished: false,
      expect: { waitMs: 500, sinceMs: 500 },
    },
    {
      name: 'but not for ever',
      earlier: { stat: 's', hash: 'h', sinceMs: 0, isLeading: false },
      finished: false,
      expect: 'Settled',
    },
  ]
  test.each(cases)('$name', ({ earlier, finished = true, expect: expected }) => {
    const verdict = judgeReading({ ...READING, looksFinished: finished }, earlier)
    if (expected === 'Settled') expect(verdict).toEqual({ type: 'Settled' })
    else {
      const { waitMs, sinceMs } = expected
      expect(verdict).toEqual({
        type: 'Waiting',
        waitMs,
        sighting: { stat: 's', hash: 'h', sinceMs, isLeading: false },
      })
    }
  })
})

test.each([
  ['', false],
  ['kind: Ru', false],
  ['kind: Run\n', true],
  ['{"kind": "Run"}', true],
  ['- a\n', true],
])('looksFinished(%j) is %s', (text, expected) => {
  expect(looksFinished(Buffer.from(text))).toBe(expected)
})
