import { describe, expect, test } from 'vitest'
import { findSocket, parseEnvironment } from './config.ts'

function environment(variables: Readonly<Record<string, string>>, programPath = '/bin/capstan') {
  return parseEnvironment({ variables, programPath, cwd: '/work', home: '/nonexistent' })
}

describe('the environment', () => {
  test('of an empty process', () => {
    expect(environment({})).toMatchObject({
      programName: 'capstan',
      socket: undefined,
      editor: 'vi',
      noColor: false,
      taskEnvironment: {},
      aws: { region: undefined, endpoint: undefined, credentialSource: undefined },
    })
  })

  test.each<[Record<string, string>, object]>([
    [{ AWS_REGION: 'a', AWS_DEFAULT_REGION: 'b' }, { region: 'a' }],
    [{ AWS_DEFAULT_REGION: 'b' }, { region: 'b', variables: { region: 'AWS_DEFAULT_REGION' } }],
    [{ AWS_REGION: '' }, { region: undefined }],
    [{ AWS_ENDPOINT_URL: 'x' }, { endpoint: 'x' }],
    [{ AWS_ENDPOINT_URL: 'x', AWS_ENDPOINT_URL_ECS: 'y' }, { endpoint: 'y' }],
    [{ AWS_PROFILE: 'p' }, { profile: 'p', credentialSource: 'profile' }],
    [{ AWS_ACCESS_KEY_ID: 'k', AWS_SECRET_ACCESS_KEY: 's' }, { credentialSource: 'environment' }],
    [{ AWS_ACCESS_KEY_ID: 'k' }, { credentialSource: undefined }],
    [{ AWS_WEB_IDENTITY_TOKEN_FILE: 'f' }, { credentialSource: 'web identity' }],
    [{ AWS_CONTAINER_CREDENTIALS_FULL_URI: 'u' }, { credentialSource: 'container' }],
    [{ AWS_CONFIG_FILE: import.meta.filename }, { credentialSource: 'shared files' }],
  ])('%o says %o about AWS', (variables, expected) => {
    expect(environment(variables).aws).toMatchObject(expected)
  })

  test('no secret is copied', () => {
    const secret = 'the-canary'
    const variables = { AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: secret, PASSWORD: secret }
    expect(JSON.stringify(environment({ ...variables, PATH: '/bin' }))).not.toContain(secret)
  })

  test('where a container engine may listen', () => {
    expect(environment({}).containerEngine).toEqual({
      host: undefined,
      sockets: [
        '/var/run/docker.sock',
        '/nonexistent/.docker/run/docker.sock',
        '/run/podman/podman.sock',
      ],
    })
    const user = environment({ XDG_RUNTIME_DIR: '/run/user/1' }).containerEngine.sockets
    expect(user).toContain('/run/user/1/podman/podman.sock')
    expect(environment({ CONTAINER_HOST: 'c' }).containerEngine.host).toBe('c')
    expect(environment({ CONTAINER_HOST: 'c', DOCKER_HOST: 'd' }).containerEngine.host).toBe('d')
  })

  test('colour, editor and plugin name', () => {
    expect(environment({ NO_COLOR: '1' }).noColor).toBe(true)
    expect(environment({ TERM: 'dumb' }).noColor).toBe(true)
    expect(environment({ EDITOR: 'nano', KUBE_EDITOR: 'code --wait' }).editor).toBe('code --wait')
    expect(environment({}, '/usr/bin/kubectl-capstan').programName).toBe('kubectl capstan')
  })
})

describe('finding the controller', () => {
  const nothing = { cwd: '/a/b/c', socket: undefined }
  const only = (path: string) => (candidate: string) => candidate === path

  test.each<[string, Parameters<typeof findSocket>[0], string | undefined, string, string]>([
    ['--socket', { socket: 'x.sock', data: 'd' }, '/env.sock', '/a/b/c/x.sock', '--socket'],
    ['--data', { data: '../d' }, '/env.sock', '/a/b/d/capstan.sock', '--data'],
    ['the variable', {}, '/env.sock', '/env.sock', 'CAPSTAN_SOCKET'],
    ['the nearest folder above', {}, undefined, '/a/.capstan/capstan.sock', 'found'],
  ])('%s wins', (...[, flags, socket, path, source]) => {
    const found = findSocket(flags, { ...nothing, socket }, only('/a/.capstan'))
    expect(found).toEqual({ path, source })
  })

  test('with nothing to go by it would be here', () => {
    expect(findSocket({}, nothing, () => false)).toEqual({
      path: '/a/b/c/.capstan/capstan.sock',
      source: 'default',
    })
  })
})
