import { afterEach, describe, expect, test } from 'vitest'
import { MINUTE, SECOND } from '../world/builders.ts'
import { World } from '../world/world.ts'

const IMAGE = { image: 'busybox' }
const HOUR = 60 * MINUTE

let world: World

async function startWorld(): Promise<void> {
  world = new World({ behave: () => ({ runMs: 10 * SECOND, exitCode: 0 }) })
  await world.start()
}

async function finished(name: string, spec: object = { template: IMAGE }): Promise<void> {
  world.addRun(name, spec)
  await world.clock.advance(5 * MINUTE)
  expect(world.state(name)).toBe('COMPLETED/Completed')
}

function unsettled(): readonly string[] {
  return world.store.objects.unsettledRunKeys().map(({ name }) => name)
}

function reconciles(): number {
  return world.assembly.stats().Run.reconciles
}

async function fullLook(): Promise<number> {
  const before = reconciles()
  world.assembly.wakeAll()
  await world.clock.advance(SECOND)
  return reconciles() - before
}

afterEach(() => world.stop())

describe('a full look', () => {
  test('passes over runs that are over, and finds nothing that it should have seen', async () => {
    await startWorld()
    await finished('a')
    await finished('b')
    expect(unsettled()).toEqual([])
    expect(await fullLook()).toBe(0)
    const version = world.store.resourceVersion()
    world.store.transaction(() => world.store.objects.unsettle())
    expect(await fullLook()).toBe(2)
    expect(world.store.resourceVersion()).toBe(version)
    expect(unsettled()).toEqual([])
  })

  test('looks at a run that waits for its TTL', async () => {
    await startWorld()
    await finished('a', { template: { ...IMAGE, ttlSecondsAfterFinished: 3_600 } })
    expect(unsettled()).toEqual(['a'])
    expect(await fullLook()).toBe(1)
    await world.clock.advance(HOUR)
    expect(world.run('a')).toBeUndefined()
  })
})

describe('a change while the controller is away is seen', () => {
  test('of the run', async () => {
    await startWorld()
    await finished('a')
    world.crash()
    world.annotateRun('a', 'again')
    await world.restart()
    await world.clock.advance(5 * MINUTE)
    expect(world.tasksOf('a')).toBe(2)
  })

  test('of its deployment', async () => {
    await startWorld()
    world.addDeployment('d', { template: IMAGE })
    await finished('a', { deployment: 'd' })
    expect(unsettled()).toEqual([])
    world.crash()
    world.change('Deployment', 'd', { template: { ...IMAGE, ttlSecondsAfterFinished: 60 } })
    await world.restart()
    await world.clock.advance(2 * MINUTE)
    expect(world.run('a')).toBeUndefined()
  })

  test('of its pool', async () => {
    await startWorld()
    world.addWorkPool('p', {})
    await finished('a', { workPool: 'p', template: IMAGE })
    expect(unsettled()).toEqual([])
    world.crash()
    world.change('WorkPool', 'p', { template: { ttlSecondsAfterFinished: 60 } })
    await world.restart()
    await world.clock.advance(2 * MINUTE)
    expect(world.run('a')).toBeUndefined()
  })

  test('of Capstan itself: another version looks at everything once', async () => {
    await startWorld()
    await finished('a')
    world.store.transaction(() => world.store.identity.set('settled-by', 'an earlier one'))
    await world.restart()
    await world.clock.advance(SECOND)
    expect(reconciles()).toBeGreaterThan(0)
    expect(unsettled()).toEqual([])
    await world.restart()
    await world.clock.advance(SECOND)
    expect(reconciles()).toBe(0)
  })
})

describe('a run that a switch keeps from launching', () => {
  const POOL = { kind: 'WorkPool', namespace: 'default', name: 'p' } as const
  const WAITING = 'SCHEDULED/AwaitingConcurrencySlot'

  async function parked(spec: object = {}): Promise<void> {
    await startWorld()
    world.addWorkPool('p', { suspend: true })
    world.addDeployment('d', { workPool: 'p', template: IMAGE })
    world.addRun('a', { workPool: 'p', template: IMAGE, ...spec })
    world.addRun('b', { deployment: 'd' })
    await world.clock.advance(MINUTE)
  }

  test('is passed over, and launched when the switch is turned', async () => {
    await parked()
    expect([world.state('a'), world.state('b')]).toEqual([WAITING, WAITING])
    expect(unsettled()).toEqual([])
    expect(await fullLook()).toBe(0)
    world.change('WorkPool', 'p', { suspend: false })
    await world.clock.advance(MINUTE)
    expect([world.state('a'), world.state('b')]).toEqual(Array(2).fill('COMPLETED/Completed'))
  })

  test.each<[cause: string, change: () => void, after: readonly string[]]>([
    ['nothing', () => {}, [WAITING, WAITING]],
    [
      'its pool launches again',
      () => world.change('WorkPool', 'p', { suspend: false }),
      ['COMPLETED/Completed', 'COMPLETED/Completed'],
    ],
    [
      'its deployment moves to another pool',
      () => world.change('Deployment', 'd', { workPool: 'default' }),
      [WAITING, 'COMPLETED/Completed'],
    ],
    [
      'its pool is deleted',
      () => world.store.transaction(() => world.store.objects.markDeleted(POOL, 0)),
      ['PENDING/Pending', 'PENDING/Pending'],
    ],
    [
      'it is cancelled',
      () => world.changeRun('a', { cancel: true }),
      ['CANCELLED/Cancelled', WAITING],
    ],
  ])('is seen at the next start when meanwhile %s', async (_, change, after) => {
    await parked()
    world.crash()
    change()
    await world.restart()
    await world.clock.advance(MINUTE)
    expect([world.state('a'), world.state('b')]).toEqual(after)
  })

  test('is looked at all the same when it waits for another run', async () => {
    await parked({ dependsOn: [{ name: 'b', condition: 'Finished' }] })
    expect(unsettled()).toEqual(['a'])
  })
})
