import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign,
} from 'node:crypto'
import { isIP } from 'node:net'
import { domainToASCII } from 'node:url'
import {
  DER_TRUE,
  derBitString,
  derExplicit,
  derImplicit,
  derInteger,
  derOctetString,
  derOid,
  derSequence,
  derSet,
  derText,
  derTime,
} from '../lib/der.ts'
import { renderTime } from '../lib/instant.ts'
import { addressBytes } from '../lib/ip-address.ts'

/** PEM texts. */
export interface CertifiedKey {
  readonly key: string
  readonly cert: string
}

export interface Lifetime {
  readonly notBeforeMs: number
  readonly notAfterMs: number
}

/** Object identifiers of RFC 5280 and RFC 5758. */
const OID = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
} as const

const AUTHORITY_NAME = 'capstan-ca'
const SERVER_NAME = 'capstan'
/** An uncompressed point of P-256 is the end of its SubjectPublicKeyInfo. */
const POINT_BYTES = 65
/** keyCertSign, cRLSign and digitalSignature: bits 5, 6 and 0 of RFC 5280 4.2.1.3. */
const AUTHORITY_USAGE = derBitString(Buffer.from([0b1000_0110]), 1)
const SERVER_USAGE = derBitString(Buffer.from([0b1000_0000]), 7)
const SIGNATURE_ALGORITHM = derSequence(derOid(OID.ecdsaWithSha256))

/** A new authority: it signs itself. Node can make keys and signatures, but no certificates. */
export function makeAuthority(lifetime: Lifetime): CertifiedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const cert = makeCertificate({
    lifetime,
    subject: AUTHORITY_NAME,
    publicKey,
    issuerKey: privateKey,
    extensions: [
      extension(OID.basicConstraints, 'critical', derSequence(DER_TRUE)),
      extension(OID.keyUsage, 'critical', AUTHORITY_USAGE),
    ],
  })
  return { key: toPem(privateKey), cert }
}

/** A new key of a server that is known by `hosts`, names and addresses alike. */
export function makeServerCertificate(
  authority: CertifiedKey,
  hosts: readonly string[],
  lifetime: Lifetime,
): CertifiedKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const cert = makeCertificate({
    lifetime,
    subject: SERVER_NAME,
    publicKey,
    issuerKey: createPrivateKey(authority.key),
    extensions: [
      extension(OID.basicConstraints, 'critical', derSequence()),
      extension(OID.keyUsage, 'critical', SERVER_USAGE),
      extension(OID.extKeyUsage, 'optional', derSequence(derOid(OID.serverAuth))),
      extension(OID.subjectAltName, 'optional', derSequence(...hosts.map(hostName))),
    ],
  })
  return { key: toPem(privateKey), cert }
}

interface CertificateParts {
  readonly lifetime: Lifetime
  readonly subject: string
  readonly publicKey: KeyObject
  readonly issuerKey: KeyObject
  readonly extensions: readonly Uint8Array[]
}

/** RFC 5280 4.1, version 3. Verifiers that are strict want both key identifiers. */
function makeCertificate(parts: CertificateParts): string {
  const { lifetime, subject, publicKey, issuerKey, extensions } = parts
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const own = keyIdentifier(publicKey)
  const issuer = keyIdentifier(createPublicKey(issuerKey))
  const body = derSequence(
    derExplicit(0, derInteger(Buffer.from([2]))),
    // Each key has one certificate, so the hash of the key is a unique serial number.
    derInteger(createHash('sha256').update(spki).digest().subarray(0, 16)),
    SIGNATURE_ALGORITHM,
    distinguishedName(AUTHORITY_NAME),
    derSequence(
      derTime(renderTime(lifetime.notBeforeMs)),
      derTime(renderTime(lifetime.notAfterMs)),
    ),
    distinguishedName(subject),
    spki,
    derExplicit(
      3,
      derSequence(
        ...extensions,
        extension(OID.subjectKeyIdentifier, 'optional', derOctetString(own)),
        extension(OID.authorityKeyIdentifier, 'optional', derSequence(derImplicit(0, issuer))),
      ),
    ),
  )
  const signature = derBitString(sign('sha256', body, issuerKey))
  const text = Buffer.from(derSequence(body, SIGNATURE_ALGORITHM, signature)).toString('base64')
  const lines = text.match(/.{1,64}/g) ?? []
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n')
}

function distinguishedName(commonName: string): Uint8Array {
  return derSequence(derSet(derSequence(derOid(OID.commonName), derText(commonName))))
}

function extension(oid: string, weight: 'critical' | 'optional', value: Uint8Array): Uint8Array {
  const critical = weight === 'critical' ? [DER_TRUE] : []
  return derSequence(derOid(oid), ...critical, derOctetString(value))
}

/** SHA-1 of the public key, the first way of RFC 5280 4.2.1.2: a name, and no proof of anything. */
function keyIdentifier(publicKey: KeyObject): Uint8Array {
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-POINT_BYTES)
  return createHash('sha1').update(point).digest()
}

/** GeneralName: `[2]` a DNS name, `[7]` the bytes of an address. */
function hostName(host: string): Uint8Array {
  return isIP(host) === 0
    ? derImplicit(2, Buffer.from(domainToASCII(host), 'ascii'))
    : derImplicit(7, addressBytes(host))
}

function toPem(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
