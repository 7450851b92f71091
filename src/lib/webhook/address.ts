import { BlockList, isIP } from 'node:net'
import { groupsOf } from '../ip-address.ts'

/**
 * Which addresses a webhook may reach. What is not a plain public unicast address belongs to this machine,
 * to its network or to its cloud (169.254.169.254 and 169.254.170.2 hand out credentials) and is reached
 * only when the operator says so.
 */

type Family = 'ipv4' | 'ipv6'
type Network = readonly [address: string, prefix: number]

/** RFC 6890 and its successors: everything that is not global unicast. */
const SPECIAL_V4: readonly Network[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
]

/** Global unicast is 2000::/3; these parts of it are documentation, tunnels and protocol assignments. */
const GLOBAL_V6: readonly Network[] = [['2000::', 3]]
const SPECIAL_V6: readonly Network[] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
]

/** Never opened by the name of a host: a name may begin to point anywhere. Only a CIDR opens them. */
const LINK_LOCAL_V4: readonly Network[] = [['169.254.0.0', 16]]
const LINK_LOCAL_V6: readonly Network[] = [
  ['fe80::', 10],
  ['fd00:ec2::', 32],
]

const special = toBlockList(SPECIAL_V4, SPECIAL_V6)
const globalUnicast = toBlockList([], GLOBAL_V6)
const linkLocal = toBlockList(LINK_LOCAL_V4, LINK_LOCAL_V6)

function toBlockList(v4: readonly Network[], v6: readonly Network[]): BlockList {
  const list = new BlockList()
  for (const [address, prefix] of v4) list.addSubnet(address, prefix, 'ipv4')
  for (const [address, prefix] of v6) list.addSubnet(address, prefix, 'ipv6')
  return list
}

/** An address as it is routed: an IPv4 address inside of an IPv6 one counts as what it is. */
export interface Address {
  readonly text: string
  readonly family: Family
}

/** Undefined for texts that are no address, and for addresses with a zone. */
export function readAddress(text: string): Address | undefined {
  if (text.includes('%')) return undefined
  const version = isIP(text)
  if (version === 4) return { text, family: 'ipv4' }
  if (version !== 6) return undefined
  const embedded = embeddedV4(text)
  return embedded === undefined ? { text, family: 'ipv6' } : { text: embedded, family: 'ipv4' }
}

/** Beginnings of IPv6 addresses whose last 32 bits are the IPv4 address that is meant: mapped, NAT64. */
const EMBEDDING: readonly (readonly number[])[] = [
  [0, 0, 0, 0, 0, 0xffff],
  [0x64, 0xff9b, 0, 0, 0, 0],
]

function embeddedV4(text: string): string | undefined {
  const groups = groupsOf(text)
  const isEmbedding = EMBEDDING.some((start) => start.every((value, at) => groups[at] === value))
  if (!isEmbedding) return undefined
  const [high = 0, low = 0] = groups.slice(6)
  return [high >> 8, high & 255, low >> 8, low & 255].join('.')
}

export function isPublic({ text, family }: Address): boolean {
  if (family === 'ipv6' && !globalUnicast.check(text, family)) return false
  return !special.check(text, family)
}

export function isLinkLocal({ text, family }: Address): boolean {
  return linkLocal.check(text, family)
}

/** What the operator opens: a host by name, or a network. */
export type AllowRule =
  | { readonly type: 'Host'; readonly host: string }
  | { readonly type: 'Network'; readonly contains: (address: Address) => boolean }

const HOST = /^(?=.{1,253}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/

/** A host name, an address, or a network in CIDR notation. Throws a RangeError with a sentence for the operator. */
export function parseAllowRule(text: string): AllowRule {
  const [base = '', digits] = text.split('/')
  const address = readAddress(base.replace(/^\[(.*)\]$/, '$1'))
  if (address) return parseNetwork(text, address, digits)
  const host = text.toLowerCase().replace(/\.$/, '')
  if (digits === undefined && HOST.test(host)) return { type: 'Host', host }
  throw new RangeError(
    `"${text}" is neither a host name nor a network: write hooks.internal, 10.1.2.3 or 10.0.0.0/8`,
  )
}

function parseNetwork(text: string, address: Address, digits: string | undefined): AllowRule {
  const widest = address.family === 'ipv4' ? 32 : 128
  const prefix = digits === undefined ? widest : Number(digits)
  if (digits === '' || !Number.isInteger(prefix) || prefix < 0 || prefix > widest) {
    throw new RangeError(`"${text}": the number after the slash is 0 to ${widest}`)
  }
  const list = new BlockList()
  list.addSubnet(address.text, prefix, address.family)
  const contains = (other: Address): boolean =>
    other.family === address.family && list.check(other.text, other.family)
  return { type: 'Network', contains }
}
