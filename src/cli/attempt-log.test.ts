import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { renderMicroTime } from '../lib/instant.ts'
import { type AttemptLog, printAttempt } from './attempt-log.ts'
import type { ApiClient, ApiRequest } from './client.ts'
import { UnreachableError } from './errors.ts'

interface Message {
  readonly atMs: number
  readonly text: string
}

/** How one reading goes: after so many bytes the connection breaks, or the server ends it after so many messages. */
type Cut =
  | { readonly type: 'Broken'; readonly bytes: number }
  | { readonly type: 'Ended'; readonly messages: number; readonly says?: string }

/** The log of a run, as the API answers; each reading is cut as the next of the cuts says, the rest are whole. */
function serve(messages: readonly Message[], cuts: readonly Cut[]) {
  const requests: ApiRequest[] = []
  let away = 0
  const client: ApiClient = {
    json: () => Promise.reject(new Error('not asked for')),
    stream(request) {
      if (away > 0) {
        away -= 1
        return Promise.reject(new UnreachableError('no controller'))
      }
      requests.push(request)
      const sinceMs = Date.parse(request.query?.['sinceTime'] ?? renderMicroTime(0))
      const lines = messages
        .filter(({ atMs }) => atMs >= sinceMs)
        .map(({ atMs, text }) => `${renderMicroTime(atMs)} ${text}\n`)
      const cut = cuts[requests.length - 1]
      if (cut) away = 2
      return Promise.resolve(body(lines, cut))
    },
  }
  return { client, requests }
}

async function* body(lines: readonly string[], cut: Cut | undefined): AsyncGenerator<Buffer> {
  const whole = Buffer.from(lines.join(''))
  if (cut?.type === 'Broken') {
    yield* inPieces(whole.subarray(0, cut.bytes))
    throw new UnreachableError('the connection broke')
  }
  const told = cut ? [...lines.slice(0, cut.messages), cut.says ?? ''] : lines
  yield* inPieces(Buffer.from(told.join('')))
}

function* inPieces(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += 11) yield bytes.subarray(from, from + 11)
}

async function printed(
  messages: readonly Message[],
  cuts: readonly Cut[],
  states: readonly ('Running' | 'Ended' | 'Gone')[] = [],
) {
  const { client, requests } = serve(messages, cuts)
  const clock = new FakeClock()
  let text = ''
  const terminal = {
    write: (more: string | Uint8Array) => {
      text += Buffer.from(more).toString('utf8')
    },
    drained: () => Promise.resolve(),
    isTTY: false,
    colour: false,
  }
  const asked = [...states]
  const state: AttemptLog['state'] = () => Promise.resolve(asked.shift() ?? 'Ended')
  const printing = printAttempt({ client, clock, terminal }, { path: '/log', attempt: 2, state })
  await clock.advance(60_000)
  await printing
  return { text, requests }
}

const LINES: readonly Message[] = [
  { atMs: 1_000, text: 'one' },
  { atMs: 2_000, text: 'two' },
  { atMs: 2_000, text: 'two' },
  { atMs: 3_000, text: 'three' },
]

test('an output that nothing disturbs is read, and looked at once more when the attempt has ended', async () => {
  const { text, requests } = await printed(LINES, [])
  expect(text).toBe('one\ntwo\ntwo\nthree\n')
  expect(requests.map(({ query }) => query)).toEqual([
    { attempt: '2', timestamps: 'true', follow: 'true', sinceTime: undefined },
    {
      attempt: '2',
      timestamps: 'true',
      follow: undefined,
      sinceTime: '1970-01-01T00:00:03.000000Z',
    },
  ])
})

test('a server that ends while the attempt runs on is asked again', async () => {
  const cuts = [{ type: 'Ended', messages: 2 }] as const
  const { text, requests } = await printed(LINES, cuts, ['Running', 'Ended'])
  expect(text).toBe('one\ntwo\ntwo\nthree\n')
  expect(requests).toHaveLength(3)
})

test('what the server says of itself in between costs no line', async () => {
  const says = 'the logs could not be read: throttled\n'
  const { text } = await printed(LINES, [{ type: 'Ended', messages: 2, says }], ['Running'])
  expect(text).toBe(`one\ntwo\n${says}two\nthree\n`)
})

test('a run that is gone has nothing more to tell', async () => {
  const { text, requests } = await printed(LINES, [{ type: 'Ended', messages: 1 }], ['Gone'])
  expect([text, requests.length]).toEqual(['one\n', 1])
})

test('wherever it is cut, and however often, every line is printed once and in order', async () => {
  const aText = fc.constantFrom('', 'a', 'ü', 'two\nlines', 'three\n\nlines', ' 2026-01-01 x')
  const someMessages = fc
    .array(fc.record({ gapMs: fc.constantFrom(0, 0, 1, 1_000), text: aText }), { maxLength: 12 })
    .map((all) => {
      let atMs = 1_000
      return all.map(({ gapMs, text }): Message => {
        atMs += gapMs
        return { atMs, text }
      })
    })
  const aCut = fc.oneof(
    fc.record({ type: fc.constant('Broken' as const), bytes: fc.nat(400) }),
    fc.record({ type: fc.constant('Ended' as const), messages: fc.nat(12) }),
  )
  await fc.assert(
    fc.asyncProperty(someMessages, fc.array(aCut, { maxLength: 5 }), async (messages, cuts) => {
      const states = cuts.map(() => 'Running' as const)
      const { text } = await printed(messages, cuts, states)
      expect(text).toBe(messages.map((message) => `${message.text}\n`).join(''))
    }),
    { numRuns: 200 },
  )
})
