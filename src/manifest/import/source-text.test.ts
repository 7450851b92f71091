import { expect, test } from 'vitest'
import { readSource } from './source-text.ts'

test.each([
  ['{"a": [1, null, true]}', { a: [1, null, true] }],
  ['a: yes\nb: off', { a: true, b: false }],
  ['interval: 1:30:00', { interval: 5400 }],
  ['n: 5\nconfirm: y', { n: 5, confirm: 'y' }],
  ['tag: 12e4567\nb: 1.5\nc: 1.5e+3', { tag: '12e4567', b: 1.5, c: 1500 }],
  ['dir: .', { dir: '.' }],
  ['{"a": 1e3, "b": "x\\/y"}', { a: 1000, b: 'x/y' }],
  ['anchor_date: 2024-01-01', { anchor_date: '2024-01-01' }],
  ['a: &x {b: 1}\nc:\n  <<: *x\n  d: 2', { a: { b: 1 }, c: { b: 1, d: 2 } }],
])('%s', (text, value) => {
  expect(readSource(text)).toEqual({ ok: true, value })
})

test.each([
  ['', 'empty'],
  ['a: [1', 'line 1'],
  ['a: 1\n---\nb: 2', 'several documents'],
  ['a: *nothing', 'nothing'],
  [' '.repeat(1024 * 1024 + 1), 'larger than 1024 kB'],
  ['['.repeat(50_000), ''],
])('%.20s is no source', (text, problem) => {
  const result = readSource(text)
  expect(result).toMatchObject({ ok: false, problem: expect.stringContaining(problem) })
})

test('aliases cannot multiply without end', () => {
  const levels = Array.from({ length: 12 }, (_, level) => {
    const item = level === 0 ? 'x' : `*l${level - 1}`
    return `l${level}: &l${level} [${Array.from({ length: 10 }, () => item).join(', ')}]`
  })
  expect(readSource(levels.join('\n'))).toMatchObject({ ok: false })
})
