import { describe, expect, test } from 'vitest'
import type { PathStep } from '../kinds/placeholder.ts'
import { parseManifest } from './parse.ts'

function valuesOf(text: string | Uint8Array): readonly unknown[] {
  const { documents, problems } = parseManifest('f.yaml', text)
  expect(problems).toEqual([])
  return documents.map(({ value }) => value)
}

describe('what YAML says', () => {
  const cases: readonly (readonly [string, string, readonly unknown[]])[] = [
    [
      'scalars',
      'a: x\nb: 1\nc: 1.5\nd: true\ne: null\nf:\ng: ""',
      [{ a: 'x', b: 1, c: 1.5, d: true, e: null, f: null, g: '' }],
    ],
    [
      'words that YAML 1.1 took for booleans',
      'a: [yes, no, on, off, y, n]',
      [{ a: ['yes', 'no', 'on', 'off', 'y', 'n'] }],
    ],
    [
      'dates and underscores are text',
      'a: [2026-01-01, 1_000, 12:30:45]',
      [{ a: ['2026-01-01', '1_000', '12:30:45'] }],
    ],
    [
      'several documents, empty ones left out',
      'a: 1\n---\n# nothing\n---\nb: 2\n...\n',
      [{ a: 1 }, { b: 2 }],
    ],
    ['nothing', '', []],
    ['only comments', '# nothing\n', []],
    ['block scalars', 'a: |\n  x\n  y\nb: >-\n  x\n  y\n', [{ a: 'x\ny\n', b: 'x y' }]],
    ['JSON', '{"a": [1, {"b": "\\u00e9"}]}', [{ a: [1, { b: 'é' }] }]],
    ['JSON with tabs', '{\n\t"a": 1\n}', [{ a: 1 }]],
    [
      'a few aliases',
      'a: &x {b: 1}\nc: *x\nd: [*x, *x]',
      [{ a: { b: 1 }, c: { b: 1 }, d: [{ b: 1 }, { b: 1 }] }],
    ],
    ['a byte order mark', '\uFEFFa: 1', [{ a: 1 }]],
    ['line ends of Windows', 'a: 1\r\nb: 2\r\n', [{ a: 1, b: 2 }]],
    ['explicit core tags', 'a: !!str 5\nb: !!int "5"', [{ a: '5', b: 5 }]],
    ['braces of placeholders in quotes', 'a: "{{ x }}"', [{ a: '{{ x }}' }]],
  ]
  test.each(cases)('%s', (_, text, expected) => {
    expect(valuesOf(text)).toEqual(expected)
  })

  test('bytes are UTF-8, with or without a mark', () => {
    const bytes = new TextEncoder().encode('a: grün 🚀')
    expect(valuesOf(bytes)).toEqual([{ a: 'grün 🚀' }])
    expect(valuesOf(Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes))).toEqual([{ a: 'grün 🚀' }])
  })

  test('numbers that would be written back differently are listed', () => {
    const text = 'a: 1.10\nb: [007, 0x1F, 1e3, 5]\nc: 1.5'
    const { documents } = parseManifest('f', text)
    expect(documents.flatMap(({ rewrittenNumbers }) => rewrittenNumbers)).toEqual([
      { path: ['a'], source: '1.10' },
      { path: ['b', 0], source: '007' },
      { path: ['b', 1], source: '0x1F' },
      { path: ['b', 2], source: '1e3' },
    ])
  })
})

describe('places', () => {
  const text = [
    'spec:',
    '  template:',
    '    cpu: 256',
    '    env: {A: x, "b c": y}',
    '    empty:',
    '    command:',
    '      - sh',
    '      - -c',
    '  trigger:',
    '    for_each: [z]',
  ].join('\n')
  const cases: readonly (readonly [readonly PathStep[], boolean, number, number])[] = [
    [[], false, 1, 1],
    [['spec'], false, 2, 3],
    [['spec'], true, 1, 1],
    [['spec', 'template', 'cpu'], false, 3, 10],
    [['spec', 'template', 'cpu'], true, 3, 5],
    [['spec', 'template', 'env', 'b c'], false, 4, 24],
    [['spec', 'template', 'env', 'b c'], true, 4, 17],
    [['spec', 'template', 'empty'], false, 5, 5],
    [['spec', 'template', 'command', 1], false, 8, 9],
    // What is not there is shown at the nearest thing above it.
    [['spec', 'template', 'command', 7], false, 7, 7],
    [['spec', 'template', 'missing'], true, 3, 5],
    [['spec', 'trigger', 'forEach', 0], false, 10, 16],
    [['nowhere', 'at', 'all'], false, 1, 1],
  ]
  test.each(cases)('%j (key: %s) is at %i:%i', (path, atKey, line, column) => {
    const { documents } = parseManifest('f', text)
    expect(documents.map(({ locate }) => locate(path, atKey))).toEqual([{ line, column }])
  })
})

