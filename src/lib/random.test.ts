import { describe, expect, test } from 'vitest'
import { systemRandom, uuidV7 } from './random.ts'

describe('systemRandom', () => {
  test.each([1, 8, 10, 32, 4_096, 5_000])('hex gives %i bytes', (bytes) => {
    expect(systemRandom.hex(bytes)).toMatch(new RegExp(`^[0-9a-f]{${2 * bytes}}$`))
  })

  test('hex never gives the same bytes again, also where the pool is filled anew', () => {
    const given = Array.from({ length: 20_000 }, () => systemRandom.hex(10))
    expect(new Set(given).size).toBe(given.length)
  })

  test('hex gives every digit about as often as any other', () => {
    const counts = new Map<string, number>()
    for (const digit of systemRandom.hex(80_000)) counts.set(digit, (counts.get(digit) ?? 0) + 1)
    // 10,000 each; the spread of a fair one is about 100.
    for (const count of counts.values()) expect(Math.abs(count - 10_000)).toBeLessThan(800)
    expect(counts.size).toBe(16)
  })
})

test('uuidV7 is a version 7 UUID in the order of time', () => {
  const [first, second] = [1_000, 2_000].map((nowMs) => uuidV7(nowMs, systemRandom))
  expect(first).toMatch(/^00000000-03e8-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
  expect((second ?? '') > (first ?? '')).toBe(true)
})
