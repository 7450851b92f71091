import { expect, test } from 'vitest'
import { findValues, renderTemplate } from './evaluate.ts'
import { parsePath, parseTemplate } from './parse.ts'

const DOCUMENT = {
  kind: 'List',
  items: [
    { metadata: { name: 'a', labels: { 'app.kubernetes.io/name': 'x' } }, exit: 0, ok: true },
    { metadata: { name: 'b' }, exit: 7, tags: ['p', 'q'] },
    { metadata: { name: 'c' }, exit: 1, nothing: null },
  ],
}

test.each<[string, string]>([
  ['{.kind}', 'List'],
  ['{ .kind }', 'List'],
  ['{$.kind}', 'List'],
  ['{.items[*].metadata.name}', 'a b c'],
  ['{.items[0].metadata.name}', 'a'],
  ['{.items[-1].metadata.name}', 'c'],
  ['{.items[0:2].metadata.name}', 'a b'],
  ['{.items[1:].metadata.name}', 'b c'],
  ['{.items[::2].metadata.name}', 'a c'],
  ['{.items[0,2].metadata.name}', 'a c'],
  ["{.items[0]['exit','ok']}", '0 true'],
  ["{.items[0].metadata.labels['app.kubernetes.io/name']}", 'x'],
  ['{.items[0].metadata.labels.app\\.kubernetes\\.io/name}', 'x'],
  ['{..name}', 'a b c'],
  ['{.items[?(@.exit==7)].metadata.name}', 'b'],
  ['{.items[?(@.exit>0)].metadata.name}', 'b c'],
  ['{.items[?(@.metadata.name=="a")].exit}', '0'],
  ["{.items[?(@.metadata.name != 'a')].exit}", '7 1'],
  ['{.items[?(@.tags)].metadata.name}', 'b'],
  ['{.items[?(@.ok==true)].metadata.name}', 'a'],
  ['{.items[1].tags}', '["p","q"]'],
  ['{.items[2].nothing}', ''],
  ['{.missing}', ''],
  ['{.items[*].missing.deeper}', ''],
  ['names: {.items[*].metadata.name}!', 'names: a b c!'],
  ['{range .items[*]}{.metadata.name}{"\\t"}{.exit}{"\\n"}{end}', 'a\t0\nb\t7\nc\t1\n'],
  ['{range .items[?(@.tags)]}{range .tags[*]}<{@}>{end}{end}', '<p><q>'],
  ['{range .items[*]}{$.kind}{end}', 'ListListList'],
  ['plain text', 'plain text'],
])('%s', (template, expected) => {
  expect(renderTemplate(parseTemplate(template), DOCUMENT)).toBe(expected)
})

test.each<[string, string]>([
  ['{.items[5]}', 'array index out of bounds: index 5, length 3'],
  ['{.a', '"}" is missing at character 4'],
  ['{}', 'a path such as .metadata.name is missing'],
  ['{range .items[*]}x', '"{end}" is missing'],
  ['x{end}', '"{end}" without "{range}"'],
  ['{.items[}', 'an index, a name or a filter is missing'],
  ['{.items[?(@.a=="x"]}', '")" is missing'],
])('%s fails: %s', (template, message) => {
  expect(() => renderTemplate(parseTemplate(template), DOCUMENT)).toThrow(message)
})

test.each<[string]>([['{.kind}'], ['.kind'], ['kind'], ['$.kind']])(
  'the path %s may be relaxed',
  (text) => {
    expect(findValues(parsePath(text), DOCUMENT)).toEqual(['List'])
  },
)

test('members that objects inherit are not members', () => {
  expect(renderTemplate(parseTemplate('{.constructor}{.__proto__}'), DOCUMENT)).toBe('')
})
