import { expect, test } from 'vitest'
import { toLastLines, toLine } from './lines.ts'

test.each<[string, string, string]>([
  ['a line', 'hello', 'hello'],
  ['its end', 'hello\r\n', 'hello'],
  ['an empty line', '\n', ''],
  ['an indented line', '  at main.ts:1', '  at main.ts:1'],
  ['a long line', 'x'.repeat(2_005), `${'x'.repeat(2_000)}… (5 more characters)`],
])('%s', (_, message, line) => {
  expect(toLine(message)).toBe(line)
})

test.each<[string, readonly string[], readonly string[]]>([
  ['nothing', [], []],
  ['a few lines in their order', ['a\n', 'b'], ['a', 'b']],
  ['the last twenty', numbers(25), numbers(25).slice(5)],
  [
    'as many of the newest as there is room for',
    Array(20).fill('y'.repeat(2_000)),
    Array(4).fill('y'.repeat(2_000)),
  ],
])('last lines: %s', (_, messages, lines) => {
  expect(toLastLines(messages)).toEqual(lines)
})

function numbers(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${index}`)
}
