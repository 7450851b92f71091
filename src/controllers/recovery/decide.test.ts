import { describe, expect, test } from 'vitest'
import { aTask, NOON, RUN_UID } from '../../../test/world/builders.ts'
import { WIRE } from '../../kinds/meta.ts'
import { startedByOf } from '../attempt-identity.ts'
import { adoptedRow, type Evidence, judgeDatabase } from './decide.ts'

describe('what a database is worth', () => {
  const used = { instanceId: 'a', epoch: 7, launches: 20 }
  const fresh = { instanceId: 'b', epoch: 0, launches: 0 }
  const file = { instanceId: 'a', epoch: 7 }
  const log = { instanceId: 'a', sequence: 20 }
  const nothing = { file: undefined, log: undefined, mayHaveRun: true }

  test.each<[string, Evidence, string]>([
    ['a first start in AWS', { ...nothing, database: fresh }, 'Probe'],
    [
      'a first start where nothing can have run',
      { ...nothing, database: fresh, mayHaveRun: false },
      'Trust',
    ],
    ['a restart', { database: used, file, log, mayHaveRun: true }, 'Trust'],
    [
      'a start that crashed between database and file',
      { database: { ...used, epoch: 8 }, file, log, mayHaveRun: true },
      'Trust',
    ],
    [
      'a process that died between a launch and its line',
      { database: { ...used, launches: 21 }, file, log, mayHaveRun: true },
      'Trust',
    ],
    [
      'a database of before there were identity files',
      { ...nothing, database: used, mayHaveRun: true },
      'Trust',
    ],
    [
      'a deleted database',
      { database: fresh, file, log, mayHaveRun: true },
      'Recover: the database of this data directory was lost',
    ],
    [
      'a deleted database and identity file',
      { database: fresh, file: undefined, log, mayHaveRun: true },
      'Recover: the database of this data directory was lost',
    ],
    [
      "another controller's database",
      { database: { ...used, instanceId: 'b' }, file, log, mayHaveRun: true },
      'Refuse: it belongs to another controller (instance b; this data directory is that of instance a)',
    ],
    [
      'a copy from an earlier start',
      { database: { ...used, epoch: 5 }, file, log: undefined, mayHaveRun: true },
      'Recover: the database is an older copy: it was last used at start 5, the data directory at start 7',
    ],
    [
      'a copy from this very start',
      { database: { ...used, launches: 17 }, file, log, mayHaveRun: true },
      'Recover: the database is an older copy, or lost its newest commits: 3 launches of the launch log are not in it',
    ],
    [
      "beside another controller's launch log",
      { database: used, file, log: { instanceId: 'b', sequence: 99 }, mayHaveRun: true },
      'Trust',
    ],
  ])('%s', (_, evidence, expected) => {
    const verdict = judgeDatabase(evidence)
    const why = 'reason' in verdict ? verdict.reason : 'why' in verdict ? verdict.why : ''
    expect(why === '' ? verdict.type : `${verdict.type}: ${why}`).toContain(expected)
  })
})

describe('what can be adopted', () => {
  const run = { uid: RUN_UID, namespace: 'default', name: 'hello' }
  const context = {
    account: 'us-east-1',
    cluster: 'default',
    workPool: 'default',
    containerName: 'main',
    epoch: 2,
    nowMs: NOON,
  }
  const tags = { [WIRE.tagRunUid]: RUN_UID, [WIRE.tagAttempt]: '2' }
  const startedBy = startedByOf({ runUid: RUN_UID, index: 0, number: 2, try: 3 })

  test('a task whose startedBy follows from its tags', () => {
    const row = adoptedRow(aTask({ tags, startedBy }), run, context)
    expect(row).toMatchObject({ number: 2, try: 3, phase: 'Launched', startedBy, sends: 0 })
  })

  test('a task of an array by its index, and none beyond its length', () => {
    const ofArray = startedByOf({ runUid: RUN_UID, index: 41, number: 2, try: 2 })
    const task = aTask({ tags, startedBy: ofArray })
    expect(adoptedRow(task, { ...run, array: 42 }, context)).toMatchObject({ index: 41, try: 2 })
    expect(adoptedRow(task, { ...run, array: 41 }, context)).toBeUndefined()
    expect(adoptedRow(task, run, context)).toBeUndefined()
  })

  test('with where its output goes', () => {
    const logs = { streamOutput: true, containers: [] }
    expect(adoptedRow(aTask({ tags, startedBy }), run, { ...context, logs })).toMatchObject({
      logs,
    })
  })

  test.each([
    ['of another run', { tags: { ...tags, [WIRE.tagRunUid]: 'other' }, startedBy }],
    ['without an attempt', { tags: { [WIRE.tagRunUid]: RUN_UID }, startedBy }],
    [
      'with the startedBy of another attempt',
      { tags: { ...tags, [WIRE.tagAttempt]: '1' }, startedBy },
    ],
    ['with a startedBy that anyone could write', { tags, startedBy: 'capstan' }],
  ])('never a task %s', (_, task) => {
    expect(adoptedRow(aTask(task), run, context)).toBeUndefined()
  })
})
