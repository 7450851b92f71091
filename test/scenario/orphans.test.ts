import { afterEach, describe, expect, test } from 'vitest'
import { MANY_FAMILIES } from '../../src/controllers/orphan/observe.ts'
import { beginRecovery } from '../../src/controllers/recovery/record.ts'
import { WIRE } from '../../src/kinds/meta.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { recordingLog } from '../world/recording-log.ts'
import { World, type WorldOptions } from '../world/world.ts'

const TEMPLATE = { image: 'busybox', family: 'etl' }

let world: World

async function startWorld(options: WorldOptions = {}): Promise<World> {
  world = new World({ behave: () => ({ runMs: 600 * MINUTE }), ...options })
  await world.start()
  return world
}

afterEach(async () => {
  await world.stop()
})

/** A run with a task, so that the family is in the registry and the sweeps have a reason. */
async function launchOne(): Promise<void> {
  world.addRun('wanted', { template: TEMPLATE })
  await world.clock.advance(MINUTE)
}

/** A task that no row knows of. */
function launchBehindOurBack(
  tags: Readonly<Record<string, string>>,
  taskDefinition = 'etl',
): string {
  const input = {
    taskDefinition,
    launchType: 'FARGATE',
    networkConfiguration: { awsvpcConfiguration: { subnets: ['subnet-0a1b2c3d4e5f60001'] } },
    tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
  }
  const reply = world.emulator.handle({ service: 'ecs', operation: 'RunTask', input })
  if (reply.type !== 'Ok') throw new Error(JSON.stringify(reply))
  const tasks = reply.body['tasks'] as readonly { readonly taskArn: string }[]
  return tasks.at(0)?.taskArn ?? ''
}

/** The tags of a task that this very database launched. */
function ours(): Readonly<Record<string, string>> {
  return {
    [WIRE.tagController]: 'default',
    [WIRE.tagInstance]: world.store.identity.instanceId(),
  }
}

function isLive(taskArn: string): boolean {
  return world.liveTasks().some(({ arn }) => arn === taskArn)
}

describe('a task behind our back', () => {
  test('with our tag is stopped once its grace is over, and the wanted one is not', async () => {
    const log = recordingLog()
    await startWorld({ log })
    await launchOne()
    const orphan = launchBehindOurBack(ours())
    await world.clock.advance(9 * MINUTE)
    expect(isLive(orphan)).toBe(true)
    await world.clock.advance(10 * MINUTE)
    expect(isLive(orphan)).toBe(false)
    expect(world.state('wanted')).toBe('RUNNING/Running')
    expect(log.lines.filter(({ level }) => level === 'warn')).toEqual([
      expect.objectContaining({ message: 'task without a run stopped', taskArn: orphan }),
    ])
  })

  test('of a linked family, which nobody registered here, is stopped', async () => {
    await startWorld()
    const input = {
      family: 'linked',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      containerDefinitions: [{ name: 'main', image: 'busybox' }],
    }
    world.emulator.handle({ service: 'ecs', operation: 'RegisterTaskDefinition', input })
    const template = { taskDefinitionArn: 'linked', taskDefinitionArnMode: 'UseAsIs' } as const
    world.addRun('wanted', { template })
    await world.clock.advance(MINUTE)
    expect(world.store.definitions.families()).toEqual([])
    const orphan = launchBehindOurBack(ours(), 'linked')
    await world.restart()
    await world.clock.advance(20 * MINUTE)
    expect(isLive(orphan)).toBe(false)
    expect(world.state('wanted')).toBe('RUNNING/Running')
  })

  test.each<[string, Record<string, string>]>([
    ['without tags', {}],
    ['of another controller', { [WIRE.tagController]: 'somebody-else' }],
    ['that only shares our name', { [WIRE.tagController]: 'default' }],
    [
      'of another database with our name',
      { [WIRE.tagController]: 'default', [WIRE.tagInstance]: 'another-one' },
    ],
  ])('%s is never touched', async (_, tags) => {
    await startWorld()
    await launchOne()
    const foreign = launchBehindOurBack(tags)
    await world.clock.advance(60 * MINUTE)
    expect(isLive(foreign)).toBe(true)
    expect(world.calls('StopTask')).toBe(0)
  })

  test('is found at the start, too, when nothing else is to do', async () => {
    await startWorld({ behave: ({ tags }) => ({ runMs: tags.length > 1 ? SECOND : 600 * MINUTE }) })
    await launchOne()
    expect(world.state('wanted')).toBe('COMPLETED/Completed')
    const orphan = launchBehindOurBack(ours())
    await world.restart()
    await world.clock.advance(20 * MINUTE)
    expect(isLive(orphan)).toBe(false)
  })
})

