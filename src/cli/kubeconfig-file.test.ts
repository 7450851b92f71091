import { expect, test } from 'vitest'
import { readKubeconfig } from './kubeconfig-file.ts'

const FILES: Readonly<Record<string, string>> = { 'ca.pem': 'CA', 'key.pem': 'KEY', token: 'abc\n' }
const readFile = (path: string): string => FILES[path] ?? 'missing'

function document(cluster: object, user: object): unknown {
  return {
    'current-context': 'main',
    contexts: [
      { name: 'main', context: { cluster: 'c', user: 'u', namespace: 'team' } },
      { name: 'bare', context: { cluster: 'c' } },
      { name: 'lost', context: { cluster: 'nowhere' } },
    ],
    clusters: [{ name: 'c', cluster: { server: 'https://h:1', ...cluster } }],
    users: [{ name: 'u', user }],
  }
}

test.each<[string, object, object, object]>([
  ['a token', {}, { token: 't' }, { token: 't' }],
  ['a token in a file', {}, { tokenFile: 'token' }, { token: 'abc' }],
  [
    'data wins over files',
    { 'certificate-authority': 'ca.pem', 'certificate-authority-data': btoa('DATA') },
    {},
    { certificateAuthority: 'DATA' },
  ],
  [
    'files',
    { 'certificate-authority': 'ca.pem' },
    { 'client-key': 'key.pem' },
    { certificateAuthority: 'CA', clientKey: 'KEY' },
  ],
  ['no check', { 'insecure-skip-tls-verify': true }, {}, { insecureSkipTlsVerify: true }],
])('%s', (_, cluster, user, expected) => {
  expect(readKubeconfig(document(cluster, user), undefined, readFile)).toEqual({
    endpoint: { type: 'Url', url: 'https://h:1', ...expected },
    namespace: 'team',
  })
})

test('another context, without a user', () => {
  const { endpoint, namespace } = readKubeconfig(document({}, { token: 't' }), 'bare', readFile)
  expect(endpoint).toEqual({ type: 'Url', url: 'https://h:1' })
  expect(namespace).toBeUndefined()
})

test.each<[string, unknown, string | undefined, string]>([
  ['no current context', {}, undefined, 'name one with --context'],
  ['an unknown context', document({}, {}), 'prod', 'no context "prod": it has main, bare, lost'],
  ['an unknown cluster', document({}, {}), 'lost', 'no cluster "nowhere": it has c'],
  ['no server', document({ server: '' }, {}), undefined, 'names no server'],
  ['a program', document({}, { exec: {} }), undefined, 'has "exec", which Capstan does not run'],
])('%s is refused', (_, config, context, message) => {
  expect(() => readKubeconfig(config, context, readFile)).toThrow(message)
})
