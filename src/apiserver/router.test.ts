import { expect, test } from 'vitest'
import { parsePath } from './router.ts'

const GV = { group: 'capstan.dev', version: 'v1' }
const CORE = { group: '', version: 'v1' }

test.each([
  ['/version', { type: 'Fixed', path: '/version' }],
  ['/api', { type: 'Fixed', path: '/api' }],
  ['/apis/', { type: 'Fixed', path: '/apis' }],
  ['/', { type: 'Fixed', path: '/' }],
  ['/api/v1', { type: 'GroupVersion', ...CORE }],
  ['/apis/capstan.dev', { type: 'Group', group: 'capstan.dev' }],
  ['/apis/capstan.dev/v1', { type: 'GroupVersion', ...GV }],
  ['/apis/capstan.dev/v1/runs', { type: 'Resource', ...GV, plural: 'runs' }],
  [
    '/apis/capstan.dev/v1/namespaces/a/runs/b',
    { type: 'Resource', ...GV, namespace: 'a', plural: 'runs', name: 'b' },
  ],
  [
    '/apis/capstan.dev/v1/namespaces/a/runs/b/status',
    { type: 'Resource', ...GV, namespace: 'a', plural: 'runs', name: 'b', subresource: 'status' },
  ],
  ['/api/v1/namespaces', { type: 'Resource', ...CORE, plural: 'namespaces' }],
  ['/api/v1/namespaces/a', { type: 'Resource', ...CORE, plural: 'namespaces', name: 'a' }],
  ['/api/v1/namespaces/a/pods', { type: 'Resource', ...CORE, namespace: 'a', plural: 'pods' }],
  [
    '/api/v1/namespaces/a/pods/b/log',
    { type: 'Resource', ...CORE, namespace: 'a', plural: 'pods', name: 'b', subresource: 'log' },
  ],
  ['/openapi/v3/apis/capstan.dev/v1', { type: 'OpenApi', document: 'apis/capstan.dev/v1' }],
  ['/openapi/v3/api/v1', { type: 'OpenApi', document: 'api/v1' }],
  ['/openapi/v3', { type: 'Fixed', path: '/openapi/v3' }],
  ['/api/v1/pods/a%20b', { type: 'Resource', ...CORE, plural: 'pods', name: 'a b' }],
  ['/api/v1//pods', { type: 'Fixed', path: '/api/v1//pods' }],
])('%s', (path, expected) => {
  expect(parsePath(path)).toEqual(expected)
})

test('what cannot be decoded is refused', () => {
  expect(() => parsePath('/api/v1/pods/%zz')).toThrow('percent-encoded')
  expect(() => parsePath(`/${'x'.repeat(5000)}`)).toThrow('too long')
})
