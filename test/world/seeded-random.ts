import type { Random } from '../../src/lib/random.ts'

/** Random numbers that a seed repeats (mulberry32: 32 bits of state, good enough to choose faults by). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const hex = (bytes: number): string => {
    let text = ''
    while (text.length < 2 * bytes) text += next().toString(16).padStart(8, '0')
    return text.slice(0, 2 * bytes)
  }
  return {
    fraction: () => next() / 2 ** 32,
    hex,
    uuid: () => {
      const digits = hex(16)
      const variant = ((Number.parseInt(digits.charAt(16), 16) & 0x3) | 0x8).toString(16)
      return [
        digits.slice(0, 8),
        digits.slice(8, 12),
        `4${digits.slice(13, 16)}`,
        `${variant}${digits.slice(17, 20)}`,
        digits.slice(20),
      ].join('-')
    },
  }
}
