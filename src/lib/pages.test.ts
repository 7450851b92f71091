import { expect, test } from 'vitest'
import { inChunks, inPages } from './pages.ts'

test.each([
  { count: 0, limit: 3, lengths: [0] },
  { count: 2, limit: 3, lengths: [2] },
  { count: 3, limit: 3, lengths: [3, 0] },
  { count: 7, limit: 3, lengths: [3, 3, 1] },
])('$count rows come in pages of $limit, each once', ({ count, limit, lengths }) => {
  const rows = Array.from({ length: count }, (_, index) => index + 1)
  const pages = [...inPages<number>(limit, (last = 0) => rows.slice(last, last + limit))]
  expect(pages.map(({ length }) => length)).toEqual(lengths)
  expect(pages.flat()).toEqual(rows)
})

test.each([
  { count: 0, size: 3, lengths: [] },
  { count: 3, size: 3, lengths: [3] },
  { count: 7, size: 3, lengths: [3, 3, 1] },
])('$count items come in chunks of at most $size, each once', ({ count, size, lengths }) => {
  const items = Array.from({ length: count }, (_, index) => index)
  const chunks = [...inChunks(items, size)]
  expect(chunks.map(({ length }) => length)).toEqual(lengths)
  expect(chunks.flat()).toEqual(items)
})
