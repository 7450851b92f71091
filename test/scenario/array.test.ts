import { afterEach, describe, expect, test } from 'vitest'
import type { DriverTask } from '../../src/emulator/drivers/driver.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { World, type WorldOptions } from '../world/world.ts'

const IMAGE = { image: 'busybox' }

let world: World

async function startWorld(options: WorldOptions = {}): Promise<World> {
  world = new World(options)
  await world.start()
  return world
}

afterEach(async () => {
  await world.stop()
})

function indexOf(task: DriverTask): number {
  return Number(task.containers[0]?.environment['CAPSTAN_ARRAY_INDEX'])
}

describe('an array', () => {
  test('runs each index once, with its number in the environment', async () => {
    const seen: number[] = []
    await startWorld({
      behave: (task) => {
        seen.push(indexOf(task))
        return { runMs: SECOND, exitCode: 0 }
      },
    })
    world.addRun('fan', { array: 25, template: IMAGE })
    await world.clock.advance(2 * MINUTE)
    expect(world.state('fan')).toBe('COMPLETED/Completed')
    expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 25 }, (_, index) => index))
    expect(world.calls('RegisterTaskDefinition')).toBe(1)
    expect(world.run('fan')?.status?.array).toEqual({
      tasks: 25,
      active: 0,
      succeeded: 25,
      failed: 0,
      waiting: 0,
      completedIndexes: '0-24',
    })
    expect(world.run('fan')?.status).toMatchObject({ exitCode: 0, statusCode: 0 })
  })

  test('retries each index by itself and fails when one of them does', async () => {
    const tries = new Map<number, number>()
    await startWorld({
      behave: (task) => {
        const index = indexOf(task)
        const number = (tries.get(index) ?? 0) + 1
        tries.set(index, number)
        const isBad = index === 3 || (index === 1 && number === 1)
        return { runMs: SECOND, exitCode: isBad ? 7 : 0 }
      },
    })
    const retry = { limit: 1, backoff: { initialSeconds: 5, jitter: 0 } }
    world.addRun('fan', { array: 5, template: { ...IMAGE, retry } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('fan')).toBe('FAILED/Failed')
    expect([...tries].toSorted(([a], [b]) => a - b)).toEqual([
      [0, 1],
      [1, 2],
      [2, 1],
      [3, 2],
      [4, 1],
    ])
    const status = world.run('fan')?.status
    expect(status?.array).toMatchObject({ completedIndexes: '0-2,4', failedIndexes: '3' })
    expect(status?.state?.message).toMatch(/^1 of 5 tasks failed. Index 3: /)
    expect(status?.exitCode).toBe(7)
    expect(status?.attempts?.[0]).toMatchObject({ index: 1, number: 1, class: 'ExitNonZero' })
    expect(world.store.history.list({ name: 'fan' })[0]?.exitCode).toBe(7)
  })

  test('takes as many slots as its pool has, and no more', async () => {
    await startWorld({ behave: () => ({ runMs: 30 * SECOND, exitCode: 0 }) })
    world.addWorkPool('narrow', { concurrencyLimit: 3 })
    world.addRun('fan', { array: 10, workPool: 'narrow', template: IMAGE })
    await world.clock.advance(SECOND)
    world.addRun('after', { workPool: 'narrow', template: IMAGE })
    let most = 0
    for (let step = 0; step < 200; step += 1) {
      await world.clock.advance(2 * SECOND)
      most = Math.max(most, world.store.attempts.countLive('default', 'narrow'))
    }
    expect(most).toBe(3)
    expect(world.state('fan')).toBe('COMPLETED/Completed')
    expect(world.state('after')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('fan')).toBe(10)
  })

  test('says what the rest of it waits for while a part of it runs', async () => {
    await startWorld({ behave: () => ({}) })
    world.addWorkPool('narrow', { concurrencyLimit: 3 })
    world.addRun('fan', { array: 10, workPool: 'narrow', template: IMAGE })
    await world.clock.advance(MINUTE)
    expect(world.state('fan')).toBe('RUNNING/Running')
    expect(world.run('fan')?.status?.array).toMatchObject({ active: 3, waiting: 7 })
    expect(world.run('fan')?.status?.whyPending).toMatch(/3 of 3 slots of WorkPool narrow/)
  })

  test('that is cancelled stops all of its tasks and launches none', async () => {
    await startWorld({ behave: () => ({}) })
    world.addWorkPool('some', { concurrencyLimit: 15 })
    world.addRun('fan', { array: 40, workPool: 'some', template: IMAGE })
    await world.clock.advance(MINUTE)
    world.changeRun('fan', { cancel: true })
    await world.clock.advance(2 * MINUTE)
    expect(world.state('fan')).toBe('CANCELLED/Cancelled')
    expect(world.calls('StopTask')).toBe(15)
    expect(world.tasksOf('fan')).toBe(15)
  })

  test('that is deleted goes when its last task has stopped', async () => {
    await startWorld({ behave: () => ({}) })
    world.addRun('fan', { array: 12, template: IMAGE })
    await world.clock.advance(MINUTE)
    world.deleteRun('fan')
    await world.clock.advance(2 * MINUTE)
    expect(world.run('fan')).toBeUndefined()
    expect(world.store.attempts.live()).toEqual([])
  })

  test('that is run again runs every index again', async () => {
    await startWorld()
    world.addRun('fan', { array: 4, template: IMAGE })
    await world.clock.advance(MINUTE)
    expect(world.state('fan')).toBe('COMPLETED/Completed')
    world.annotateRun('fan', 'again')
    await world.clock.advance(MINUTE)
    expect(world.state('fan')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('fan')).toBe(8)
  })

  test('of one task is an array too', async () => {
    await startWorld()
    world.addRun('fan', { array: 1, template: IMAGE })
    await world.clock.advance(MINUTE)
    expect(world.run('fan')?.status?.array).toMatchObject({ completedIndexes: '0' })
  })
})

describe('when the controller dies', () => {
  test.each([3, 7, 11, 15, 20, 26, 33, 41])(
    'at point %d, each index still has one task',
    async (fatal) => {
      let points = 0
      const deaths: number[] = []
      await startWorld({
        diesAt: () => {
          points += 1
          return deaths.length === 0 && points === fatal
        },
        onDeath: () => {
          deaths.push(fatal)
        },
      })
      world.addRun('fan', { array: 12, template: IMAGE })
      await world.clock.advance(10 * SECOND)
      if (deaths.length > 0) await world.start()
      await world.clock.advance(5 * MINUTE)
      expect(deaths).toEqual([fatal])
      expect(world.state('fan')).toBe('COMPLETED/Completed')
      expect(world.tasksOf('fan')).toBe(12)
    },
  )
})
