import { X509Certificate } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { parseIsoTime, toDate } from '../lib/instant.ts'

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

const ALGORITHM = { keyType: 'ec', curve: 'P-256', algorithm: 'sha256' } as const

/**
 * The server's certificate, made and kept in `directory`: a CA of its own at first start, and a server
 * certificate whenever there is none that is good for these hosts and for long enough.
 */
export async function ensureTls(options: TlsOptions): Promise<TlsMaterial> {
  const { directory } = options
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const path = (name: string): string => join(directory, name)
  const authority = readPair(path('ca')) ?? (await makeAuthority(options, path('ca')))
  const present = readPair(path('server'))
  const isGood = present && isUsable(present.cert, authority.cert, options)
  const server = isGood ? present : await makeServer(options, authority, path('server'))
  return { certificateAuthority: authority.cert, ...server }
}

interface KeyPair {
  readonly key: string
  readonly cert: string
}

function readPair(base: string): KeyPair | undefined {
  try {
    return { key: readFileSync(`${base}.key`, 'utf8'), cert: readFileSync(`${base}.crt`, 'utf8') }
  } catch {
    // Missing or unreadable: a new pair is made, and writing that tells what is wrong.
    return undefined
  }
}

/** The key first: a certificate without its key is never found. */
function writePair(base: string, pair: KeyPair): KeyPair {
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

async function makeAuthority({ nowMs }: TlsOptions, base: string): Promise<KeyPair> {
  const made = await generate([{ name: 'commonName', value: 'capstan-ca' }], {
    ...ALGORITHM,
    notBeforeDate: toDate(nowMs - BACKDATE_MS),
    notAfterDate: toDate(nowMs + CA_LIFETIME_MS),
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      {
        name: 'keyUsage',
        keyCertSign: true,
        cRLSign: true,
        digitalSignature: true,
        critical: true,
      },
    ],
  })
  return writePair(base, { key: made.private, cert: made.cert })
}

async function makeServer(
  { nowMs, hosts }: TlsOptions,
  authority: KeyPair,
  base: string,
): Promise<KeyPair> {
  const made = await generate([{ name: 'commonName', value: 'capstan' }], {
    ...ALGORITHM,
    ca: authority,
    notBeforeDate: toDate(nowMs - BACKDATE_MS),
    notAfterDate: toDate(nowMs + SERVER_LIFETIME_MS),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: hosts.map((host) =>
          isIP(host) === 0 ? { type: 2 as const, value: host } : { type: 7 as const, ip: host },
        ),
      },
    ],
  })
  return writePair(base, { key: made.private, cert: made.cert })
}

function isUsable(cert: string, authority: string, { hosts, nowMs }: TlsOptions): boolean {
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
