import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { MessageWriter, readMessage, textField } from './protobuf.ts'

describe('the wire format', () => {
  // https://protobuf.dev/programming-guides/encoding/
  test.each([
    ['a varint', new MessageWriter().integer(1, 150), '089601'],
    ['text', new MessageWriter().text(2, 'testing'), '120774657374696e67'],
    [
      'a nested message',
      new MessageWriter().message(3, new MessageWriter().integer(1, 150)),
      '1a03089601',
    ],
    ['a flag', new MessageWriter().flag(1, true), '0801'],
    ['a double', new MessageWriter().double(1, 1), '09000000000000f03f'],
    ['an empty message', new MessageWriter().message(1, new MessageWriter()), '0a00'],
    [
      'nothing',
      new MessageWriter().text(1, '').flag(2, false).integer(3, 0).text(4, undefined),
      '',
    ],
    ['a field above 15', new MessageWriter().texts(31, ['a', '']), 'fa010161fa0100'],
  ])('%s', (_, message, hex) => {
    expect(Buffer.from(message.finish()).toString('hex')).toBe(hex)
  })

  test('what is written is read', () => {
    fc.assert(
      fc.property(
        fc.nat(),
        fc.maxSafeNat(),
        fc.string(),
        fc.uint8Array(),
        (field, number, text, bytes) => {
          const one = (field % 1000) + 1
          const message = new MessageWriter()
            .integer(one, number + 1)
            .text(2000, `x${text}`)
            .bytes(2001, bytes)
          const fields = readMessage(message.finish())
          expect(fields?.get(one)).toEqual([
            number + 1 > Number.MAX_SAFE_INTEGER ? expect.anything() : number + 1,
          ])
          expect(textField(fields, 2000)).toBe(Buffer.from(`x${text}`).toString())
          expect(Buffer.from((fields?.get(2001)?.[0] ?? []) as Uint8Array)).toEqual(
            Buffer.from(bytes),
          )
        },
      ),
    )
  })

  test('no bytes make it throw or run on', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        readMessage(bytes)
      }),
    )
    for (const hex of ['0a', '0aff', '08', '0b', 'ffffffffffffffffffff01', '0aff01ff']) {
      expect(readMessage(Buffer.from(hex, 'hex'))).toBeUndefined()
    }
    expect(readMessage(Buffer.from('0800'.repeat(20_000), 'hex'))).toBeUndefined()
  })
})
