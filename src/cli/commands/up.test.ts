import { describe, expect, test } from 'vitest'
import { parseEnvironment } from '../../config.ts'
import { readOptions } from '../options.ts'
import { parseHeartbeatUrl, parseListen, readUpOptions } from './up.ts'

const environment = parseEnvironment({
  variables: {},
  programPath: 'capstan',
  cwd: import.meta.dirname,
  home: '/nonexistent',
})

function read(
  words: readonly string[],
  flags: Readonly<Record<string, unknown>> = {},
  isTTY = false,
) {
  const stderr = { isTTY, colour: isTTY, write: () => {}, drained: () => Promise.resolve() }
  return readUpOptions({ environment, stderr }, words, readOptions(flags))
}

describe('up', () => {
  test('defaults', () => {
    expect(read(['.'])).toMatchObject({
      directories: [import.meta.dirname],
      local: false,
      dataDir: `${import.meta.dirname}/.capstan`,
      socketPath: `${import.meta.dirname}/.capstan/capstan.sock`,
      listen: undefined,
      namespace: 'default',
      name: 'default',
      driver: 'process',
      logFormat: 'json',
      logLevel: 'info',
      colour: false,
    })
  })

  test.each(['.capstan', '.state/data', '../data', '/var/lib/capstan'])(
    'data in %s is not read as manifests',
    (data) => {
      expect(read(['.'], { data }).directories).toHaveLength(1)
    },
  )

  test('folders beside each other are followed together', () => {
    const { directories } = read(['../completion', '../commands', '../describe'])
    expect(directories.map((path) => path.split('/').at(-1))).toEqual([
      'completion',
      'commands',
      'describe',
    ])
  })

  test('a terminal gets text and colours, a single run its story once', () => {
    expect(read(['.'], { once: true }, true)).toMatchObject({
      logFormat: 'pretty',
      logLevel: 'warn',
      colour: true,
    })
    expect(read(['.'], { once: true, logLevel: 'debug' })).toMatchObject({ logLevel: 'debug' })
  })

  test.each<[readonly string[], Record<string, unknown>, string]>([
    [['/nonexistent'], {}, 'the folder "/nonexistent" cannot be read'],
    [['.', '../commands'], {}, '"." is the same folder as "../commands": name only one of them'],
    [['.', '..'], {}, '"." is inside of "..": name only one of them'],
    [['.'], { data: '.' }, 'is inside of the folder'],
    [['.'], { data: 'state' }, 'choose another --data, or a hidden one such as '],
    [['.'], { data: '' }, '--data needs the name of a directory'],
    [['.'], { namespace: 'Team' }, 'invalid argument "Team" for "--namespace" flag'],
    [['up.ts'], {}, '"up.ts" is a file: name the folder that it is in'],
    [[], { once: true }, 'up --once needs a folder'],
    [['.'], { logLevel: 'loud' }, 'must be one of trace, debug'],
    [['.'], { driver: 'docker' }, '--driver says what runs tasks with --local'],
    [['.'], { faults: '[]' }, '--faults says what goes wrong with --local'],
    [['.'], { local: true, driver: 'podman' }, 'must be one of process, docker, none'],
    [['.'], { listen: 'nowhere' }, 'write HOST:PORT'],
    [['.'], { name: 'bad name!' }, 'invalid argument "bad name!" for "--name" flag'],
    [['.'], { name: '' }, 'which takes 1 to 256 letters'],
    [['.'], { name: ' team' }, 'for "--name" flag'],
    [['.'], { name: 'x'.repeat(257) }, 'for "--name" flag'],
  ])('%o %o is refused', (words, flags, message) => {
    expect(() => read(words, flags)).toThrow(message)
  })
})

test.each([
  [undefined, undefined],
  ['none', 'none'],
  ['127.0.0.1:8443', { host: '127.0.0.1', port: 8443 }],
  ['localhost:0', { host: 'localhost', port: 0 }],
  ['[::1]:8443', { host: '::1', port: 8443 }],
  [':8443', { host: '0.0.0.0', port: 8443 }],
  ['8443', { host: '127.0.0.1', port: 8443 }],
])('--listen %s', (text, expected) => {
  expect(parseListen(text)).toEqual(expected)
})

test.each(['', 'host', 'host:', 'host:70000', '::1:8443', 'host:-1'])(
  '--listen "%s" is refused',
  (text) => {
    expect(() => parseListen(text)).toThrow('--listen')
  },
)

test.each([
  [undefined, undefined],
  ['https://capstan.example.com', 'https://capstan.example.com'],
  ['http://10.0.0.5:8480/', 'http://10.0.0.5:8480'],
  ['https://lb.example.com/beats/', 'https://lb.example.com/beats'],
])('--heartbeat-url %s', (text, expected) => {
  expect(parseHeartbeatUrl(text)).toBe(expected)
})

test.each(['', 'capstan', 'ftp://x', 'http://x?y=1', 'http://x#y', 'http://user:pass@x'])(
  '--heartbeat-url "%s" is refused',
  (text) => {
    expect(() => parseHeartbeatUrl(text)).toThrow('--heartbeat-url')
  },
)

test('--heartbeat-listen is spelled as --listen', () => {
  expect(read(['.'], { heartbeatListen: '0.0.0.0:8480' })).toMatchObject({
    heartbeatListen: { host: '0.0.0.0', port: 8480 },
    heartbeatUrl: undefined,
  })
  expect(() => read(['.'], { heartbeatListen: 'nowhere' })).toThrow('--heartbeat-listen')
})
