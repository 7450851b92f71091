import { expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { openTestStore } from '../../test/world/test-store.ts'
import type { AwsAccount, EcsPort, TaskDefinitionSnapshot } from '../aws/ports.ts'
import { WIRE } from '../kinds/meta.ts'
import { createRegistrar } from './registrar.ts'
import type { WantedDefinition } from './registration.ts'

const WANTED: WantedDefinition = {
  family: 'etl',
  hash: 'h1',
  body: { family: 'etl', containerDefinitions: [], tags: tagsOf('prod', 'h1') },
  autoDeregister: false,
  matchLatest: true,
  workPool: 'default/default',
}

function tagsOf(controller: string, hash: string) {
  return [
    { key: WIRE.tagController, value: controller },
    { key: WIRE.tagDefinitionHash, value: hash },
  ]
}

function revision(number: number, controller: string, hash: string): TaskDefinitionSnapshot {
  return {
    taskDefinitionArn: `arn:task-definition/etl:${number}`,
    family: 'etl',
    revision: number,
    status: 'ACTIVE',
    body: { family: 'etl', containerDefinitions: [] },
    tags: Object.fromEntries(tagsOf(controller, hash).map(({ key, value }) => [key, value])),
  }
}

/** An account whose family has this latest revision. */
function accountWith(latest: TaskDefinitionSnapshot | undefined): AwsAccount {
  const ecs: Partial<EcsPort> = {
    describeTaskDefinition: () => Promise.resolve(latest),
    registerTaskDefinition: () => Promise.resolve(revision(9, 'prod', 'h1')),
  }
  return { id: 'us-east-1', region: 'us-east-1', ecs } as AwsAccount
}

test.each<[string, TaskDefinitionSnapshot | undefined, number, string | undefined]>([
  ['none: registered, and ours', undefined, 9, 'default/default'],
  ['another content: registered, and ours', revision(3, 'prod', 'h0'), 9, 'default/default'],
  ['ours: found again', revision(3, 'prod', 'h1'), 3, 'default/default'],
  ["another controller's: used, but not ours to collect", revision(3, 'test', 'h1'), 3, undefined],
  [
    'inactive: registered again',
    { ...revision(3, 'prod', 'h1'), status: 'INACTIVE' },
    9,
    'default/default',
  ],
])('the latest revision is %s', async (_, latest, number, workPool) => {
  const store = openTestStore()
  const registrar = createRegistrar({ store, clock: new FakeClock() })
  const row = await registrar.ensure(accountWith(latest), WANTED, new AbortController().signal)
  expect([row.revision, row.workPool]).toEqual([number, workPool])
  expect(store.definitions.byHash('us-east-1', 'etl', 'h1')).toEqual(row)
})
