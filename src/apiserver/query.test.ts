import { describe, expect, test } from 'vitest'
import { boolQuery, countQuery, wordQuery } from './query.ts'

const query = (text: string): URLSearchParams => new URLSearchParams(text)

describe('booleans are read as Go reads them', () => {
  test.each([
    ['watch=1', true],
    ['watch=t', true],
    ['watch=True', true],
    ['watch=TRUE', true],
    ['watch=0', false],
    ['watch=False', false],
    ['watch=', false],
    ['', false],
  ])('%j is %j', (text, expected) => {
    expect(boolQuery(query(text), 'watch')).toBe(expected)
  })
  test('yes is none', () => {
    expect(() => boolQuery(query('watch=yes'), 'watch')).toThrow('"yes" is not a boolean')
  })
})

test('counts are whole numbers', () => {
  expect(countQuery(query('limit=500'), 'limit')).toBe(500)
  expect(countQuery(query('limit='), 'limit')).toBeUndefined()
  for (const text of ['-1', '1.5', 'x', '1e3', '99999999999999999999']) {
    expect(() => countQuery(query(`limit=${text}`), 'limit')).toThrow('whole number')
  }
})

test('words out of a set', () => {
  const words = ['Strict', 'Warn'] as const
  expect(wordQuery(query('v=Warn'), 'v', words)).toBe('Warn')
  expect(wordQuery(query(''), 'v', words)).toBeUndefined()
  expect(() => wordQuery(query('v=warn'), 'v', words)).toThrow('use one of Strict, Warn')
})
