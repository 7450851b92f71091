import { expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import type { ApiClient, ApiRequest } from './client.ts'
import { UnreachableError } from './errors.ts'
import { readLines, watch } from './watch-stream.ts'

function chunks(...texts: readonly string[]): AsyncIterable<Buffer> {
  return (async function* () {
    for (const text of texts) yield Buffer.from(text)
  })()
}

async function collect<T>(source: AsyncIterable<T>): Promise<readonly T[]> {
  const found: T[] = []
  for await (const item of source) found.push(item)
  return found
}

test('lines are put together from chunks of any size', async () => {
  expect(await collect(readLines(chunks('a', 'b\nc\n\n', 'ü'.slice(0), '\nlast')))).toEqual([
    'ab',
    'c',
    'ü',
    'last',
  ])
})

test('a character cut in two is whole again', async () => {
  const bytes = Buffer.from('ü\n')
  const cut = (async function* () {
    yield bytes.subarray(0, 1)
    yield bytes.subarray(1)
  })()
  expect(await collect(readLines(cut))).toEqual(['ü'])
})

function frame(type: string, resourceVersion: string): string {
  return `${JSON.stringify({ type, object: { metadata: { resourceVersion } } })}\n`
}

/** Answers each request with the next of the streams; what was asked is kept. */
function clientOf(...streams: readonly AsyncIterable<Buffer>[]) {
  const requests: ApiRequest[] = []
  const client: ApiClient = {
    json: () => Promise.reject(new Error('not asked for')),
    stream(request) {
      requests.push(request)
      const stream = streams.at(requests.length - 1)
      return stream ? Promise.resolve(stream) : Promise.reject(new Error('no controller'))
    },
  }
  return { client, requests }
}

test('an ended watch is taken up where it stopped, bookmarks included', async () => {
  const clock = new FakeClock()
  const broken = (async function* () {
    yield Buffer.from(frame('MODIFIED', '30'))
    throw new Error('connection reset')
  })()
  const { client, requests } = clientOf(
    chunks(frame('ADDED', '11'), frame('BOOKMARK', '20')),
    broken,
    chunks(frame('DELETED', '31')),
  )
  const seen: string[] = []
  const watching = (async () => {
    for await (const event of watch(client, { path: '/x' }, '10', clock)) seen.push(event.type)
  })()
  const ended = watching.catch((error: unknown) => error)
  await clock.advance(5_000)
  expect(await ended).toEqual(new Error('no controller'))
  expect(seen).toEqual(['ADDED', 'MODIFIED', 'DELETED'])
  expect(requests.map(({ query }) => query?.['resourceVersion'])).toEqual(['10', '20', '30', '31'])
})

/** The first watch ends, and then the controller is away for so long. */
async function watchAcross(absentMs: number): Promise<{ seen: string[]; error: unknown }> {
  const clock = new FakeClock()
  const { client } = clientOf(chunks(frame('ADDED', '1')), chunks(frame('DELETED', '2')))
  const isAway = () => clock.monotonicMs() > 0 && clock.monotonicMs() < absentMs
  const away: ApiClient = {
    ...client,
    stream: (request) =>
      isAway() ? Promise.reject(new UnreachableError('away')) : client.stream(request),
  }
  const seen: string[] = []
  const watching = (async () => {
    for await (const event of watch(away, { path: '/x' }, '0', clock)) seen.push(event.type)
  })()
  const ended = watching.catch((error: unknown) => error)
  await clock.advance(120_000)
  return { seen, error: await ended }
}

test('a controller that is started anew is waited for', async () => {
  const { seen, error } = await watchAcross(20_000)
  expect(seen).toEqual(['ADDED', 'DELETED'])
  expect(error).toEqual(new Error('no controller'))
})

test('one that stays away is not', async () => {
  const { seen, error } = await watchAcross(60_000)
  expect(seen).toEqual(['ADDED'])
  expect(error).toEqual(new UnreachableError('away'))
})

test('one that was never there is an error at once', async () => {
  const client: ApiClient = {
    json: () => Promise.reject(new Error('not asked for')),
    stream: () => Promise.reject(new UnreachableError('away')),
  }
  const watching = collect(watch(client, { path: '/x' }, '1', new FakeClock()))
  await expect(watching).rejects.toThrow('away')
})

test('an error in the stream is thrown as the server says it', async () => {
  const expired = { kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }
  const { client } = clientOf(chunks(`${JSON.stringify({ type: 'ERROR', object: expired })}\n`))
  const watching = collect(watch(client, { path: '/x' }, '1', new FakeClock()))
  await expect(watching).rejects.toMatchObject({ status: { reason: 'Expired' } })
})

test.each(['nonsense\n', '{"type":"ADDED"}\n'])('%s is no watch event', async (text) => {
  const watching = collect(
    watch(clientOf(chunks(text)).client, { path: '/x' }, '1', new FakeClock()),
  )
  await expect(watching).rejects.toThrow('no watch event')
})
