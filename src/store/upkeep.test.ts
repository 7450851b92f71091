import { describe, expect, test } from 'vitest'
import { aNewObject, anIntent, openTestStore } from '../../test/world/test-store.ts'
import type { AttemptLogs } from './followed-logs.ts'
import type { SqliteStore } from './open.ts'
import type { AttemptRow } from './types.ts'

const ARN = 'arn:task-definition/hello:1'
const TASK = { taskArn: 'arn:task/1', clusterArn: 'arn:cluster/default' }
const LOGS: AttemptLogs = {
  streamOutput: false,
  containers: [{ container: 'main', group: 'g', prefix: 'p' }],
}

function storeWith(...rows: readonly AttemptRow[]): SqliteStore {
  const store = openTestStore()
  store.transaction(() => {
    for (const row of rows) store.attempts.insert(row)
  })
  return store
}

describe('a revision is in use', () => {
  const finished = { state: { type: 'COMPLETED' } }
  const waiting = { state: { type: 'SCHEDULED' } }
  test.each<[string, AttemptRow, object, boolean]>([
    ['by an intent', anIntent('a'), waiting, true],
    ['by a task', anIntent('a', { phase: 'Launched', ...TASK }), finished, true],
    ['by a run that waits for its retry', anIntent('a', { phase: 'Stopped' }), waiting, true],
    ['not by a run that has ended', anIntent('a', { phase: 'Stopped' }), finished, false],
    [
      'not by an attempt of another revision',
      anIntent('a', { taskDefinitionArn: 'arn:task-definition/hello:2' }),
      waiting,
      false,
    ],
  ])('%s', (_, row, status, expected) => {
    const store = storeWith(row)
    store.transaction(() => {
      store.objects.create(aNewObject('a', { status: status as never }))
    })
    expect(store.upkeep.isDefinitionInUse(ARN)).toBe(expected)
  })
})

test.each<[string, Partial<AttemptRow>, boolean]>([
  ['a living one that streams', { logs: { ...LOGS, streamOutput: true } }, true],
  ['a living one that only writes', { logs: LOGS }, false],
  ['one without logs', {}, false],
  ['one that has ended', { phase: 'Lost', logs: { ...LOGS, streamOutput: true } }, false],
])('streaming attempts: %s', (_, different, expected) => {
  expect(storeWith(anIntent('a', different)).upkeep.streamingAttempts()).toHaveLength(
    expected ? 1 : 0,
  )
})

describe('attempts without last lines', () => {
  const failed = { ...TASK, phase: 'Stopped', outcomeClass: 'ExitNonZero', endedAtMs: 5 } as const
  test.each<[string, Partial<AttemptRow>, boolean, boolean]>([
    ['a failed one with logs', { ...failed, logs: LOGS }, true, true],
    ['a failed one without', failed, false, true],
    ['a good one', { ...failed, logs: LOGS, outcomeClass: 'Success' }, false, false],
    ['one that was read', { ...failed, logs: LOGS, lastLines: [] }, false, false],
    ['one that lives', { ...TASK, phase: 'Launched', logs: LOGS }, false, false],
    ['one without a task', { phase: 'Refused', outcomeClass: 'Capacity' }, false, false],
  ])('%s', (_, different, withLogs, everyTask) => {
    const { upkeep } = storeWith(anIntent('a', different))
    expect([
      upkeep.attemptsWithoutLastLines(9, false).length === 1,
      upkeep.attemptsWithoutLastLines(9, true).length === 1,
    ]).toEqual([withLogs, everyTask])
  })

  test('come newest first, as many as were asked for', () => {
    const rows = [1, 3, 2].map((endedAtMs) =>
      anIntent(`run-${endedAtMs}`, {
        ...failed,
        taskArn: `arn:task/${endedAtMs}`,
        logs: LOGS,
        endedAtMs,
      }),
    )
    const found = storeWith(...rows).upkeep.attemptsWithoutLastLines(2, false)
    expect(found.map(({ endedAtMs }) => endedAtMs)).toEqual([3, 2])
  })
})

test.each<[string, string, boolean]>([
  ['uid-a', 'capstan-a', true],
  ['uid-a', 'capstan-b', false],
  ['uid-b', 'capstan-a', false],
])('the try of %s that was started by %s: %s', (runUid, startedBy, expected) => {
  const row = anIntent('a')
  const found = storeWith(row, anIntent('c')).upkeep.attemptStartedBy(runUid, startedBy)
  expect(found).toEqual(expected ? row : undefined)
})

test('clusters are those of any attempt, each once', () => {
  const store = storeWith(
    anIntent('a', { phase: 'Lost' }),
    anIntent('b'),
    anIntent('c', { cluster: 'batch' }),
  )
  expect(store.upkeep.clusters()).toEqual([
    { account: 'us-east-1', cluster: 'batch' },
    { account: 'us-east-1', cluster: 'default' },
  ])
})

test('the families of a cluster are each told once, whatever their names and revisions', () => {
  const arn = (name: string): string => `arn:aws:ecs:us-east-1:1:task-definition/${name}`
  const revisions = ['etl:9', 'etl:10', 'etl-x:1', 'etl2:7', 'etl_a:1', 'etlz:1', 'B:1']
  const store = storeWith(
    ...revisions.map((name, index) => {
      return anIntent(`run-${index}`, { taskDefinitionArn: arn(name) })
    }),
    anIntent('other', { cluster: 'batch', taskDefinitionArn: arn('elsewhere:1') }),
  )
  const place = { account: 'us-east-1', cluster: 'default' }
  const families = ['B', 'etl', 'etl-x', 'etl2', 'etl_a', 'etlz']
  expect([...store.upkeep.familiesIn(place, 20)].sort()).toEqual(families)
  expect(store.upkeep.familiesIn(place, 2)).toHaveLength(2)
  expect(store.upkeep.familiesIn({ ...place, cluster: 'none' }, 20)).toEqual([])
})

test.each<[string, Partial<AttemptRow>, boolean, number | undefined]>([
  ['an intent', {}, true, undefined],
  ['a good end', { phase: 'Stopped', endedAtMs: 7 }, false, undefined],
  ['a refusal', { phase: 'Refused', endedAtMs: 7 }, false, 7],
  ['a loss', { phase: 'Lost', endedAtMs: 8 }, false, 8],
])('%s: live? in doubt?', (_, different, live, doubtMs) => {
  const { upkeep } = storeWith(anIntent('a', different))
  expect([upkeep.hasLiveAttempts(), upkeep.lastDoubtMs()]).toEqual([live, doubtMs])
})

describe('followed logs', () => {
  const place = { clientToken: 'token-a-1-1', container: 'main' }

  test('keep their place, across a second beginning, until their end', () => {
    const store = storeWith(anIntent('a'))
    store.transaction(() => {
      store.followedLogs.begin(place.clientToken, 'main')
      store.followedLogs.advance({ ...place, atMs: 5, countAtMs: 2 })
      store.followedLogs.begin(place.clientToken, 'main')
    })
    expect(store.followedLogs.all()).toEqual([{ ...place, atMs: 5, countAtMs: 2 }])
    store.transaction(() => store.followedLogs.end(place.clientToken, 'main'))
    expect(store.followedLogs.all()).toEqual([])
  })

  test('go with their attempt, and do not come back', () => {
    const store = storeWith(anIntent('a'))
    store.transaction(() => {
      store.followedLogs.begin(place.clientToken, 'main')
      store.attempts.deleteOfRun('uid-a')
      store.followedLogs.advance({ ...place, atMs: 5, countAtMs: 2 })
    })
    expect(store.followedLogs.all()).toEqual([])
  })
})
