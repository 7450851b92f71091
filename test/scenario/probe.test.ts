import { afterEach, describe, expect, test } from 'vitest'
import { AwsError } from '../../src/aws/errors.ts'
import { createAccountBook } from '../../src/controllers/accounts.ts'
import { clientTokenOf } from '../../src/controllers/attempt-identity.ts'
import { createRecovery, type RecoveryPart } from '../../src/controllers/recovery/controller.ts'
import {
  beginProbe,
  heldRuns,
  recoverySilence,
  recoveryUnderWay,
} from '../../src/controllers/recovery/record.ts'
import type { DriverTask } from '../../src/emulator/drivers/driver.ts'
import type { RunSpec, TemplateSpec } from '../../src/kinds/generated.ts'
import { WIRE } from '../../src/kinds/meta.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { gatedLaunches, LISTING_DENIED, type Silence } from '../world/gated-launches.ts'
import type { Life } from '../world/life.ts'
import { recordingLog } from '../world/recording-log.ts'
import { seededRandom } from '../world/seeded-random.ts'
import { World } from '../world/world.ts'

const NO_CREDENTIALS = new AwsError({
  operation: 'ListTasks',
  code: 'CredentialsProviderError',
  message: 'Could not resolve credentials using profile: [blue]',
  sent: false,
})
const FROM_FOLDER = { [WIRE.annotationContentHash]: 'hash' }

let world: World
/** What places answer instead of a list, by cluster. */
let silent: Map<string, Silence>
let recovery: RecoveryPart
let isNew: boolean
let log: ReturnType<typeof recordingLog>

afterEach(async () => {
  await world.stop()
})

function recoveryOf(life: Life): RecoveryPart {
  return createRecovery({
    store: life.store,
    clock: life.clock,
    random: seededRandom(1),
    log: life.mortalLog(log),
    accounts: createAccountBook(life.store, life.aws),
    controller: { name: 'default', epoch: 1, instance: life.store.identity.instanceId() },
    foldersRead: () => true,
    templateOf: ({ spec }) => (spec.template ?? {}) as TemplateSpec,
    wakeAll: () => world.assembly.wakeAll(),
  })
}

function open(behave: (task: DriverTask) => { runMs: number; exitCode: number } = briefly): void {
  silent = new Map()
  isNew = true
  log = recordingLog()
  world = new World({
    log,
    behave,
    distortions: [
      gatedLaunches(
        () => recovery,
        (cluster) => silent.get(cluster),
      ),
    ],
    prelude({ store }) {
      if (isNew) store.transaction(() => beginProbe(store))
      isNew = false
    },
    companions(life) {
      recovery = recoveryOf(life)
      return [recovery]
    },
  })
  for (const clusterName of ['blue', 'red']) {
    world.emulator.handle({ service: 'ecs', operation: 'CreateCluster', input: { clusterName } })
  }
}

function briefly(): { runMs: number; exitCode: number } {
  return { runMs: SECOND, exitCode: 0 }
}

function inCluster(cluster?: string): RunSpec {
  return { template: { image: 'busybox', ...(cluster !== undefined && { cluster }) } }
}

/** The tokens of first attempts. */
function tokensOf(names: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    names.map((name) => {
      const runUid = world.run(name)?.metadata.uid ?? ''
      return [name, clientTokenOf({ runUid, index: 0, number: 1, try: 1 })]
    }),
  )
}

function warningsOf(name: string): readonly string[] {
  return world.store.events
    .list({ regardingName: name })
    .filter(({ type }) => type === 'Warning')
    .map(({ reason }) => reason)
}