describe('what is refused', () => {
  const cases: readonly (readonly [string, string, string, string])[] = [
    ['a key twice', 'a: 1\nb: 2\na: 3', 'DuplicateKey', '3:1'],
    ['a key twice in a flow map', 'a: {b: 1, "b": 2}', 'DuplicateKey', '1:11'],
    ['__proto__', 'a: {__proto__: {x: 1}}', 'ForbiddenKey', '1:5'],
    ['constructor', 'constructor: 1', 'ForbiddenKey', '1:1'],
    ['prototype, in quotes', '"prototype": 1', 'ForbiddenKey', '1:1'],
    ['a number as a key', '1: x', 'UnsupportedKey', '1:1'],
    ['a boolean as a key', 'true: x', 'UnsupportedKey', '1:1'],
    ['a list as a key', '? [a]\n: x', 'UnsupportedKey', '1:3'],
    ['no key', ': x', 'UnsupportedKey', '1:1'],
    ['a merge key', 'a: &x {b: 1}\nc: {<<: *x}', 'UnsupportedKey', '2:5'],
    ['a tab as indentation', 'a:\n\tb: 1', 'InvalidYaml', '2:1'],
    ['an unclosed quote', 'a: "x\n', 'InvalidYaml', '2:1'],
    ['an unclosed list', 'a: [1, 2\n', 'InvalidYaml', '2:1'],
    ['bad indentation', 'a:\n  b: 1\n c: 2\n', 'InvalidYaml', '3:1'],
    ['a map in a line', 'a: b: c', 'InvalidYaml', '1:4'],
    ['an unknown anchor', 'a: *nobody', 'InvalidYaml', '1:4'],
    ['an alias to itself', 'a: &x [*x]', 'TooManyAliases', '1:8'],
    ['a private tag', 'a: !secret x', 'UnsupportedTag', '1:4'],
    ['a tag of another language', 'a: !!js/function "x"', 'UnsupportedTag', '1:4'],
    ['binary', 'a: !!binary aGVsbG8=', 'UnsupportedTag', '1:13'],
    ['a set', 'a: !!set {x}', 'UnsupportedTag', '1:10'],
    ['a list of pairs', 'a: !!omap [x: 1]', 'UnsupportedTag', '1:11'],
    ['a timestamp', 'a: !!timestamp 2026-01-01', 'UnsupportedTag', '1:16'],
    ['an old YAML version', '%YAML 1.1\n---\na: yes', 'InvalidYaml', '1:1'],
    ['infinity', 'a: .inf', 'UnsupportedNumber', '1:4'],
    ['not a number', 'a: .nan', 'UnsupportedNumber', '1:4'],
    ['an id that is too large for a number', 'a: 12345678901234567890', 'UnsupportedNumber', '1:4'],
    ['a control character', 'a: x\u0001', 'InvalidCharacter', '1:5'],
    ['a NUL', 'a: \u0000', 'InvalidCharacter', '1:4'],
    ['an escaped NUL', 'a: "x\\0"', 'InvalidCharacter', '1:4'],
    ['a lone surrogate', 'a: \uD800', 'InvalidCharacter', '1:4'],
    ['an escaped lone surrogate', 'a: "\\ud800"', 'InvalidCharacter', '1:4'],
  ]
  test.each(cases)('%s', (_, text, code, place) => {
    const { documents, problems } = parseManifest('f', text)
    expect(documents).toEqual([])
    expect(
      problems.map((problem) => [problem.code, `${problem.line}:${problem.column}`]),
    ).toContainEqual([code, place])
  })

  test.each([
    ['UTF-16, little end first', [0xff, 0xfe, 0x61, 0x00]],
    ['UTF-16, big end first', [0xfe, 0xff, 0x00, 0x61]],
    ['Latin 1', [0x61, 0x3a, 0x20, 0xe4]],
    ['an overlong form', [0x61, 0x3a, 0x20, 0xc0, 0xaf]],
    ['a cut character', [0x61, 0x3a, 0x20, 0xf0, 0x9f]],
    ['a surrogate in UTF-8', [0x61, 0x3a, 0x20, 0xed, 0xa0, 0x80]],
    ['a program', [0x7f, 0x45, 0x4c, 0x46, 0x02, 0x01, 0xff]],
  ])('bytes that are %s', (_, bytes) => {
    expect(parseManifest('f', Uint8Array.from(bytes)).problems).toMatchObject([
      { code: 'InvalidEncoding', line: 1, column: 1 },
    ])
  })

  test('one bad document does not take the others with it', () => {
    const { documents, problems } = parseManifest('f', 'a: 1\n---\nb: [\n---\nc: 3\n')
    expect(documents.map(({ value }) => value)).toEqual([{ a: 1 }, { c: 3 }])
    expect(problems.length).toBeGreaterThan(0)
  })

  test('values never stand in a message', () => {
    for (const text of ['a: "canary', 'a: canary: x', 'a: !!canary-tag-only x', 'a: [canary']) {
      const messages = parseManifest('f', text).problems.map(({ message }) => message)
      expect(messages.join().replace('canary-tag-only', '')).not.toContain('canary')
    }
  })
})
