import { createPrivateKey, X509Certificate } from 'node:crypto'
import { expect, test } from 'vitest'
import { makeAuthority, makeServerCertificate } from './certificate.ts'

const START_MS = Date.UTC(2026, 0, 2, 3, 4, 5)
const lifetime = { notBeforeMs: START_MS, notAfterMs: START_MS + 3_650 * 86_400_000 }
const HOSTS = ['localhost', 'capstan.example', '127.0.0.1', '::1', '10.1.2.3']

const authority = makeAuthority(lifetime)
const server = makeServerCertificate(authority, HOSTS, lifetime)
const authorityCertificate = new X509Certificate(authority.cert)
const certificate = new X509Certificate(server.cert)

test('an authority signs itself and others', () => {
  expect(authorityCertificate.ca).toBe(true)
  expect(authorityCertificate.subject).toBe('CN=capstan-ca')
  expect(authorityCertificate.verify(authorityCertificate.publicKey)).toBe(true)
  expect(authorityCertificate.checkPrivateKey(createPrivateKey(authority.key))).toBe(true)
  expect(certificate.checkIssued(authorityCertificate)).toBe(true)
  expect(certificate.verify(authorityCertificate.publicKey)).toBe(true)
})

test('a server is what its hosts are called, and no authority', () => {
  expect(certificate.ca).toBe(false)
  expect(certificate.checkPrivateKey(createPrivateKey(server.key))).toBe(true)
  // What a server may be used for: authentication of servers.
  expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1'])
  expect(certificate.subjectAltName).toBe(
    'DNS:localhost, DNS:capstan.example, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:10.1.2.3',
  )
  expect(certificate.checkHost('evil.example')).toBeUndefined()
})

test('it is good for as long as was asked, and for no longer', () => {
  expect(Date.parse(certificate.validFrom)).toBe(lifetime.notBeforeMs)
  expect(Date.parse(certificate.validTo)).toBe(lifetime.notAfterMs)
})

test('no two have a number in common, or one that a verifier would take for negative', () => {
  const numbers = Array.from({ length: 50 }, () => {
    const { cert } = makeServerCertificate(authority, HOSTS, lifetime)
    return new X509Certificate(cert).serialNumber
  })
  expect(new Set(numbers).size).toBe(50)
  expect(numbers.filter((number) => number.startsWith('-'))).toEqual([])
})

test('another authority has signed nothing of it', () => {
  const other = new X509Certificate(makeAuthority(lifetime).cert)
  expect(certificate.verify(other.publicKey)).toBe(false)
})