describe('a place that does not answer at the first start', () => {
  test.each([
    ['may not be looked at', LISTING_DENIED, 'not authorized'],
    ['has no credentials', NO_CREDENTIALS, 'aws.profile'],
    ['says nothing at all', 'never', 'No answer has come'],
  ] as const)('that %s keeps nobody else waiting', async (_, answer, why) => {
    open()
    silent.set('blue', answer)
    world.addRun('here', inCluster(), FROM_FOLDER)
    world.addRun('there', inCluster('blue'), FROM_FOLDER)
    await world.start()
    await world.clock.advance(5 * SECOND)
    expect(world.calls('RunTask')).toBe(0)
    await world.clock.advance(3 * MINUTE)
    expect(world.state('here')).toBe('COMPLETED/Completed')
    expect(world.state('there')).toBe('PENDING/Submitting')
    expect(world.tasksOf('there')).toBe(0)
    const told = world.run('there')?.status?.whyPending
    expect(told).toContain('cluster blue of AWS account "us-east-1"')
    expect(told).toContain(why)
    expect(recoverySilence(world.store)).toContain('cluster blue of AWS account "us-east-1"')
    expect(recoverySilence(world.store)).toContain(why)
    expect(recoveryUnderWay(world.store)).toBeDefined()

    silent.clear()
    if (answer !== 'never') await world.clock.advance(MINUTE)
    else await world.restart()
    await world.clock.advance(MINUTE)
    expect(world.state('there')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('there')).toBe(1)
    expect(world.run('there')?.status?.whyPending).toBeUndefined()
    expect(warningsOf('there')).toEqual(['CallFailed'])
    expect(recoveryUnderWay(world.store)).toBeUndefined()
    expect(recoverySilence(world.store)).toBe('')
    expect(heldRuns(world.store)).toEqual([])
  })

  test('is launched into when it answers, however long that takes', async () => {
    open()
    silent.set('blue', LISTING_DENIED)
    world.addRun('there', inCluster('blue'), FROM_FOLDER)
    await world.start()
    await world.clock.advance(3 * 60 * MINUTE)
    silent.clear()
    await world.clock.advance(MINUTE)
    expect(world.state('there')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('there')).toBe(1)
  })

  test('is asked about when the first run that needs it comes later', async () => {
    open()
    silent.set('blue', LISTING_DENIED)
    world.addRun('there', inCluster('blue'), FROM_FOLDER)
    await world.start()
    await world.clock.advance(MINUTE)
    world.addRun('late', inCluster('red'), FROM_FOLDER)
    await world.clock.advance(MINUTE)
    expect(world.state('late')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('there')).toBe(0)
  })

  test('is passed over when only a pool names it', async () => {
    open()
    silent.set('blue', NO_CREDENTIALS)
    world.addWorkPool('unused', { template: { cluster: 'blue' } })
    world.addRun('here', inCluster())
    await world.start()
    await world.clock.advance(MINUTE)
    expect(world.state('here')).toBe('COMPLETED/Completed')
    expect(recoveryUnderWay(world.store)).toBeUndefined()
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        message: expect.stringContaining('passes over'),
        places: ['us-east-1 blue'],
      }),
    )
  })

  test('is nothing to wait for when nobody names it and it may not be looked at', async () => {
    open()
    silent.set('default', LISTING_DENIED)
    world.addWorkPool('default', { template: { cluster: 'red' } })
    world.addRun('here', inCluster('red'))
    await world.start()
    await world.clock.advance(5 * SECOND)
    expect(world.calls('RunTask')).toBe(1)
    expect(recoveryUnderWay(world.store)).toBeUndefined()
  })
})

test('a restart meanwhile takes its own launches for no trace', async () => {
  open(() => ({ runMs: 10 * MINUTE, exitCode: 0 }))
  silent.set('blue', LISTING_DENIED)
  world.addRun('here', inCluster(), FROM_FOLDER)
  world.addRun('there', inCluster('blue'), FROM_FOLDER)
  await world.start()
  await world.clock.advance(MINUTE)
  expect(world.state('here')).toBe('RUNNING/Running')
  await world.restart()
  world.addRun('more', inCluster(), FROM_FOLDER)
  await world.clock.advance(MINUTE)
  expect(world.state('more')).toBe('RUNNING/Running')
  expect(world.tasksOf('there')).toBe(0)
  silent.clear()
  await world.clock.advance(MINUTE)
  expect(recoveryUnderWay(world.store)).toBeUndefined()
  expect(world.run('there')?.metadata.annotations).toEqual(FROM_FOLDER)
  for (const name of ['here', 'there', 'more']) expect(world.tasksOf(name)).toBe(1)
})

