import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { FARGATE_DEFINITION, FARGATE_RUN, type Wire } from '../../test/world/emulated.ts'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { seededRandom } from '../../test/world/seeded-random.ts'
import { createNoneDriver } from './drivers/none.ts'
import { createEmulator } from './emulator.ts'
import type { Service } from './errors.ts'
import { openJournal } from './journal.ts'

const HOUR = 3_600_000

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'journal-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

interface Kept {
  readonly ask: (service: Service, operation: string, input?: object) => Wire
  readonly close: () => void
}

function open(clock: FakeClock): Kept {
  const journal = openJournal(join(directory, 'state.jsonl'))
  const { sink, restore } = journal
  const emulator = createEmulator({
    clock,
    random: seededRandom(clock.nowMs()),
    driver: createNoneDriver(() => ({ runMs: 30_000, output: [{ atMs: 0, message: 'hello' }] })),
    config: { keepAllOutput: { logGroup: '/all', streamPrefix: 't' } },
    sink,
    restore,
  })
  return {
    ask(service, operation, input = {}) {
      const reply = emulator.handle({ service, operation, input: { ...input } })
      if (reply.type !== 'Ok') throw new Error(JSON.stringify(reply))
      return JSON.parse(JSON.stringify(reply.body))
    },
    close: journal.close,
  }
}

/** Everything that can be asked about an account. */
function everything({ ask }: Kept): Wire {
  const stopped = ask('ecs', 'ListTasks', { desiredStatus: 'STOPPED' }).taskArns
  const tasks = [...ask('ecs', 'ListTasks').taskArns, ...stopped]
  const { logGroups } = ask('logs', 'DescribeLogGroups')
  const definitions = (['ACTIVE', 'INACTIVE'] as const).flatMap(
    (status) => ask('ecs', 'ListTaskDefinitions', { status }).taskDefinitionArns,
  )
  return {
    tasks: tasks.length && ask('ecs', 'DescribeTasks', { tasks, include: ['TAGS'] }),
    clusters: ask('ecs', 'DescribeClusters', { clusters: ['default', 'two'] }),
    definitions: definitions.map((taskDefinition) =>
      ask('ecs', 'DescribeTaskDefinition', { taskDefinition, include: ['TAGS'] }),
    ),
    logs: logGroups.map(({ logGroupName }: Wire) =>
      ask('logs', 'FilterLogEvents', { logGroupName }),
    ),
    groups: logGroups,
    streams: logGroups.map(({ logGroupName }: Wire) =>
      ask('logs', 'DescribeLogStreams', { logGroupName }),
    ),
  }
}

test('what was is what is, at each step of a story', () => {
  const clock = new FakeClock()
  let kept = open(clock)
  const reopen = (): void => {
    const before = everything(kept)
    kept.close()
    kept = open(clock)
    expect(everything(kept)).toEqual(before)
  }
  const resourceArn = kept.ask('ecs', 'RegisterTaskDefinition', FARGATE_DEFINITION).taskDefinition
    .taskDefinitionArn
  kept.ask('ecs', 'CreateCluster', { clusterName: 'two' })
  reopen()
  const [{ taskArn }] = kept.ask('ecs', 'RunTask', { ...FARGATE_RUN, clientToken: 'x' }).tasks
  kept.ask('ecs', 'RunTask', FARGATE_RUN)
  kept.ask('ecs', 'TagResource', { resourceArn, tags: [{ key: 'k', value: 'v' }] })
  reopen()
  clock.advanceSync(25_000)
  kept.ask('ecs', 'StopTask', { task: taskArn })
  kept.ask('logs', 'CreateLogGroup', { logGroupName: 'mine' })
  reopen()
  clock.advanceSync(60_000)
  kept.ask('ecs', 'DeregisterTaskDefinition', { taskDefinition: resourceArn })
  kept.ask('ecs', 'DeleteCluster', { cluster: 'two' })
  reopen()
  const again = kept.ask('ecs', 'RunTask', { ...FARGATE_RUN, clientToken: 'x' })
  expect(again.tasks).toMatchObject([{ taskArn, lastStatus: 'STOPPED' }])
  clock.advanceSync(2 * HOUR)
  kept.ask('logs', 'DeleteLogGroup', { logGroupName: '/all' })
  kept.ask('logs', 'CreateLogGroup', { logGroupName: '/all' })
  reopen()
  expect(everything(kept)).toMatchObject({
    tasks: 0,
    streams: [{ logStreams: [] }, { logStreams: [] }],
  })
  expect(
    kept.ask('ecs', 'RegisterTaskDefinition', FARGATE_DEFINITION).taskDefinition.revision,
  ).toBe(2)
  kept.close()
})

test('the file does not grow without bound', () => {
  const clock = new FakeClock()
  const kept = open(clock)
  kept.ask('ecs', 'RegisterTaskDefinition', FARGATE_DEFINITION)
  for (let round = 0; round < 10; round++) {
    for (let task = 0; task < 200; task++) {
      const environment = [{ name: 'X', value: 'x'.repeat(7_000) }]
      const overrides = { containerOverrides: [{ name: 'main', environment }] }
      kept.ask('ecs', 'RunTask', { ...FARGATE_RUN, overrides })
    }
    clock.advanceSync(2 * HOUR)
  }
  const written = 2_000 * 3 * 7_000
  expect(statSync(join(directory, 'state.jsonl')).size).toBeLessThan(written / 2)
  kept.close()
})
