import { expect, test } from 'vitest'
import { printTable } from './table.ts'

test('columns are three spaces apart and at least six cells wide', () => {
  const { text } = printTable([
    ['NAME', 'ID', 'AGE'],
    ['hello-world', '7', '5m'],
  ])
  expect(text).toBe('NAME          ID    AGE\nhello-world   7     5m\n')
})

test('a later part of a watch keeps the earlier widths', () => {
  const first = printTable([
    ['NAME', 'AGE'],
    ['a-long-name', '5m'],
  ])
  expect(printTable([['b', '6m']], first.widths).text).toBe('b             6m\n')
  expect(printTable([['an-even-longer-name', '6m']], first.widths).text).toBe(
    'an-even-longer-name   6m\n',
  )
})

test('line breaks inside a cell do not tear the table', () => {
  expect(printTable([['a\n  b', 'c']]).text).toBe('a b   c\n')
})

test('an empty table is no text', () => {
  expect(printTable([])).toEqual({ text: '', widths: [] })
})