describe('traces of an earlier life in a place that answers late', () => {
  async function loseEverything(runs: Readonly<Record<string, string | undefined>>): Promise<void> {
    open(() => ({ runMs: 20 * MINUTE, exitCode: 0 }))
    world.addRun('before', inCluster('blue'), FROM_FOLDER)
    await world.start()
    await world.clock.advance(2 * MINUTE)
    expect(world.state('before')).toBe('RUNNING/Running')
    await world.stop()
    world.loseDatabase()
    isNew = true
    silent.set('blue', LISTING_DENIED)
    silent.set('red', LISTING_DENIED)
    world.addRun('before', inCluster('blue'), FROM_FOLDER)
    for (const [name, cluster] of Object.entries(runs)) {
      world.addRun(name, inCluster(cluster), FROM_FOLDER)
    }
    await world.start()
    await world.clock.advance(MINUTE)
  }

  test('are adopted, and what cannot have left since is held', async () => {
    await loseEverything({ here: undefined, forgotten: 'blue', silent: 'red' })
    expect(world.state('here')).toBe('RUNNING/Running')
    expect(world.tasksOf('before')).toBe(1)
    silent.delete('blue')
    await world.clock.advance(MINUTE)
    expect(world.state('before')).toBe('RUNNING/Running')
    expect(world.state('here')).toBe('RUNNING/Running')
    expect(world.state('forgotten')).toBe('PAUSED/Held')
    expect(world.state('silent')).toBe('PAUSED/Held')
    expect(recoveryUnderWay(world.store)).toContain('ECS holds tasks of this controller')
    await world.restart()
    await world.clock.advance(MINUTE)
    silent.clear()
    await world.clock.advance(30 * MINUTE)
    expect(recoveryUnderWay(world.store)).toBeUndefined()
    expect(world.state('before')).toBe('COMPLETED/Completed')
    expect(world.state('here')).toBe('COMPLETED/Completed')
    expect(heldRuns(world.store).map(({ metadata }) => metadata.name)).toEqual([
      'forgotten',
      'silent',
    ])
    for (const name of ['before', 'here']) expect(world.tasksOf(name)).toBe(1)
    for (const name of ['forgotten', 'silent']) expect(world.tasksOf(name)).toBe(0)
  })

  test('that answers in time lets nothing leave that may have run before', async () => {
    open(() => ({ runMs: 20 * MINUTE, exitCode: 0 }))
    world.addRun('before', inCluster('blue'), FROM_FOLDER)
    await world.start()
    await world.clock.advance(2 * MINUTE)
    await world.stop()
    world.loseDatabase()
    isNew = true
    world.addRun('before', inCluster('blue'), FROM_FOLDER)
    world.addRun('forgotten', inCluster(), FROM_FOLDER)
    world.addRun('by-hand', inCluster())
    await world.boot()
    const intents = tokensOf(['before', 'forgotten', 'by-hand'])
    await world.clock.advance(30 * MINUTE)
    for (const [name, clientToken] of Object.entries(intents)) {
      const launch = recovery.beforeLaunch?.({
        account: 'us-east-1',
        cluster: 'blue',
        clientToken,
        isRepeat: false,
      })
      if (name === 'forgotten') await expect(launch).rejects.toThrow('ECS knows this controller')
      else await launch
    }
    expect(world.state('before')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('before')).toBe(1)
    expect(world.state('forgotten')).toBe('PAUSED/Held')
    expect(world.tasksOf('forgotten')).toBe(0)
    expect(world.state('by-hand')).toBe('COMPLETED/Completed')
  })
})
