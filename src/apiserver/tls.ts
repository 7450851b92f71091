import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { parseIsoTime } from '../lib/instant.ts'
import {
  type CertifiedKey,
  type Lifetime,
  makeAuthority,
  makeServerCertificate,
} from './certificate.ts'

/** PEM texts: what a listener and a kubeconfig need. */
export interface TlsMaterial {
  readonly certificateAuthority: string
  readonly key: string
  readonly cert: string
}

export interface TlsOptions {
  /** Made when missing, for its owner alone. */
  readonly directory: string
  /** Names and IP addresses that clients will use. */
  readonly hosts: readonly string[]
  readonly nowMs: number
}

const DAY_MS = 86_400_000
/** kubeconfigs carry the CA, so it must outlive them. */
const CA_LIFETIME_MS = 3_650 * DAY_MS
/** A new one costs nothing: it is made at start, well before the old one ends. */
const SERVER_LIFETIME_MS = 730 * DAY_MS
const SERVER_RENEWAL_MS = 180 * DAY_MS
/** Clocks of clients may be a little behind. */
const BACKDATE_MS = 3_600_000

/**
 * The server's certificate, made and kept in `directory`: a CA of its own at first start, and a server
 * certificate whenever there is none that is good for these hosts and for long enough.
 */
export function ensureTls({ directory, hosts, nowMs }: TlsOptions): TlsMaterial {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = (name: string): string => join(directory, name)
  const lasting = (ms: number): Lifetime => ({
    notBeforeMs: nowMs - BACKDATE_MS,
    notAfterMs: nowMs + ms,
  })
  const authority =
    readPair(path('ca')) ?? writePair(path('ca'), makeAuthority(lasting(CA_LIFETIME_MS)))
  const present = readPair(path('server'))
  const isGood = present && isUsable(present.cert, authority.cert, { hosts, nowMs })
  const server = isGood
    ? present
    : writePair(
        path('server'),
        makeServerCertificate(authority, hosts, lasting(SERVER_LIFETIME_MS)),
      )
  return { certificateAuthority: authority.cert, ...server }
}

function readPair(base: string): CertifiedKey | undefined {
  try {
    return { key: readFileSync(`${base}.key`, 'utf8'), cert: readFileSync(`${base}.crt`, 'utf8') }
  } catch {
    // Missing or unreadable: a new pair is made, and writing that tells what is wrong.
    return undefined
  }
}

/** The key first: a certificate without its key is never found. */
function writePair(base: string, pair: CertifiedKey): CertifiedKey {
  for (const [suffix, text] of [
    ['key', pair.key],
    ['crt', pair.cert],
  ] as const) {
    const temporary = `${base}.${suffix}.new`
    writeFileSync(temporary, text, { mode: 0o600 })
    chmodSync(temporary, 0o600)
    renameSync(temporary, `${base}.${suffix}`)
  }
  return pair
}

function isUsable(
  cert: string,
  authority: string,
  { hosts, nowMs }: Pick<TlsOptions, 'hosts' | 'nowMs'>,
): boolean {
  try {
    const certificate = new X509Certificate(cert)
    const endsAtMs = parseIsoTime(certificate.validTo) ?? 0
    const namesAll = hosts.every((host) =>
      isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host),
    )
    const isSigned = certificate.verify(new X509Certificate(authority).publicKey)
    return isSigned && namesAll && endsAtMs - nowMs > SERVER_RENEWAL_MS
  } catch {
    // A damaged certificate is as good as none.
    return false
  }
}
