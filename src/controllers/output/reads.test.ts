import { expect, test } from 'vitest'
import { anAttempt, MINUTE, NOON, SECOND } from '../../../test/world/builders.ts'
import { openCursor } from '../../aws/log-cursor.ts'
import { type Followed, planReads } from './reads.ts'

function followed(stream: string, different: Partial<Followed> = {}): Followed {
  return {
    attempt: anAttempt(),
    container: 'main',
    group: 'g',
    stream,
    cursor: openCursor(undefined),
    exists: true,
    isStarted: true,
    readUpToMs: 0,
    endedAtMs: undefined,
    looks: 0,
    ...different,
  }
}

function at(stream: string, atMs: number, different: Partial<Followed> = {}): Followed {
  return followed(stream, { cursor: openCursor({ atMs, countAtMs: 1 }), ...different })
}

/** `a` for a single stream, `a,b@5` for several from 5 seconds after NOON. */
function planned(streams: readonly Followed[]): readonly string[] {
  return planReads(streams).map((read) =>
    read.type === 'One'
      ? read.one.stream
      : `${read.many.map(({ stream }) => stream).join()}@${(read.startTimeMs - NOON) / SECOND}`,
  )
}

const absent = { exists: false } as const

test.each<[string, readonly Followed[], readonly string[]]>([
  ['nothing', [], []],
  ['one stream by itself', [at('a', NOON)], ['a']],
  ['several by one call, from the earliest', [at('a', NOON + SECOND), at('b', NOON)], ['a,b@0']],
  [
    'each group by itself',
    [at('a', NOON), at('b', NOON, { group: 'h' }), at('c', NOON)],
    ['a,c@0', 'b'],
  ],
  [
    'a quiet one apart from the busy ones',
    [at('a', NOON + 2 * MINUTE), at('quiet', NOON), at('b', NOON + 2 * MINUTE)],
    ['a,b@120', 'quiet'],
  ],
  [
    'a quiet one with the busy ones when nothing old can be new',
    [at('a', NOON + 2 * MINUTE), at('quiet', NOON, { readUpToMs: NOON + 90 * SECOND })],
    ['a,quiet@90'],
  ],
  ['one without events from its launch on', [followed('a'), followed('b')], ['a,b@-300']],
  ['no stream whose task has not started', [followed('a', { ...absent, isStarted: false })], []],
  [
    'the stream of a task that ended without being seen to run',
    [followed('a', { ...absent, isStarted: false, endedAtMs: 1 })],
    ['a'],
  ],
  [
    'new streams one by one, those with the fewest looks first',
    [4, 3, 2, 1].map((looks) => followed(`looks${looks}`, { ...absent, looks })),
    ['looks1', 'looks2', 'looks3'],
  ],
])('%s', (_, streams, expected) => {
  expect(planned(streams)).toEqual(expected)
})

test('a hundred streams go into one call, and the rest into the next', () => {
  const streams = Array.from({ length: 230 }, (_, n) => at(`${n}`, NOON))
  const sizes = planReads(streams).map((read) => (read.type === 'Many' ? read.many.length : 1))
  expect(sizes).toEqual([100, 100, 30])
})
