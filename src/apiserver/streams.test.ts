import { expect, test } from 'vitest'
import type { ApiResponse, User } from './request.ts'
import { Streams } from './streams.ts'

const user = (name: string): User => ({ name, groups: [], role: 'view' })

function stream(ended: string[] = []): ApiResponse {
  return { status: 200, headers: {}, body: () => () => ended.push('dropped') }
}

test('what is no stream always passes', () => {
  const streams = new Streams({ all: 0, ofUser: 0 })
  const answer: ApiResponse = { status: 200, headers: {}, body: 'text' }
  expect(streams.admit(answer, user('a'))).toBe(answer)
})

test('one too many of a user is refused and let go; those of others are not', () => {
  const streams = new Streams({ all: 10, ofUser: 1 })
  const end = streams.add(() => {}, user('a'))
  const dropped: string[] = []
  const refused = streams.admit(stream(dropped), user('a'))
  expect(refused).toMatchObject({ status: 429, headers: { 'retry-after': '10' } })
  expect(JSON.parse(String(refused.body)).message).toContain('1 open streams, 1 of them of a')
  expect(dropped).toEqual(['dropped'])
  expect(streams.admit(stream(), user('b')).status).toBe(200)
  end()
  end()
  expect(streams.admit(stream(), user('a')).status).toBe(200)
})

test('one too many in all is refused', () => {
  const streams = new Streams({ all: 2, ofUser: 2 })
  streams.add(() => {}, user('a'))
  const end = streams.add(() => {}, user('b'))
  expect(streams.admit(stream(), user('c')).status).toBe(429)
  end()
  expect(streams.admit(stream(), user('c')).status).toBe(200)
})

test('all are stopped together', () => {
  const streams = new Streams()
  const stopped: string[] = []
  for (const name of ['a', 'b']) streams.add(() => stopped.push(name), user(name))
  streams.stopAll()
  expect(stopped).toEqual(['a', 'b'])
})
