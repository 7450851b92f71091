import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { AwsError } from './errors.ts'
import { decodeNumber, encodeToken, pageSize, paginate } from './paging.ts'

const keys = fc.uniqueArray(fc.string({ minLength: 1 }), { maxLength: 30 })

function readAll(list: () => readonly string[], maxResults: number): readonly string[] {
  const found: string[] = []
  let nextToken: string | undefined
  do {
    const page = paginate(list(), { nextToken, maxResults }, 100)
    found.push(...page.items)
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return found
}

test('all pages together are the list', () => {
  fc.assert(
    fc.property(keys, fc.integer({ min: 1, max: 10 }), (list, size) => {
      expect(readAll(() => list, size)).toEqual(list)
    }),
  )
})

test('a key that leaves the list between two pages takes no other with it', () => {
  const list = ['a', 'b', 'c', 'd', 'e']
  const first = paginate(list, { maxResults: 2 }, 100)
  const rest = paginate(['a', 'c', 'd', 'e'], { nextToken: first.nextToken }, 100)
  expect([...first.items, ...rest.items]).toEqual(list)
})

describe('what is refused', () => {
  test.each([0, 101, 1.5, -1])('maxResults %d', (size) => {
    expect(() => pageSize(size, 100)).toThrow(AwsError)
  })
  test.each(['', '!', encodeToken('x'), encodeToken('-1')])('token %j', (token) => {
    expect(() => decodeNumber(token, 0)).toThrow('Invalid token.')
    expect(() => paginate(['a'], { nextToken: token }, 100)).toThrow('Invalid token.')
  })
})
