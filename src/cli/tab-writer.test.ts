import { expect, test } from 'vitest'
import { alignTabs } from './tab-writer.ts'

// Expected texts are what Go's tabwriter with minwidth 0, tabwidth 8, padding 2 makes of the same input.
test.each<[string, string, string]>([
  ['one block', 'Name:\thello\nNamespace:\tx', 'Name:       hello\nNamespace:  x'],
  [
    'a nested block is aligned for itself',
    'Name:\ta\nSpec:\n  Long Name:\tb\n  X:\tc\nStatus:\n  Y:\td',
    'Name:  a\nSpec:\n  Long Name:  b\n  X:          c\nStatus:\n  Y:  d',
  ],
  ['three columns', 'a\tbbb\tc\naa\tb\tc', 'a   bbb  c\naa  b    c'],
  [
    'a missing cell ends the column',
    'a\tb\tc\nlonger\td\ne\tf\tg',
    'a       b  c\nlonger  d\ne       f  g',
  ],
  ['no tabs', 'plain\ntext', 'plain\ntext'],
  ['wide characters take two cells', '名\tx\nab\ty', '名  x\nab  y'],
])('%s', (_, text, expected) => {
  expect(alignTabs(text)).toBe(expected)
})
