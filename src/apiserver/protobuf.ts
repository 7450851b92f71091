/**
 * The protobuf wire format, as far as it is needed: kubectl up to 1.28 reads OpenAPI v2 in it, kubectl
 * from 1.32 on sends some built-in kinds in it. https://protobuf.dev/programming-guides/encoding/
 */

const VARINT = 0
const FIXED64 = 1
const LENGTH_DELIMITED = 2
const FIXED32 = 5

/** A message under construction. Members that are undefined, '' or false are left out, as proto3 does. */
export class MessageWriter {
  readonly #chunks: Uint8Array[] = []

  text(field: number, value: string | undefined): this {
    if (value !== undefined && value !== '') this.bytes(field, Buffer.from(value, 'utf8'))
    return this
  }

  texts(field: number, values: readonly string[]): this {
    for (const value of values) this.bytes(field, Buffer.from(value, 'utf8'))
    return this
  }

  flag(field: number, value: boolean | undefined): this {
    if (value === true) this.#chunks.push(varint(tag(field, VARINT)), varint(1))
    return this
  }

  integer(field: number, value: number | undefined): this {
    if (value !== undefined && value !== 0) {
      this.#chunks.push(varint(tag(field, VARINT)), varint(value))
    }
    return this
  }

  double(field: number, value: number | undefined): this {
    if (value === undefined) return this
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value)
    this.#chunks.push(varint(tag(field, FIXED64)), bytes)
    return this
  }

  /** A nested message, also when it is empty: its presence means something. */
  message(field: number, message: MessageWriter | undefined): this {
    if (message) this.bytes(field, message.finish())
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.#chunks.push(varint(tag(field, LENGTH_DELIMITED)), varint(value.length), value)
    return this
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#chunks)
  }
}

function tag(field: number, wireType: number): number {
  return field * 8 + wireType
}

/** Non-negative integers up to 2^53; negative ones do not occur in what is written here. */
function varint(value: number): Uint8Array {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80)
    rest = Math.floor(rest / 0x80)
  }
  return Uint8Array.of(...bytes, rest)
}

/** Members of a message by field number, each in the order in which they came. */
export type MessageFields = ReadonlyMap<number, readonly (number | Uint8Array)[]>

/** More members than any of the messages that are read here has. */
const MAX_MEMBERS = 10_000

/** Takes a message apart; undefined when the bytes are none. */
export function readMessage(bytes: Uint8Array): MessageFields | undefined {
  const fields = new Map<number, (number | Uint8Array)[]>()
  let offset = 0
  for (let members = 0; offset < bytes.length; members++) {
    const key = readVarint(bytes, offset)
    if (!key || members >= MAX_MEMBERS) return undefined
    const member = readMember(bytes, key.end, key.value % 8)
    if (!member) return undefined
    const number = Math.floor(key.value / 8)
    fields.set(number, [...(fields.get(number) ?? []), member.value])
    offset = member.end
  }
  return fields
}

interface Read<Value> {
  readonly value: Value
  /** Offset of what follows. */
  readonly end: number
}

function readMember(
  bytes: Uint8Array,
  offset: number,
  wireType: number,
): Read<number | Uint8Array> | undefined {
  if (wireType === VARINT) return readVarint(bytes, offset)
  if (wireType === FIXED64) return readBytes(bytes, offset, 8)
  if (wireType === FIXED32) return readBytes(bytes, offset, 4)
  if (wireType !== LENGTH_DELIMITED) return undefined
  const length = readVarint(bytes, offset)
  return length && readBytes(bytes, length.end, length.value)
}

function readBytes(
  bytes: Uint8Array,
  offset: number,
  length: number,
): Read<Uint8Array> | undefined {
  const end = offset + length
  if (end > bytes.length) return undefined
  return { value: bytes.subarray(offset, end), end }
}

function readVarint(bytes: Uint8Array, offset: number): Read<number> | undefined {
  let value = 0
  let factor = 1
  // Ten bytes hold the 64 bits that a varint may have.
  for (let index = offset; index < Math.min(bytes.length, offset + 10); index++) {
    const byte = bytes[index] ?? 0
    value += (byte & 0x7f) * factor
    if (byte < 0x80) return { value, end: index + 1 }
    factor *= 0x80
  }
  return undefined
}

/** The last member of that number as text; '' when there is none, as proto3 reads it. */
export function textField(fields: MessageFields | undefined, number: number): string {
  const value = fields?.get(number)?.at(-1)
  return value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : ''
}

/** The last member of that number as a message. */
export function messageField(
  fields: MessageFields | undefined,
  number: number,
): MessageFields | undefined {
  const value = fields?.get(number)?.at(-1)
  return value instanceof Uint8Array ? readMessage(value) : undefined
}
