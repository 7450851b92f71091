import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cpuMsSince, startOfWork } from '../../test/world/cpu-time.ts'
import { someOf } from '../../test/world/effort.ts'
import { parseManifest } from './parse.ts'

/** Just beneath the size limit, so that every other limit has to do its own work. */
const SIZE = 250 * 1024

function filled(unit: string): string {
  return unit.repeat(Math.floor(SIZE / unit.length))
}

function bomb(levels: number, width: number): string {
  const lines = ['a0: &a0 [x]']
  for (let level = 1; level <= levels; level += 1) {
    const items = Array.from({ length: width }, () => `*a${level - 1}`).join(', ')
    lines.push(`a${level}: &a${level} [${items}]`)
  }
  return lines.join('\n')
}

const REFUSED: readonly (readonly [string, string, string])[] = [
  ['billion laughs', bomb(9, 9), 'TooManyAliases'],
  [
    'a bomb of maps',
    'a: &a {x: 1}\nb: &b {x: *a, y: *a}\nc: &c {x: *b, y: *b}\nd: &d {x: *c, y: *c}\ne: {x: *d, y: *d}',
    'TooManyAliases',
  ],
  ['few aliases to much', `a: &a [${'x,'.repeat(4_000)}]\nb: [*a, *a, *a]`, 'TooManyValues'],
  ['an alias inside its own anchor', '&a {b: *a}', 'TooManyAliases'],
  ['deep flow lists', filled('['), 'TooDeep'],
  ['deep flow maps', filled('{a: '), 'TooDeep'],
  ['deep flow, closed', `${'['.repeat(20_000)}${']'.repeat(20_000)}`, 'TooDeep'],
  ['deep block lists in a line', filled('- '), 'TooDeep'],
  ['deep complex keys', filled('? '), 'TooDeep'],
  [
    'deep block maps',
    Array.from({ length: 690 }, (_, level) => `${' '.repeat(level)}a:`).join('\n'),
    'TooDeep',
  ],
  ['101 levels', `${'['.repeat(101)}${']'.repeat(101)}`, 'TooDeep'],
  [
    'deep lists in the column of their keys',
    `a:\n${Array.from({ length: 60 }, (_, level) => `${'  '.repeat(level)}- a:`).join('\n')}`,
    'TooDeep',
  ],
  ['a wide list', `[${'a,'.repeat(120_000)}]`, 'TooManyValues'],
  [
    'a wide map',
    Array.from({ length: 15_000 }, (_, key) => `k${key}: 1`).join('\n'),
    'TooManyValues',
  ],
  [
    'values spread over documents',
    Array.from({ length: 90 }, () => `[${'a,'.repeat(150)}]`).join('\n---\n'),
    'TooManyValues',
  ],
  ['many documents', '---\n'.repeat(5_000), 'TooManyDocuments'],
  ['101 documents', 'a: 1\n---\n'.repeat(101), 'TooManyDocuments'],
  ['documents that end and end', 'a\n...\n'.repeat(5_000), 'TooManyDocuments'],
  ['many lines', filled('\n'), 'TooLarge'],
  ['many comments', filled('#\n'), 'TooLarge'],
  ['many directives', filled('%a\n'), 'TooLarge'],
  ['a large file', 'x'.repeat(256 * 1024 + 1), 'TooLarge'],
  ['a large file of one comment', `#${'x'.repeat(300 * 1024)}`, 'TooLarge'],
  ['quotes', filled('"'), 'TooManyValues'],
  ['tags', filled('!a '), 'InvalidYaml'],
  ['anchors', filled('&a '), 'InvalidYaml'],
  ['one long alias', filled('*'), 'InvalidYaml'],
  ['closing brackets', filled(']'), 'InvalidYaml'],
  ['closing braces in lines', '}\n'.repeat(9_000), 'InvalidYaml'],
  ['commas', filled(','), 'InvalidYaml'],
  ['colons', filled(':'), 'InvalidYaml'],
  ['keys without end', filled('a: '), 'TooManyValues'],
  ['a long key', `${filled('x')}: 1`, 'InvalidYaml'],
  ['broken escapes', filled('"\\x'), 'InvalidYaml'],
  ['maps in lines', 'a: b: c\n'.repeat(1_200), 'InvalidYaml'],
  ['the same key again and again', 'a: b\n  c\n'.repeat(3_000), 'DuplicateKey'],
  ['digits', `a: ${filled('9')}`, 'UnsupportedNumber'],
  ['a huge exponent', 'a: 1e999999', 'UnsupportedNumber'],
  ...['__proto__', 'constructor', 'prototype'].flatMap((key) =>
    [`${key}: 1`, `a: {"${key}": {x: 1}}`, `- ? ${key}\n  : 1`, `a: &x {${key}: 1}\nb: *x`].map(
      (text): readonly [string, string, string] => [
        `the key ${key} in ${text.length} characters`,
        text,
        'ForbiddenKey',
      ],
    ),
  ),
  ...['\u0000', '\u0007', '\u001B', '\u007F', '\u0080', '\uFFFE', '\uDC00'].map(
    (character): readonly [string, string, string] => [
      `the character ${character.codePointAt(0)?.toString(16)}`,
      `a: "x${character}"`,
      'InvalidCharacter',
    ],
  ),
]

