import { randomBytes, randomUUID } from 'node:crypto'

/** Randomness as an input: seeded in tests and in the simulator, the machine's own in production. */
export interface Random {
  /** A version 4 UUID, lower case. */
  uuid(): string
  /** Uniform in [0, 1). */
  fraction(): number
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string
}

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
  hex: (bytes) => randomBytes(bytes).toString('hex'),
}