test('a task of a held run is not touched before somebody has decided', async () => {
  await startWorld()
  await launchOne()
  const held = world.addRun(
    'held',
    { template: TEMPLATE, suspend: true },
    { [WIRE.annotationHeld]: 'lost' },
  )
  const uid = { ...ours(), [WIRE.tagRunUid]: held.metadata.uid }
  const task = launchBehindOurBack(uid)
  await world.clock.advance(60 * MINUTE)
  expect(isLive(task)).toBe(true)
})

test('nothing is stopped while recovery is under way', async () => {
  await startWorld()
  await launchOne()
  world.store.transaction(() => beginRecovery(world.store, 'the database was lost'))
  const orphan = launchBehindOurBack(ours())
  await world.clock.advance(60 * MINUTE)
  expect(isLive(orphan)).toBe(true)
})

test('a task that turns up after its attempt was given up is stopped', async () => {
  const fault = { type: 'missing', forMs: 20 * MINUTE } as const
  await startWorld({ faults: { rules: [{ operation: 'RunTask', fault }] } })
  world.addRun('ghost', { template: { ...TEMPLATE, taskStartTimeoutSeconds: 3_600 } })
  await world.clock.advance(10 * MINUTE)
  expect(world.attempts('ghost')[0]?.phase).toBe('Lost')
  await world.clock.advance(30 * MINUTE)
  expect(world.liveTasks()).toEqual([])
})

test('the task of an intent that is still unanswered is adopted', async () => {
  const rules = [
    // The first reply is lost, and so is every answer to the repeats.
    {
      operation: 'RunTask',
      inputContains: 'slow',
      fault: { type: 'reset', effect: 'after' } as const,
    },
  ]
  await startWorld({ faults: { rules } })
  await launchOne()
  world.addRun('slow', { template: TEMPLATE })
  await world.clock.advance(6 * MINUTE)
  expect(world.attempts('slow').map(({ phase }) => phase)).toEqual(['Launched'])
  expect(world.tasksOf('slow')).toBe(1)
  expect(world.state('slow')).toBe('RUNNING/Running')
})

test('a world at peace is not swept', async () => {
  await startWorld({ behave: () => ({ runMs: SECOND }) })
  await launchOne()
  await world.restart()
  await world.clock.advance(30 * MINUTE)
  const calls = world.totalCalls()
  await world.clock.advance(600 * MINUTE)
  expect(world.totalCalls()).toBe(calls)
})

test('a sweep costs one listing for a hundred wanted tasks', async () => {
  await startWorld()
  for (let index = 0; index < 100; index += 1) world.addRun(`run-${index}`, { template: TEMPLATE })
  await world.clock.advance(4 * MINUTE)
  const before = world.calls('ListTasks')
  await world.clock.advance(5 * MINUTE)
  expect(world.calls('ListTasks') - before).toBe(1)
})

describe('with many families', () => {
  async function launchMany(): Promise<void> {
    for (let index = 0; index < MANY_FAMILIES; index += 1) {
      world.addRun(`run-${index}`, { template: { ...TEMPLATE, family: `etl-${index}` } })
    }
    await world.clock.advance(4 * MINUTE)
  }

  test('a sweep costs one listing, too', async () => {
    await startWorld()
    await launchMany()
    const before = world.calls('ListTasks')
    await world.clock.advance(5 * MINUTE)
    expect(world.calls('ListTasks') - before).toBe(1)
  })

  test('an orphan is stopped, and what others run there is not', async () => {
    await startWorld()
    await launchOne()
    await launchMany()
    const orphan = launchBehindOurBack(ours())
    const foreign = launchBehindOurBack({})
    await world.clock.advance(20 * MINUTE)
    expect([isLive(orphan), isLive(foreign)]).toEqual([false, true])
  })
})