describe('hostile files', () => {
  test.each(REFUSED)('%s', (_, text, code) => {
    const started = startOfWork()
    const { documents, problems } = parseManifest('f', text)
    const tookMs = cpuMsSince(started)
    expect(problems.map((problem) => problem.code)).toContain(code)
    expect(problems.length).toBeLessThanOrEqual(20)
    expect(documents).toEqual([])
    // About 20 ms on a quiet machine; what grows with the square of the size takes seconds.
    expect(tookMs).toBeLessThan(400)
  })

  const HARMLESS: readonly (readonly [string, string])[] = [
    ['100 levels', `${'['.repeat(100)}${']'.repeat(100)}`],
    ['100 documents', Array.from({ length: 100 }, () => 'a: 1').join('\n---\n')],
    ['9,000 values', `[${'a,'.repeat(9_000)}]`],
    ['4,000 keys', Array.from({ length: 4_000 }, (_, key) => `k${key}: 1`).join('\n')],
    ['16 aliases', `a: &a x\nb: [${'*a,'.repeat(16)}]`],
    ['a long text', `a: ${filled('x')}`],
    ['a long quoted text', `a: "${'\\u0041'.repeat(40_000)}"`],
    ['spaces', filled(' ')],
    ['tabs', filled('\t')],
    ['many placeholders', Array.from({ length: 300 }, (_, key) => `k${key}: "{{ x }}"`).join('\n')],
  ]
  test.each(HARMLESS)('%s is allowed', (_, text) => {
    expect(parseManifest('f', text).problems).toEqual([])
  })

  test('nothing makes it throw', () => {
    const unit = fc.constantFrom(
      'a',
      ':',
      ' ',
      '-',
      '\n',
      '  ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '&a',
      '*a',
      '!',
      '|',
      '>',
      '#',
      '%',
      '---',
      '...',
      '?',
      '\t',
      '\\',
      '<<',
      '1',
      '~',
      '@',
      '`',
      '\r',
    )
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 60 }), (text) => {
        const { documents, problems } = parseManifest('f', text)
        for (const { line, column } of problems) expect(Math.min(line, column)).toBeGreaterThan(0)
        for (const { value, locate } of documents) {
          expect(JSON.parse(JSON.stringify(value))).toEqual(value)
          expect(locate(['a', 0, 'b']).line).toBeGreaterThan(0)
        }
      }),
      { numRuns: someOf(2_000) },
    )
  })

  test('any bytes come back as documents or problems', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        expect(parseManifest('f', bytes)).toHaveProperty('problems')
      }),
      { numRuns: someOf(500) },
    )
  })
})
