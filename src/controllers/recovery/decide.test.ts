import { describe, expect, test } from 'vitest'
import { aTask, NOON, RUN_UID } from '../../../test/world/builders.ts'
import { WIRE } from '../../kinds/meta.ts'
import { startedByOf } from '../attempt-identity.ts'
import { adoptedRow, type Evidence, recoveryReason } from './decide.ts'

describe('whether something was lost', () => {
  const cases: readonly {
    readonly name: string
    readonly evidence: Evidence
    readonly expect: RegExp | undefined
  }[] = [
    {
      name: 'a first start in an empty account',
      evidence: {
        database: { instanceId: 'a', epoch: 0 },
        file: undefined,
        ecsKnowsController: false,
      },
      expect: undefined,
    },
    {
      name: 'a first start, but ECS holds tasks of this controller',
      evidence: {
        database: { instanceId: 'a', epoch: 0 },
        file: undefined,
        ecsKnowsController: true,
      },
      expect: /ECS holds/,
    },
    {
      name: 'a restart',
      evidence: {
        database: { instanceId: 'a', epoch: 7 },
        file: { instanceId: 'a', epoch: 7 },
        ecsKnowsController: false,
      },
      expect: undefined,
    },
    {
      name: 'a start that crashed between database and file',
      evidence: {
        database: { instanceId: 'a', epoch: 8 },
        file: { instanceId: 'a', epoch: 7 },
        ecsKnowsController: false,
      },
      expect: undefined,
    },
    {
      name: 'a database of before there were identity files',
      evidence: {
        database: { instanceId: 'a', epoch: 3 },
        file: undefined,
        ecsKnowsController: true,
      },
      expect: undefined,
    },
    {
      name: 'a deleted database',
      evidence: {
        database: { instanceId: 'b', epoch: 0 },
        file: { instanceId: 'a', epoch: 7 },
        ecsKnowsController: false,
      },
      expect: /was lost/,
    },
    {
      name: "another controller's database",
      evidence: {
        database: { instanceId: 'b', epoch: 4 },
        file: { instanceId: 'a', epoch: 7 },
        ecsKnowsController: false,
      },
      expect: /another one/,
    },
    {
      name: 'an older copy',
      evidence: {
        database: { instanceId: 'a', epoch: 5 },
        file: { instanceId: 'a', epoch: 7 },
        ecsKnowsController: false,
      },
      expect: /older copy: it was last used at start 5, the data directory at start 7/,
    },
  ]
  test.each(cases)('$name', ({ evidence, expect: wanted }) => {
    const reason = recoveryReason(evidence)
    if (wanted === undefined) expect(reason).toBeUndefined()
    else expect(reason).toMatch(wanted)
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
