import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { hasPlaceholder, type Piece, parsePieces } from './placeholder.ts'

function placeholder(text: string, ...path: readonly (string | number)[]): Piece {
  return { text, path }
}

describe('parsePieces', () => {
  const cases: readonly (readonly [string, readonly Piece[]])[] = [
    ['', []],
    ['plain', ['plain']],
    ['{{x}}', [placeholder('x', 'x')]],
    ['{{   x   }}', [placeholder('x', 'x')]],
    ['{{ a.b[0].c }}', [placeholder('a.b[0].c', 'a', 'b', 0, 'c')]],
    ['{{ a[0][12] }}', [placeholder('a[0][12]', 'a', 0, 12)]],
    ['{{ a-b_c.$d }}', [placeholder('a-b_c.$d', 'a-b_c', '$d')]],
    ['{{ a.0b }}', [placeholder('a.0b', 'a', '0b')]],
    ['x {{ a }}-{{ b }} y', ['x ', placeholder('a', 'a'), '-', placeholder('b', 'b'), ' y']],
    ['{{{ a }}}', ['{', placeholder('a', 'a'), '}']],
    ['{{ a }} }}', [placeholder('a', 'a'), ' }}']],
    // Not of the grammar: plain text, as in Prefect.
    ['{{}}', ['{{}}']],
    ['{{ }}', ['{{ }}']],
    ['{{ a b }}', ['{{ a b }}']],
    ['{{ a | upper }}', ['{{ a | upper }}']],
    ['{{ .Values.x }}', ['{{ .Values.x }}']],
    ['{{ a. }}', ['{{ a. }}']],
    ['{{ a..b }}', ['{{ a..b }}']],
    ['{{ a[] }}', ['{{ a[] }}']],
    ['{{ a[x] }}', ['{{ a[x] }}']],
    ['{{ a[0 }}', ['{{ a[0 }}']],
    ['{{ [0] }}', ['{{ [0] }}']],
    ['{{ 0a }}', ['{{ 0a }}']],
    ['{{ -a }}', ['{{ -a }}']],
    ['{{ a', ['{{ a']],
    ['{{ {{ a }}', ['{{ ', placeholder('a', 'a')]],
    // Escaped: braces that stay.
    ['\\{{ a }}', ['{{ a }}']],
    ['x\\{{ a }}{{ b }}', ['x{{ a }}', placeholder('b', 'b')]],
  ]
  test.each(cases)('%j', (text, pieces) => {
    expect(parsePieces(text)).toEqual(pieces)
  })

  test('a path that is too long is text', () => {
    const text = `{{ ${'a'.repeat(600)} }}`
    expect(parsePieces(text)).toEqual([text])
  })

  test('a text without placeholders and backslashes is one piece', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('{', '}', ' ', '.', '[', ']', '|') }),
        (text) => {
          expect(parsePieces(text)).toEqual(text === '' ? [] : [text])
        },
      ),
    )
  })

  test('nothing is lost: the pieces, written back, are the text', () => {
    const unit = fc.constantFrom('{{', '}}', ' ', 'a', '.', '[0]', '{', '}', '-')
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 40 }), (text) => {
        const written = parsePieces(text)
          .map((piece) => (typeof piece === 'string' ? piece : `{{${piece.text}}}`))
          .join('')
        expect(written.replaceAll(' ', '')).toBe(text.replaceAll(' ', ''))
      }),
    )
  })

  test.each([
    ['{'.repeat(50_000)],
    ['{{'.repeat(25_000)],
    ['{{ a'.repeat(12_500)],
    ['{{a.'.repeat(12_500)],
    [`{{ ${'['.repeat(50_000)}`],
    ['\\{{'.repeat(17_000)],
  ])(
    'hostile text %# is read in linear time',
    (text) => {
      expect(parsePieces(text).every((piece) => typeof piece === 'string')).toBe(true)
    },
    1_000,
  )
})

test.each([
  ['x {{ a }}', true],
  ['{{ a b }}', false],
  ['\\{{ a }}', false],
])('hasPlaceholder(%j) is %s', (text, expected) => {
  expect(hasPlaceholder(text)).toBe(expected)
})
