import { expect, test } from 'vitest'
import { aTask } from '../../../test/world/builders.ts'
import { FakeClock } from '../../../test/world/fake-clock.ts'
import { aNewObject, anIntent, openTestStore } from '../../../test/world/test-store.ts'
import type { AwsAccount, TaskSnapshot } from '../../aws/ports.ts'
import { WIRE } from '../../kinds/meta.ts'
import { silentLog } from '../../runtime/logger.ts'
import type { AttemptRow } from '../../store/types.ts'
import { ask, questionsOf } from './ask.ts'
import { placeKey } from './places.ts'
import { admitPlaces, beginProbe, recoveryUnderWay } from './record.ts'

const CLUSTER = 'main'
const ROW = anIntent('mine', { account: 'by-profile', cluster: CLUSTER })

function accountWith(task: TaskSnapshot): AwsAccount {
  return {
    id: 'by-role',
    ecs: {
      listTaskArns: () => Promise.resolve([task.taskArn]),
      describeTasks: () => Promise.resolve({ tasks: [task], failures: [] }),
      describeTaskDefinition: () => Promise.resolve(undefined),
    },
  } as unknown as AwsAccount
}

/** One cluster that goes by two names, of which the second one answers. */
async function isTrace(given: {
  readonly row?: AttemptRow
  readonly isAdmitted?: boolean
  readonly controller?: string
}): Promise<boolean> {
  const store = openTestStore()
  store.transaction(() => {
    store.objects.create(aNewObject('mine', { meta: { uid: ROW.runUid } }))
    beginProbe(store)
    if (given.row) store.attempts.insert(given.row)
    if (given.isAdmitted) admitPlaces(store, [placeKey(ROW.account, ROW.cluster)])
  })
  const task = aTask({
    startedBy: ROW.startedBy,
    tags: {
      [WIRE.tagController]: given.controller ?? 'default',
      [WIRE.tagRunUid]: ROW.runUid,
      [WIRE.tagAttempt]: '1',
    },
  })
  const account = accountWith(task)
  const named = [{ account, cluster: CLUSTER, isListed: false, isNeeded: true }]
  const [question] = questionsOf(named)
  if (!question) throw new Error('nothing to ask')
  const deps = {
    store,
    controller: { name: 'default', epoch: 1, instance: 'i' },
    templateOf: () => ({}),
    clock: new FakeClock(),
    log: silentLog,
  }
  const found = { adopted: 0, seenAlive: new Set<string>(), foreign: new Set<string>() }
  const { signal } = new AbortController()
  expect(await ask(deps, found, question, { named, signal })).toBeUndefined()
  const reason = recoveryUnderWay(store) ?? ''
  store.close()
  return reason.includes('holds tasks')
}

test.each<[string, Parameters<typeof isTrace>[0], boolean]>([
  ['that the database does not know', {}, true],
  ['of another name', { controller: 'other' }, false],
  ['of a launch that may have left', { row: ROW, isAdmitted: true }, false],
  ['whose token a launch will have that cannot have left', { row: ROW }, true],
])('a task %s', async (_, given, expected) => {
  expect(await isTrace(given)).toBe(expected)
})
