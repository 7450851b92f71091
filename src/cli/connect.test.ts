import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { renderKubeconfig } from '../apiserver/kubeconfig.ts'
import { parseEnvironment } from '../config.ts'
import { connect } from './connect.ts'
import { readOptions } from './options.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'capstan-connect-'))
})
afterEach(() => rmSync(directory, { recursive: true }))

function writeConfig(name: string, namespace: string): string {
  const file = join(directory, name)
  mkdirSync(join(file, '..'), { recursive: true })
  const input = { server: 'https://127.0.0.1:1', certificateAuthority: 'CA', token: 't', namespace }
  writeFileSync(file, renderKubeconfig(input))
  return file
}

/** The namespace tells which kubeconfig counted; `default` is the socket's. */
async function namespaceOf(
  options: Readonly<Record<string, string>>,
  environment: { readonly plugin?: boolean; readonly variables?: Record<string, string> } = {},
): Promise<string> {
  const { plugin = false, variables = {} } = environment
  const parsed = parseEnvironment({
    variables,
    programPath: plugin ? '/bin/kubectl-capstan' : '/bin/capstan',
    cwd: directory,
    home: directory,
  })
  return (await connect(readOptions(options), parsed, () => {})).namespace
}

describe('a server', () => {
  test.each(['foo://x', 'https://', 'http://a b'])('%s is no address', async (server) => {
    await expect(namespaceOf({ server })).rejects.toThrow(
      `"${server}" is not the URL of an API server: write https://HOST:PORT`,
    )
  })

  test.each(['https://127.0.0.1:1', 'http://localhost:1/path', 'localhost:8443', '[::1]:8443'])(
    '%s is one',
    async (server) => {
      expect(await namespaceOf({ server })).toBe('default')
    },
  )

  test('a kubeconfig that is no YAML is named, with what is wrong', async () => {
    const file = join(directory, 'broken')
    writeFileSync(file, 'apiVersion: v1\n  clusters: []\n')
    await expect(namespaceOf({ kubeconfig: file })).rejects.toThrow(
      /broken is no kubeconfig: .* at line 1, column 13$/,
    )
  })
})

describe('capstan', () => {
  test('takes the socket whatever kubeconfig there is', async () => {
    const KUBECONFIG = writeConfig('one', 'one')
    expect(await namespaceOf({}, { variables: { KUBECONFIG } })).toBe('default')
  })

  test('finds a context where kubectl looks', async () => {
    writeConfig('.kube/config', 'home')
    expect(await namespaceOf({ context: 'capstan' })).toBe('home')
    const one = writeConfig('one', 'one')
    const variables = { KUBECONFIG: `${join(directory, 'missing')}:${one}` }
    expect(await namespaceOf({ context: 'capstan' }, { variables })).toBe('one')
    await expect(namespaceOf({ context: 'nope' }, { variables })).rejects.toThrow(
      /there is no context "nope" in .*missing or .*one$/,
    )
  })

  test('takes --kubeconfig before all', async () => {
    const variables = { KUBECONFIG: writeConfig('one', 'one') }
    const kubeconfig = writeConfig('two', 'two')
    expect(await namespaceOf({ kubeconfig, context: 'capstan' }, { variables })).toBe('two')
  })
})

describe('kubectl capstan', () => {
  test('talks to whom kubectl talks', async () => {
    const variables = { KUBECONFIG: writeConfig('one', 'one') }
    expect(await namespaceOf({}, { plugin: true, variables })).toBe('one')
  })

  test('but to a socket that is near or named', async () => {
    const variables = { KUBECONFIG: writeConfig('one', 'one') }
    const plugin = true
    expect(await namespaceOf({ socket: 's' }, { plugin, variables })).toBe('default')
    expect(await namespaceOf({ data: 'd' }, { plugin, variables })).toBe('default')
    const named = { ...variables, CAPSTAN_SOCKET: 's' }
    expect(await namespaceOf({}, { plugin, variables: named })).toBe('default')
    mkdirSync(join(directory, '.capstan'))
    expect(await namespaceOf({}, { plugin, variables })).toBe('default')
    expect(await namespaceOf({ context: 'capstan' }, { plugin, variables })).toBe('one')
  })

  test('and without any kubeconfig to the socket', async () => {
    expect(await namespaceOf({}, { plugin: true })).toBe('default')
  })
})
