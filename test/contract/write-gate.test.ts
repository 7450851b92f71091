import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createAwsAccounts, type ManagedAwsAccounts } from '../../src/aws/accounts.ts'
import { AwsError, classifyError } from '../../src/aws/errors.ts'
import { UNLIMITED } from '../../src/aws/limits.ts'
import type { AwsAccount } from '../../src/aws/ports.ts'
import type { BeforeWrite } from '../../src/aws/write-gate.ts'
import { createLaunchAge } from '../../src/controllers/run/launch-age.ts'
import { createNoneDriver } from '../../src/emulator/drivers/none.ts'
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import type { FaultRule } from '../../src/emulator/faults.ts'
import { type ServedEmulator, serveEmulator } from '../../src/emulator/server.ts'
import { type Clock, systemClock } from '../../src/lib/clock.ts'
import { createFence, type Fence } from '../../src/store/fence.ts'
import { acquireDataDir, type DataDirLock } from '../../src/store/lock.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'
import { anAttempt, HOUR, NOON } from '../world/builders.ts'
import { FakeClock } from '../world/fake-clock.ts'
import { seededRandom } from '../world/seeded-random.ts'
import { CREATED_MS, openTestStore } from '../world/test-store.ts'

let emulator: Emulator
let served: ServedEmulator
let accounts: ManagedAwsAccounts
let account: AwsAccount

async function open(
  beforeWrite: BeforeWrite,
  rules: readonly FaultRule[] = [],
  clock: Clock = systemClock,
): Promise<void> {
  const random = seededRandom(4)
  emulator = createEmulator({
    clock,
    random,
    driver: createNoneDriver(() => ({ runMs: 60_000 })),
    faults: { rules },
  })
  served = await serveEmulator({ emulator, clock: systemClock, random })
  accounts = createAwsAccounts({
    clock: systemClock,
    region: 'us-east-1',
    endpoint: served.url,
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    apiLimits: UNLIMITED,
    beforeWrite,
  })
  account = accounts.account({})
}

afterEach(async () => {
  accounts.close()
  await served.close()
})

function register(): Promise<unknown> {
  return account.ecs.registerTaskDefinition({
    family: 'hello',
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '256',
    memory: '512',
    containerDefinitions: [{ name: 'main', image: 'busybox' }],
  })
}

function launch(clientToken = 't'): Promise<unknown> {
  const awsvpcConfiguration = { subnets: ['subnet-0a1b2c3d4e5f60001'] }
  return account.ecs.runTask({
    taskDefinition: 'hello',
    launchType: 'FARGATE',
    clientToken,
    networkConfiguration: { awsvpcConfiguration },
  })
}

function calls(operation: string): number {
  return emulator.counters.of(operation).calls
}

describe('a closed gate', () => {
  test.each<[string, () => Promise<unknown>]>([
    ['RunTask', launch],
    ['StopTask', () => account.ecs.stopTask({ cluster: 'default', taskArn: 'x', reason: 'r' })],
    ['RegisterTaskDefinition', register],
    ['DeregisterTaskDefinition', () => account.ecs.deregisterTaskDefinition('hello:1')],
    ['DeleteTaskDefinitions', () => account.ecs.deleteTaskDefinitions(['hello:1'])],
  ])('keeps %s back, and it may be tried again', async (operation, call) => {
    const asked: string[] = []
    await open((name) => {
      asked.push(name)
      return Promise.reject(new Error('not ours any more'))
    })
    const error = await call().catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(AwsError)
    expect(error).toMatchObject({ operation, code: 'CapstanFenced', message: 'not ours any more' })
    expect(classifyError(error as AwsError).verdict).toBe('Retry')
    expect(asked).toEqual([operation])
    expect(calls(operation)).toBe(0)
  })

  test('lets reads through', async () => {
    await open(() => Promise.reject(new Error('not ours any more')))
    expect(await account.ecs.listTaskArns({ cluster: 'default' })).toEqual([])
    expect(await account.ecs.listClusterArns()).toHaveLength(1)
  })
})

test('every repeat of the SDK is asked for anew: a process can sleep in between', async () => {
  let allowed = 1
  const beforeWrite: BeforeWrite = (operation) => {
    if (operation !== 'RunTask') return Promise.resolve()
    allowed -= 1
    return allowed >= 0 ? Promise.resolve() : Promise.reject(new Error('taken over'))
  }
  await open(beforeWrite, [
    { operation: 'RunTask', fault: { type: 'serverError', effect: 'before' } },
  ])
  await register()
  await expect(launch()).rejects.toMatchObject({ code: 'CapstanFenced', sent: true })
  expect(calls('RunTask')).toBe(1)
})

test('a machine that sleeps for hours before the SDK repeats a launch launches nothing twice', async () => {
  const clock = new FakeClock(NOON)
  const attempt = anAttempt()
  const store = openTestStore()
  store.transaction(() => store.attempts.insert(attempt))
  const judge = createLaunchAge({ store, clock, epoch: attempt.epoch })
  let asked = 0
  await open(
    async (operation, target) => {
      if (operation !== 'RunTask') return
      asked += 1
      if (asked > 1) await clock.advance(3 * HOUR)
      judge(target)
    },
    [{ operation: 'RunTask', limit: 1, fault: { type: 'reset', effect: 'after' } }],
    clock,
  )
  await register()
  const error = await launch(attempt.clientToken).catch((thrown: unknown) => thrown)
  expect(emulator.ledger.entries()).toHaveLength(1)
  expect(error).toMatchObject({ code: 'CapstanTooLate', sent: true })
  expect(asked).toBe(2)
})

describe('two controllers over one database', () => {
  let dir = ''
  let lock: DataDirLock
  const opened: SqliteStore[] = []

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'capstan-two-'))
    lock = acquireDataDir(dir)
  })

  afterEach(() => {
    for (const store of opened.splice(0)) store.close()
    lock.release()
    rmSync(dir, { recursive: true, force: true })
  })

  function start(): Fence {
    const path = join(dir, 'capstan.db')
    const store = openStore({ path, random: seededRandom(1), nowMs: CREATED_MS })
    opened.push(store)
    const epoch = store.transaction(() => store.identity.raiseEpoch())
    return createFence({ store, lock, launches: { durable: () => Promise.resolve() }, epoch })
  }

  test('a process that wakes up after another took over writes nothing to ECS', async () => {
    const sleeper = start()
    await open((operation) =>
      operation === 'RunTask' ? sleeper.beforeLaunch() : Promise.resolve(sleeper.check()),
    )
    await register()
    await launch()
    const successor = start()
    await expect(launch()).rejects.toThrow('another controller took over')
    const stop = {
      cluster: 'default',
      taskArn: emulator.ledger.entries()[0]?.task.arn ?? '',
      reason: 'r',
    }
    await expect(account.ecs.stopTask(stop)).rejects.toThrow('another controller took over')
    expect(calls('RunTask')).toBe(1)
    expect(calls('StopTask')).toBe(0)
    await successor.beforeLaunch()
  })
})
