import { describe, expect, test } from 'vitest'
import { anIntent, CREATED_MS, openTestStore } from '../../test/world/test-store.ts'
import { OUTCOME_CLASSES } from '../kinds/run.ts'
import type { SqliteStore } from './open.ts'
import { type AttemptPhase, type AttemptRow, type Observation, STOP_CAUSES } from './types.ts'

function insert(store: SqliteStore, ...rows: readonly AttemptRow[]): void {
  store.transaction(() => {
    for (const row of rows) store.attempts.insert(row)
  })
}

function update(store: SqliteStore, token: string, changes: Partial<AttemptRow>): void {
  store.transaction(() => store.attempts.update(token, changes))
}

const TASK = { taskArn: 'arn:task/1', clusterArn: 'arn:cluster/default' }
const LAUNCHED = { ...TASK, phase: 'Launched' } as const

/** Every member set: a new one that is not stored fails the round trip. */
const WHOLE: Required<AttemptRow> = {
  ...anIntent('a'),
  ...LAUNCHED,
  queue: 'urgent',
  cpuUnits: 512,
  memoryMib: 1024,
  sentAtMs: 1,
  sends: 2,
  version: 3,
  observation: { lastStatus: 'RUNNING' },
  observedAtMs: 4,
  missingSinceMs: 5,
  stopCause: 'Cancel',
  stopRequestedAtMs: 6,
  outcomeClass: 'Success',
  outcomeMessage: 'done',
  exitCode: 0,
  endedAtMs: 7,
  logs: { streamOutput: true, containers: [{ container: 'main', group: 'g', prefix: 'p' }] },
  heartbeat: {
    frequencySeconds: 30,
    windowSeconds: 90,
    firstBeatSeconds: 300,
    source: 'Http',
    onMissed: 'Crash',
    url: 'http://127.0.0.1:1',
  },
  lastLines: ['one', 'two'],
}

describe('rows', () => {
  test.each<[string, AttemptRow]>([
    ['with every member', WHOLE],
    ['with the necessary ones', anIntent('a')],
  ])('%s come back as they went in', (_, row) => {
    const store = openTestStore()
    insert(store, row)
    expect(store.attempts.ofRun('uid-a')).toEqual([row])
    expect(store.attempts.byClientToken(row.clientToken)).toEqual(row)
  })

  test('of a run are ordered by index, number, try', () => {
    const store = openTestStore()
    const order = [
      [0, 1, 1],
      [0, 1, 2],
      [0, 2, 1],
      [1, 1, 1],
      [10, 1, 1],
    ] as const
    for (const [index, number, tries] of order.toReversed()) {
      const clientToken = `${index}-${number}-${tries}`
      insert(store, anIntent('a', { index, number, try: tries, clientToken, phase: 'Refused' }))
    }
    insert(store, anIntent('b'))
    expect(store.attempts.ofRun('uid-a').map((row) => [row.index, row.number, row.try])).toEqual(
      order,
    )
  })

  test.each<[string, Partial<AttemptRow>, boolean]>([
    ['an intent', {}, true],
    ['a launched one', LAUNCHED, true],
    ['a refused one', { phase: 'Refused' }, false],
    ['a stopped one', { ...TASK, phase: 'Stopped' }, false],
    ['a lost one', { phase: 'Lost' }, false],
  ])('%s: live?', (_, different, isLive) => {
    const store = openTestStore()
    insert(store, anIntent('a', different))
    expect(store.attempts.live()).toHaveLength(isLive ? 1 : 0)
    expect(store.attempts.countLive('default', 'default')).toBe(isLive ? 1 : 0)
  })

  test('live ones come oldest first and are counted by pool and namespace', () => {
    const store = openTestStore()
    insert(
      store,
      anIntent('late', { createdAtMs: 3 }),
      anIntent('early', { createdAtMs: 1, workPool: 'gpu' }),
      anIntent('middle', { createdAtMs: 2, workPool: 'gpu' }),
      anIntent('elsewhere', { createdAtMs: 4, namespace: 'team', workPool: 'gpu' }),
    )
    expect(store.attempts.live().map(({ runName }) => runName)).toEqual([
      'early',
      'middle',
      'late',
      'elsewhere',
    ])
    expect(store.attempts.countLive('default', 'gpu')).toBe(2)
  })

  test('are found by task ARN and go with their run', () => {
    const store = openTestStore()
    insert(store, anIntent('a', LAUNCHED), anIntent('b'))
    expect(store.attempts.byTaskArn('arn:task/1')?.runName).toBe('a')
    expect(store.attempts.byTaskArn('arn:task/2')).toBeUndefined()
    store.transaction(() => store.attempts.deleteOfRun('uid-a'))
    expect(store.attempts.ofRun('uid-a')).toEqual([])
    expect(store.attempts.ofRun('uid-b')).toHaveLength(1)
  })
})

