import type { Random } from '../../src/lib/random.ts'

export function times<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index))
}

/** An integer in [0, below). */
export function pick(random: Random, below: number): number {
  return Math.floor(random.fraction() * below)
}

export function chance(random: Random, probability: number): boolean {
  return random.fraction() < probability
}

export function oneOf<T>(random: Random, choices: readonly [T, ...T[]]): T {
  return choices[pick(random, choices.length)] ?? choices[0]
}
