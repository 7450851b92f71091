import { lookup } from 'node:dns/promises'
import { errorMessage } from '../errors.ts'
import { type Address, type AllowRule, isLinkLocal, isPublic, readAddress } from './address.ts'

/** All addresses of a host name. Rejects when there are none. */
export type Resolve = (host: string) => Promise<readonly string[]>

/** As programs on this machine resolve names, /etc/hosts included. */
export const systemResolve: Resolve = async (host) => {
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}

/** Where a request goes: the connection is made to `address`, whatever the name points to by then. */
export interface Target {
  readonly url: URL
  readonly address: string
  readonly family: 4 | 6
}

export type Admission =
  | { readonly type: 'Allowed'; readonly target: Target }
  /** It will be refused the next time too. `why` names the host, never the path or the query: they may be secrets. */
  | { readonly type: 'Refused'; readonly why: string }
  | { readonly type: 'Unresolved'; readonly why: string }

/**
 * Checks an address and resolves its host, once: what was checked is what is connected to, so that a name
 * that points elsewhere a moment later gains nothing. A host with one address that is not allowed is
 * refused as a whole.
 */
export function createGuard(options: {
  readonly allow: readonly AllowRule[]
  readonly resolve: Resolve
}): (text: string) => Promise<Admission> {
  return async (text) => {
    const url = readUrl(text)
    if (typeof url === 'string') return { type: 'Refused', why: url }
    const host = hostOf(url)
    const literal = readAddress(host)
    const addresses = literal ? [host] : await resolveAll(options.resolve, host)
    if (typeof addresses === 'string') return { type: 'Unresolved', why: addresses }
    const forbidden = addresses.find((one) => !isAllowed(options.allow, host, readAddress(one)))
    if (forbidden !== undefined) return { type: 'Refused', why: refusal(host, forbidden) }
    const [address] = addresses
    if (address === undefined) return { type: 'Unresolved', why: `${host} has no address` }
    return { type: 'Allowed', target: { url, address, family: address.includes(':') ? 6 : 4 } }
  }
}

function readUrl(text: string): URL | string {
  const url = URL.parse(text)
  if (!url) return 'the address is no URL'
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return `the address begins with ${url.protocol}: only http and https are called`
  }
  if (url.username !== '' || url.password !== '') {
    return 'the address holds a user name or a password: send a header instead'
  }
  return url
}

function hostOf({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

async function resolveAll(resolve: Resolve, host: string): Promise<readonly string[] | string> {
  try {
    return await resolve(host)
  } catch (error) {
    return `${host} could not be resolved: ${errorMessage(error)}`
  }
}

function isAllowed(
  rules: readonly AllowRule[],
  host: string,
  address: Address | undefined,
): boolean {
  if (!address) return false
  if (isPublic(address)) return true
  return rules.some((rule) =>
    rule.type === 'Network'
      ? rule.contains(address)
      : rule.host === host.toLowerCase() && !isLinkLocal(address),
  )
}

function refusal(host: string, address: string): string {
  const where = host === address ? host : `${host} (${address})`
  return `${where} is not a public address; the controller calls it when it is started with --webhook-allow ${host}`
}
