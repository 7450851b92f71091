import { isIP } from 'node:net'

/** The four or sixteen bytes of a valid address; a zone (`%eth0`) is no part of them. */
export function addressBytes(text: string): Uint8Array {
  const [address = ''] = text.split('%')
  return isIP(address) === 4
    ? Buffer.from(address.split('.').map(Number))
    : Buffer.from(groupsOf(address).flatMap((group) => [group >> 8, group & 0xff]))
}

/** The eight groups of a valid IPv6 address; URL writes every spelling in the same way. */
export function groupsOf(text: string): readonly number[] {
  const canonical = new URL(`http://[${text}]/`).hostname.slice(1, -1)
  const [head = '', tail] = canonical.split('::')
  const parse = (part: string): readonly number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16))
  const [before, after] = [parse(head), parse(tail ?? '')]
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0)
  return [...before, ...zeros, ...after]
}
