import { describe, expect, test } from 'vitest'
import { list, map, readShape, struct } from './shape.ts'

const shape = struct({
  name: 'string',
  count: 'number',
  flag: 'boolean',
  names: list('string'),
  labels: map('string'),
  inner: struct({ items: list(struct({ value: 'number' })) }),
})

test('known members are read, unknown ones and null are left out', () => {
  const input = {
    name: 'n',
    count: null,
    flag: false,
    names: ['a'],
    labels: { k: 'v', gone: null },
    inner: { items: [{ value: 1, extra: true }] },
    unknown: 1,
  }
  expect(readShape(shape, input)).toEqual({
    name: 'n',
    flag: false,
    names: ['a'],
    labels: { k: 'v' },
    inner: { items: [{ value: 1 }] },
  })
})

describe('wrong types are serialization errors that name the place', () => {
  test.each([
    [{ name: 1 }, 'NUMBER_VALUE cannot be converted to string at name'],
    [{ count: '1' }, 'STRING_VALUE cannot be converted to number at count'],
    [{ names: 'a' }, 'STRING_VALUE cannot be converted to List at names'],
    [{ names: ['a', 2] }, 'NUMBER_VALUE cannot be converted to string at names[1]'],
    [{ names: [null] }, 'NULL_VALUE cannot be converted to string at names[0]'],
    [{ labels: [] }, 'LIST_VALUE cannot be converted to Structure at labels'],
    [{ labels: { k: 1 } }, 'NUMBER_VALUE cannot be converted to string at labels.k'],
    [
      { inner: { items: [{ value: 'x' }] } },
      'STRING_VALUE cannot be converted to number at inner.items[0].value',
    ],
  ])('%j', (input, message) => {
    expect(() => readShape(shape, input)).toThrow(
      expect.objectContaining({ code: 'SerializationException', message }),
    )
  })
})
