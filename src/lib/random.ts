import { randomFillSync, randomUUID } from 'node:crypto'

/** Randomness as an input: seeded in tests and in the simulator, the machine's own in production. */
export interface Random {
  /** A version 4 UUID, lower case. */
  uuid(): string
  /** Uniform in [0, 1). */
  fraction(): number
  /** `bytes` random bytes as lower-case hex. */
  hex(bytes: number): string
}

/** Bytes that are fetched from the system at a time: asking for a few costs as much. */
const POOL_BYTES = 4_096

export const systemRandom: Random = {
  uuid: () => randomUUID(),
  fraction: () => Math.random(),
  hex: pooledHex(),
}

/** Hex of the system's random bytes, fetched many at a time; each byte is given out once and wiped. */
function pooledHex(): (bytes: number) => string {
  const pool = Buffer.allocUnsafeSlow(POOL_BYTES)
  let used = POOL_BYTES
  return (bytes) => {
    if (bytes > POOL_BYTES) return randomFillSync(Buffer.allocUnsafe(bytes)).toString('hex')
    if (used + bytes > POOL_BYTES) {
      randomFillSync(pool)
      used = 0
    }
    const part = pool.subarray(used, used + bytes)
    used += bytes
    const text = part.toString('hex')
    part.fill(0)
    return text
  }
}

/**
 * A version 7 UUID: ids that are made one after the other stand beside each other in an index, so that
 * writing many of them touches few pages.
 */
export function uuidV7(nowMs: number, random: Random): string {
  const time = Math.max(0, Math.floor(nowMs)).toString(16).padStart(12, '0')
  const digits = random.hex(10)
  const variant = ((Number.parseInt(digits.charAt(3), 16) & 0x3) | 0x8).toString(16)
  const rest = digits.slice(4, 7)
  return `${time.slice(0, 8)}-${time.slice(8)}-7${digits.slice(0, 3)}-${variant}${rest}-${digits.slice(7, 19)}`
}
