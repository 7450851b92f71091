/** DER (X.690), as far as certificates need it: every function gives the bytes of one value. */

const TAGS = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

/** A value under a tag of one byte. */
function tagged(tag: number, content: Uint8Array): Uint8Array {
  return Buffer.concat([Buffer.from([tag]), lengthOf(content), content])
}

/** Below 128 as it is, else the number of its bytes and then them. */
function lengthOf({ length }: Uint8Array): Uint8Array {
  if (length < 0x80) return Buffer.from([length])
  const hex = length.toString(16)
  const bytes = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex')
  return Buffer.from([0x80 | bytes.length, ...bytes])
}

export function derSequence(...members: readonly Uint8Array[]): Uint8Array {
  return tagged(TAGS.sequence, Buffer.concat(members))
}

export function derSet(...members: readonly Uint8Array[]): Uint8Array {
  return tagged(TAGS.set, Buffer.concat(members))
}

/** `[tag]` around other values. */
export function derExplicit(tag: number, ...members: readonly Uint8Array[]): Uint8Array {
  return tagged(0xa0 | tag, Buffer.concat(members))
}

/** `[tag]` in place of the tag of a value that is no sequence. */
export function derImplicit(tag: number, content: Uint8Array): Uint8Array {
  return tagged(0x80 | tag, content)
}

export const DER_TRUE: Uint8Array = tagged(TAGS.boolean, Buffer.from([0xff]))

/** A number that is not negative, from its bytes, the highest first: no more of them than it needs. */
export function derInteger(bytes: Uint8Array): Uint8Array {
  const start = bytes.findIndex((byte) => byte !== 0)
  const digits = start === -1 ? Buffer.from([0]) : bytes.subarray(start)
  const isNegative = ((digits[0] ?? 0) & 0x80) !== 0
  return tagged(TAGS.integer, isNegative ? Buffer.concat([Buffer.from([0]), digits]) : digits)
}

/** Bits, of which the last `unused` of the last byte do not count. */
export function derBitString(bytes: Uint8Array, unused = 0): Uint8Array {
  return tagged(TAGS.bitString, Buffer.concat([Buffer.from([unused]), bytes]))
}

export function derOctetString(bytes: Uint8Array): Uint8Array {
  return tagged(TAGS.octetString, bytes)
}

export function derText(text: string): Uint8Array {
  return tagged(TAGS.utf8, Buffer.from(text, 'utf8'))
}

/** `2.5.4.3`: the first two numbers share a byte, the others have seven bits in each of theirs. */
export function derOid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  return tagged(TAGS.oid, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]))
}

function base128(value: number): readonly number[] {
  const bytes = [value & 0x7f]
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift(0x80 | (left & 0x7f))
  return bytes
}

/** An RFC 3339 time in UTC (`2026-01-01T00:00:00Z`), to the second, in the form that RFC 5280 4.1.2.5 wants for its year. */
export function derTime(isoTime: string): Uint8Array {
  const digits = `${isoTime.slice(0, 19).replace(/\D/g, '')}Z`
  return Number(isoTime.slice(0, 4)) < 2050
    ? tagged(TAGS.utcTime, Buffer.from(digits.slice(2), 'ascii'))
    : tagged(TAGS.generalizedTime, Buffer.from(digits, 'ascii'))
}
