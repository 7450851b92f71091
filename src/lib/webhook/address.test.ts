import { describe, expect, test } from 'vitest'
import { isLinkLocal, isPublic, parseAllowRule, readAddress } from './address.ts'

function judge(text: string): string {
  const address = readAddress(text)
  if (!address) return 'no address'
  if (isPublic(address)) return 'public'
  return isLinkLocal(address) ? 'link-local' : 'special'
}

describe('addresses', () => {
  test.each([
    ['93.184.216.34', 'public', 'a host on the internet'],
    ['2606:2800:220:1:248:1893:25c8:1946', 'public', 'the same in IPv6'],
    ['127.0.0.1', 'special', 'this machine'],
    ['127.255.255.254', 'special', 'this machine too'],
    ['0.0.0.0', 'special', 'this machine on most systems'],
    ['::', 'special', 'unspecified'],
    ['::1', 'special', 'this machine'],
    ['10.1.2.3', 'special', 'private'],
    ['172.16.0.1', 'special', 'private'],
    ['172.31.255.255', 'special', 'private'],
    ['172.32.0.1', 'public', 'right behind the private ones'],
    ['192.168.1.1', 'special', 'private'],
    ['100.64.0.1', 'special', 'carrier-grade NAT'],
    ['100.127.255.255', 'special', 'carrier-grade NAT'],
    ['169.254.169.254', 'link-local', 'instance metadata'],
    ['169.254.170.2', 'link-local', 'credentials of ECS tasks'],
    ['fd00:ec2::254', 'link-local', 'instance metadata in IPv6'],
    ['fe80::1', 'link-local', 'link-local'],
    ['fe80::1%eth0', 'no address', 'an address with a zone'],
    ['fc00::1', 'special', 'unique local'],
    ['fd12:3456::1', 'special', 'unique local'],
    ['::ffff:127.0.0.1', 'special', 'IPv4 in IPv6'],
    ['::ffff:7f00:1', 'special', 'the same in hexadecimal'],
    ['::ffff:169.254.169.254', 'link-local', 'metadata, mapped'],
    ['::ffff:93.184.216.34', 'public', 'a public one, mapped'],
    ['64:ff9b::7f00:1', 'special', 'this machine behind NAT64'],
    ['64:ff9b::5db8:d822', 'public', 'a public one behind NAT64'],
    ['::127.0.0.1', 'special', 'IPv4-compatible, long gone'],
    ['2002:7f00:1::', 'special', '6to4 of this machine'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'special', 'Teredo'],
    ['2001:db8::1', 'special', 'documentation'],
    ['192.0.2.1', 'special', 'documentation'],
    ['198.18.0.1', 'special', 'benchmarks'],
    ['224.0.0.1', 'special', 'multicast'],
    ['255.255.255.255', 'special', 'broadcast'],
    ['ff02::1', 'special', 'multicast'],
    ['localhost', 'no address', 'a name'],
  ])('%s is %s: %s', (text, expected) => {
    expect(judge(text)).toBe(expected)
  })
})

describe('what the operator opens', () => {
  const contains = (rule: string, text: string): boolean => {
    const parsed = parseAllowRule(rule)
    const address = readAddress(text)
    return parsed.type === 'Network' && address !== undefined && parsed.contains(address)
  }

  test.each([
    ['10.0.0.0/8', '10.200.0.1', true],
    ['10.0.0.0/8', '11.0.0.1', false],
    ['127.0.0.1', '127.0.0.1', true],
    ['127.0.0.1', '127.0.0.2', false],
    ['127.0.0.0/8', '::ffff:127.0.0.1', true],
    ['fd00::/8', 'fd12::1', true],
    ['[::1]', '::1', true],
    ['0.0.0.0/0', '169.254.169.254', true],
    ['0.0.0.0/0', 'fd12::1', false],
  ])('%s opens %s: %s', (rule, address, expected) => {
    expect(contains(rule, address)).toBe(expected)
  })

  test('a host by name, whatever its case', () => {
    expect(parseAllowRule('Hooks.Internal.')).toEqual({ type: 'Host', host: 'hooks.internal' })
  })

  test.each(['', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/x', 'http://a', 'a b', '-a', 'a/8', '*.a'])(
    'refuses %j with the way out',
    (text) => {
      expect(() => parseAllowRule(text)).toThrow(RangeError)
    },
  )
})
