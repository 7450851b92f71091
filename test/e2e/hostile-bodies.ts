export const POOLS = '/apis/capstan.dev/v1/namespaces/default/workpools'

const pool = (spec: string): string =>
  `{"apiVersion":"capstan.dev/v1","kind":"WorkPool","metadata":{"name":"p"},"spec":${spec}}`
const YAML = { 'content-type': 'application/yaml' }
const APPLY = { 'content-type': 'application/apply-patch+yaml' }
const laughs = `a: &a [${'x,'.repeat(9)}x]\n${'bcdefghi'
  .split('')
  .map((name, index) => `${name}: &${name} [${`*${'abcdefghi'[index]},`.repeat(9)}1]`)
  .join('\n')}\n`

export interface Attack {
  readonly name: string
  readonly method?: string
  readonly path?: string
  readonly body?: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly as?: 'honest' | 'hostile' | 'nobody'
  readonly code: number
  readonly message: RegExp | string
}

const POST = { method: 'POST', path: `${POOLS}?fieldValidation=Strict` } as const
const PATCH = { method: 'PATCH', path: `${POOLS}/p?fieldManager=x&fieldValidation=Strict` } as const

export const BODIES: readonly Attack[] = [
  {
    name: 'too large',
    ...POST,
    body: Buffer.alloc(4_000_000, ' '),
    code: 413,
    message: 'limit is',
  },
  {
    name: 'too large, without a length',
    ...POST,
    headers: { 'transfer-encoding': 'chunked' },
    body: Buffer.alloc(4_000_000, ' '),
    code: 413,
    message: 'limit is',
  },
  {
    name: 'deep',
    ...POST,
    body: `${'['.repeat(500_000)}${']'.repeat(500_000)}`,
    code: 400,
    message: 'nested deeper',
  },
  {
    name: 'deep maps',
    ...POST,
    body: `${'{"a":'.repeat(100_000)}1${'}'.repeat(100_000)}`,
    code: 400,
    message: 'nested deeper',
  },
  {
    name: '__proto__',
    ...POST,
    body: pool('{"__proto__":{"suspend":true}}'),
    code: 400,
    message: '"__proto__" is not allowed',
  },
  {
    name: '__proto__ in labels',
    ...POST,
    body: '{"metadata":{"name":"p","labels":{"__proto__":"x"}}}',
    code: 400,
    message: '"__proto__" is not allowed',
  },
  {
    name: '__proto__ in YAML',
    ...PATCH,
    headers: APPLY,
    body: 'apiVersion: capstan.dev/v1\nkind: WorkPool\nspec: {__proto__: {a: 1}}\n',
    code: 400,
    message: '"__proto__" is not allowed',
  },
  {
    name: 'constructor',
    ...POST,
    body: pool('{"constructor":{"prototype":{"x":1}}}'),
    code: 400,
    message: 'unknown field "spec.constructor"',
  },
  {
    name: 'keys twice',
    ...POST,
    body: pool('{"suspend":true,"suspend":false}'),
    code: 400,
    message: 'duplicate field "spec.suspend"',
  },
  {
    name: 'broken UTF-8',
    ...POST,
    body: Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    code: 400,
    message: 'not valid UTF-8',
  },
  {
    name: 'overlong UTF-8',
    ...POST,
    body: Buffer.from([0x22, 0xc0, 0xaf, 0x22]),
    code: 400,
    message: 'not valid UTF-8',
  },
  { name: 'no JSON', ...POST, body: '{"a":', code: 400, message: 'error decoding JSON' },
  { name: 'a list', ...POST, body: '[]', code: 400, message: 'one JSON object' },
  { name: 'nothing', ...POST, body: '', code: 400, message: 'no body' },
  {
    name: 'metadata of another kind',
    ...POST,
    body: '{"metadata":[1]}',
    code: 400,
    message: /metadata/,
  },
  { name: 'spec of another kind', ...POST, body: pool('7'), code: 422, message: /spec/ },
  {
    name: '100,000 unknown fields',
    ...POST,
    path: POOLS,
    body: pool(
      JSON.stringify(
        Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1])),
      ),
    ),
    code: 400,
    message: 'more than 1000 unknown fields',
  },
  {
    name: 'a number out of range',
    ...POST,
    body: pool('{"concurrencyLimit":1e400}'),
    code: 422,
    message: /concurrencyLimit/,
  },
  { name: 'YAML aliases', ...POST, headers: YAML, body: laughs, code: 400, message: /alias/i },
  {
    name: 'YAML too large',
    ...POST,
    headers: YAML,
    body: `a: ${'x'.repeat(600_000)}`,
    code: 413,
    message: 'YAML may have',
  },
  {
    name: 'deep YAML',
    ...POST,
    headers: YAML,
    body: '['.repeat(200_000),
    code: 400,
    message: /error decoding YAML/,
  },
  {
    name: 'a type nobody speaks',
    ...POST,
    headers: { 'content-type': 'text/plain' },
    body: '{}',
    code: 415,
    message: 'unknown format',
  },
  {
    name: 'a form',
    ...POST,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'a=b',
    code: 415,
    message: 'unknown format',
  },
  {
    name: 'protobuf that is none',
    ...POST,
    headers: { 'content-type': 'application/vnd.kubernetes.protobuf' },
    body: Buffer.from('k8s\0\xff\xff\xff\xff\x0f', 'latin1'),
    code: 415,
    message: 'unknown format',
  },
  {
    name: 'a strategic patch',
    ...PATCH,
    headers: { 'content-type': 'application/strategic-merge-patch+json' },
    body: '{}',
    code: 415,
    message: 'unknown format',
  },
]