describe('the schema refuses', () => {
  const present = anIntent('a')
  test.each<[string, AttemptRow]>([
    ['the same try again', { ...present, clientToken: 'other', phase: 'Refused' }],
    ['the same token again', anIntent('b', { clientToken: present.clientToken })],
    ['a second live try', anIntent('a', { try: 2 })],
    ['a second live attempt', anIntent('a', { number: 2 })],
  ])('%s', (_, row) => {
    const store = openTestStore()
    insert(store, present)
    expect(() => insert(store, row)).toThrow(expect.objectContaining({ reason: 'AlreadyExists' }))
    expect(store.attempts.live()).toEqual([present])
  })

  test("a task that is another attempt's", () => {
    const store = openTestStore()
    insert(store, anIntent('a', LAUNCHED), anIntent('b'))
    expect(() => update(store, 'token-b-1-1', LAUNCHED)).toThrow(/UNIQUE/)
  })

  test.each<[string, Partial<AttemptRow>]>([
    ['a launched attempt without a task', { phase: 'Launched' }],
    ['an unknown phase', { phase: 'Hoping' as AttemptPhase }],
    ['a token that ECS would refuse', { clientToken: 'x'.repeat(65) }],
    ['an empty token', { clientToken: '' }],
    ['a startedBy that ECS would refuse', { startedBy: 'x'.repeat(37) }],
    ['try 0', { try: 0 }],
  ])('%s', (_, different) => {
    expect(() => insert(openTestStore(), anIntent('a', different))).toThrow(/CHECK/)
  })

  test.each<AttemptPhase>(['Refused', 'Launched', 'Stopped', 'Lost'])(
    'that %s becomes an intent again',
    (phase) => {
      const store = openTestStore()
      insert(store, anIntent('a', { ...TASK, phase }))
      expect(() => update(store, 'token-a-1-1', { phase: 'Intent' })).toThrow(
        /never becomes an intent/,
      )
    },
  )

  test('no settled try the next one', () => {
    const store = openTestStore()
    insert(store, anIntent('a', { phase: 'Refused' }), anIntent('a', { try: 2 }))
    insert(store, anIntent('a', { index: 1, clientToken: 'index-1' }))
    expect(store.attempts.live()).toHaveLength(2)
  })
})

describe('update', () => {
  test('changes the named members, also to 0, and leaves undefined ones alone', () => {
    const store = openTestStore()
    insert(store, { ...WHOLE, exitCode: 3 })
    const changes: object = { phase: 'Stopped', exitCode: 0, endedAtMs: undefined }
    update(store, WHOLE.clientToken, changes)
    expect(store.attempts.ofRun('uid-a')).toEqual([{ ...WHOLE, phase: 'Stopped', exitCode: 0 }])
  })

  test.each([
    ['body', { body: '{}' }],
    ['clientToken', { clientToken: 'x' }],
    ['epoch', { epoch: 9 }],
  ])('cannot change %s', (member, changes) => {
    const store = openTestStore()
    insert(store, anIntent('a'))
    expect(() => update(store, 'token-a-1-1', changes)).toThrow(`${member} of an attempt is frozen`)
  })

  test('of an unknown token is refused', () => {
    expect(() => update(openTestStore(), 'nobody', { sends: 1 })).toThrow(
      expect.objectContaining({ reason: 'NotFound' }),
    )
  })

  test.each(STOP_CAUSES)('keeps the stop cause %s', (stopCause) => {
    const store = openTestStore()
    insert(store, anIntent('a'))
    update(store, 'token-a-1-1', { stopCause })
    expect(store.attempts.live()).toMatchObject([{ stopCause }])
  })

  test.each(OUTCOME_CLASSES)('keeps the class %s', (outcomeClass) => {
    const store = openTestStore()
    insert(store, anIntent('a'))
    update(store, 'token-a-1-1', { outcomeClass })
    expect(store.attempts.live()).toMatchObject([{ outcomeClass }])
  })
})

describe('observe', () => {
  const token = 'token-a-1-1'
  const sight = (version: number, different: Partial<Observation> = {}): Observation => ({
    ...TASK,
    version,
    snapshot: { version },
    observedAtMs: CREATED_MS + version,
    ...different,
  })

  function observed(...sights: readonly Observation[]) {
    const store = openTestStore()
    insert(store, anIntent('a'))
    const news = sights.map((each) => store.transaction(() => store.attempts.observe(token, each)))
    return { store, news, row: store.attempts.byClientToken(token) }
  }

  test('the first sight brings the ARNs', () => {
    const { news, row } = observed(sight(1))
    expect(news).toEqual([true])
    expect(row).toMatchObject({ ...TASK, version: 1, observation: { version: 1 }, phase: 'Intent' })
  })

  test.each([
    ['newer ones count', [1, 2, 5], [true, true, true], 5],
    ['equal ones do not', [2, 2], [true, false], 2],
    ['late ones do not', [3, 1, 2], [true, false, false], 3],
  ])('%s', (_, versions, expected, last) => {
    const { news, row } = observed(...versions.map((version) => sight(version)))
    expect(news).toEqual(expected)
    expect(row).toMatchObject({ version: last, observation: { version: last } })
  })

  test("a sight of another task is not this attempt's", () => {
    const { news, row } = observed(sight(1), sight(2, { taskArn: 'arn:task/other' }))
    expect(news).toEqual([true, false])
    expect(row).toMatchObject({ taskArn: 'arn:task/1', version: 1 })
  })

  test.each([1, 2])('a sight in version %i ends what was counted as missing since', (version) => {
    const { store } = observed(sight(1))
    update(store, token, { missingSinceMs: 99 })
    store.transaction(() => store.attempts.observe(token, sight(version)))
    expect(store.attempts.byClientToken(token)?.missingSinceMs).toBeUndefined()
  })

  test('a sight of another task does not', () => {
    const { store } = observed(sight(1))
    update(store, token, { missingSinceMs: 99 })
    store.transaction(() => store.attempts.observe(token, sight(2, { taskArn: 'arn:task/other' })))
    expect(store.attempts.byClientToken(token)?.missingSinceMs).toBe(99)
  })

  test('an unknown token is not news', () => {
    const store = openTestStore()
    expect(store.transaction(() => store.attempts.observe('nobody', sight(1)))).toBe(false)
  })
})
