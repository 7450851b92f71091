import { expect, test } from 'vitest'
import { addressBytes } from './ip-address.ts'

test.each([
  ['127.0.0.1', '7f000001'],
  ['255.255.255.255', 'ffffffff'],
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['2001:DB8::ff00:42:8329', '20010db8000000000000ff0000428329'],
  ['fe80::1%eth0', 'fe800000000000000000000000000001'],
  ['::ffff:10.0.0.1', '00000000000000000000ffff0a000001'],
])('%s', (text, expected) => {
  expect(Buffer.from(addressBytes(text)).toString('hex')).toBe(expected)
})
