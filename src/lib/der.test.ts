import { describe, expect, test } from 'vitest'
import {
  derBitString,
  derExplicit,
  derImplicit,
  derInteger,
  derOid,
  derSequence,
  derText,
  derTime,
} from './der.ts'

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex')

describe('values of X.690', () => {
  test.each([
    ['zero', derInteger(Buffer.from([0])), '020100'],
    ['a number without leading zeros', derInteger(Buffer.from([0, 0, 2])), '020102'],
    ['a number whose first bit would be a sign', derInteger(Buffer.from([0x80])), '02020080'],
    ['1.2.840.10045.4.3.2', derOid('1.2.840.10045.4.3.2'), '06082a8648ce3d040302'],
    ['2.5.29.17', derOid('2.5.29.17'), '0603551d11'],
    ['bits', derBitString(Buffer.from([0x86]), 1), '03020186'],
    ['text', derText('é'), '0c02c3a9'],
    ['an empty sequence', derSequence(), '3000'],
    ['a tag around', derExplicit(0, derInteger(Buffer.from([2]))), 'a003020102'],
    ['a tag in place', derImplicit(7, Buffer.from([127, 0, 0, 1])), '87047f000001'],
    ['a year of two digits', derTime('2049-12-31T23:59:59Z'), '170d3439313233313233353935395a'],
    ['a year of four', derTime('2050-01-01T00:00:00Z'), '180f32303530303130313030303030305a'],
  ])('%s', (_, bytes, expected) => {
    expect(hex(bytes)).toBe(expected)
  })

  test.each([
    [127, '7f'],
    [128, '8180'],
    [255, '81ff'],
    [256, '820100'],
    [65_536, '83010000'],
  ])('a length of %i', (length, expected) => {
    const bytes = derSequence(Buffer.alloc(length))
    expect(hex(bytes.subarray(1, bytes.length - length))).toBe(expected)
  })
})
