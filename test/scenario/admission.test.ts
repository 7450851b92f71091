import { afterEach, describe, expect, test } from 'vitest'
import { isoTime } from '../../src/lib/instant.ts'
import { HOUR, MINUTE, NOON, SECOND } from '../world/builders.ts'
import { someOf } from '../world/effort.ts'
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

/** The order in which tasks were made. */
function launched(): readonly string[] {
  return world.emulator.ledger
    .entries()
    .map(({ launchTags }) => launchTags.find(({ key }) => key === 'capstan.dev/run')?.value ?? '')
    .map((name) => name.replace('default/', ''))
}

function why(name: string): string | undefined {
  return world.run(name)?.status?.whyPending
}

describe('a pool', () => {
  test('serves its queues by priority, and says what each run waits for', async () => {
    await startWorld({ behave: () => ({ runMs: MINUTE }) })
    world.addWorkPool('etl', {
      concurrencyLimit: 1,
      queues: [{ name: 'urgent' }, { name: 'bulk', priority: 10 }],
    })
    for (const name of ['a', 'b']) {
      world.addRun(name, { workPool: 'etl', queue: 'bulk', template: IMAGE })
    }
    await world.clock.advance(SECOND)
    world.addRun('c', { workPool: 'etl', queue: 'bulk', priority: 5, template: IMAGE })
    world.addRun('d', { workPool: 'etl', queue: 'urgent', template: IMAGE })
    await world.clock.advance(31 * SECOND)
    expect(why('b')).toBe('Waits, behind 2 runs: 1 of 1 slots of WorkPool etl are taken.')
    expect(world.workPool('etl')?.status).toMatchObject({
      active: 1,
      queued: 3,
      queues: [
        { name: 'urgent', active: 0, queued: 1 },
        { name: 'bulk', active: 1, queued: 2 },
        { name: 'default', active: 0, queued: 0 },
      ],
    })
    await world.clock.advance(15 * MINUTE)
    expect(launched()).toEqual(['a', 'd', 'c', 'b'])
  })

  test('keeps its quota of vCPU and shows what is used', async () => {
    await startWorld({ behave: () => ({ runMs: MINUTE }) })
    world.addWorkPool('small', { quota: { vcpu: 2 } })
    for (const name of ['a', 'b', 'c']) {
      world.addRun(name, { workPool: 'small', template: { ...IMAGE, cpu: 1024, memory: 2048 } })
    }
    await world.clock.advance(30 * SECOND)
    expect(world.workPool('small')?.status?.quotaUsed).toEqual({ tasks: 2, vcpu: 2, memoryGiB: 4 })
    expect(why('c')).toMatch(/2 of 2 vCPU/)
    await world.clock.advance(10 * MINUTE)
    expect(launched()).toEqual(['a', 'b', 'c'])
  })

  test('that is drained stops what runs, and lets it go on later without counting', async () => {
    await startWorld({ behave: () => ({ runMs: 20 * MINUTE }) })
    world.addWorkPool('etl', {})
    world.addRun('a', { workPool: 'etl', template: IMAGE })
    await world.clock.advance(MINUTE)
    world.change('WorkPool', 'etl', { stopPolicy: 'HoldAndDrain' })
    await world.clock.advance(2 * MINUTE)
    expect(world.state('a')).toBe('SCHEDULED/AwaitingConcurrencySlot')
    expect(world.attempts('a')[0]?.stopCause).toBe('Drain')
    world.change('WorkPool', 'etl', { stopPolicy: 'None' })
    await world.clock.advance(30 * MINUTE)
    expect(world.state('a')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('a')).toBe(2)
  })

  test('launches nothing in a Deny window, and goes on when it closes', async () => {
    await startWorld()
    world.addWorkPool('etl', {
      windows: [{ effect: 'Deny', cron: '0 12 * * *', durationSeconds: 1800 }],
    })
    world.addRun('a', { workPool: 'etl', template: IMAGE })
    await world.clock.advance(29 * MINUTE)
    expect(why('a')).toMatch(/until 2026-01-15T12:30:00/)
    await world.clock.advance(3 * MINUTE)
    expect(world.state('a')).toBe('COMPLETED/Completed')
  })

  test('launches in its Allow windows only', async () => {
    await startWorld()
    world.addWorkPool('etl', {
      windows: [{ effect: 'Allow', cron: '0 13 * * *', durationSeconds: 600 }],
    })
    world.addRun('a', { workPool: 'etl', template: IMAGE })
    await world.clock.advance(59 * MINUTE)
    expect(why('a')).toMatch(/opens 2026-01-15T13:00/)
    await world.clock.advance(3 * MINUTE)
    expect(world.state('a')).toBe('COMPLETED/Completed')
  })

  test('a run whose task does not start gives its slot back', async () => {
    await startWorld({
      faults: { rules: [{ operation: 'RunTask', calls: [1], fault: { type: 'neverStart' } }] },
    })
    world.addWorkPool('one', { concurrencyLimit: 1 })
    const template = { ...IMAGE, taskStartTimeoutSeconds: 60 }
    world.addRun('a', { workPool: 'one', template })
    await world.clock.advance(SECOND)
    world.addRun('b', { workPool: 'one', template })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('a')).toBe('CRASHED/Crashed')
    expect(world.state('b')).toBe('COMPLETED/Completed')
  })

  test('of many runs with 7 slots never has more, through crashes, and serves all of them', async () => {
    const runs = someOf(300)
    await startWorld({ behave: () => ({ runMs: 20 * SECOND }) })
    world.addWorkPool('narrow', { concurrencyLimit: 7 })
    for (let index = 0; index < runs; index += 1) {
      world.addRun(`run-${index}`, { workPool: 'narrow', template: { ...IMAGE, family: 'f' } })
    }
    let most = 0
    for (let step = 0; step < runs; step += 1) {
      await world.clock.advance(15 * SECOND)
      most = Math.max(most, world.store.attempts.countLive('default', 'narrow'))
      if (step % (runs / 5) === runs / 10) await world.restart()
    }
    expect(most).toBe(7)
    expect(world.store.history.list({})).toHaveLength(runs)
    expect(new Set(launched()).size).toBe(runs)
    expect(launched()).toHaveLength(runs)
  })
})

describe('the concurrency of a deployment', () => {
  async function startTwo(policy: 'Enqueue' | 'CancelNew' | 'Replace'): Promise<void> {
    await startWorld({ behave: () => ({ runMs: 10 * MINUTE }) })
    world.addDeployment('d', { concurrency: { limit: 1, policy }, template: IMAGE })
    world.addRun('first', { deployment: 'd' })
    await world.clock.advance(2 * MINUTE)
    world.addRun('second', { deployment: 'd' })
    await world.clock.advance(5 * SECOND)
  }

  test('Enqueue: the new run waits', async () => {
    await startTwo('Enqueue')
    expect(why('second')).toBe('Waits, it is next: 1 of 1 active runs of Deployment d are taken.')
    await world.clock.advance(25 * MINUTE)
    expect([world.state('first'), world.state('second')]).toEqual([
      'COMPLETED/Completed',
      'COMPLETED/Completed',
    ])
  })

  test('CancelNew: the new run is cancelled', async () => {
    await startTwo('CancelNew')
    expect(world.state('second')).toBe('CANCELLED/Cancelled')
    expect(world.run('second')?.status?.state?.message).toMatch(
      /^Deployment concurrency limit reached/,
    )
    await world.clock.advance(15 * MINUTE)
    expect(launched()).toEqual(['first'])
  })

  test('Replace: the old run is stopped, and the new one starts when it has', async () => {
    await startTwo('Replace')
    expect(world.state('first')).toBe('CANCELLING/Cancelling')
    expect(launched()).toEqual(['first'])
    await world.clock.advance(20 * MINUTE)
    expect([world.state('first'), world.state('second')]).toEqual([
      'CANCELLED/Cancelled',
      'COMPLETED/Completed',
    ])
    expect(world.attempts('first')[0]?.stopCause).toBe('Replace')
  })

  test('is shared by deployments with the same key, each value of a parameter for itself', async () => {
    await startWorld({ behave: () => ({ runMs: 5 * MINUTE }) })
    const concurrency = { limit: 1, key: 'table-{{ parameters.table }}' }
    for (const name of ['load', 'vacuum']) {
      world.addWorkPool(`pool-${name}`, {})
      world.addDeployment(name, { workPool: `pool-${name}`, concurrency, template: IMAGE })
    }
    world.addRun('load-a', { deployment: 'load', parameters: { table: 'a' } })
    await world.clock.advance(SECOND)
    world.addRun('vacuum-a', { deployment: 'vacuum', parameters: { table: 'a' } })
    world.addRun('vacuum-b', { deployment: 'vacuum', parameters: { table: 'b' } })
    await world.clock.advance(2 * MINUTE)
    expect(launched()).toEqual(['load-a', 'vacuum-b'])
    expect(why('vacuum-a')).toMatch(/concurrency key table-a/)
    await world.clock.advance(15 * MINUTE)
    expect(world.state('vacuum-a')).toBe('COMPLETED/Completed')
    const freedAtMs = world.attempts('load-a')[0]?.endedAtMs ?? 0
    // Its pool is another one, and hears of the free place all the same.
    expect(world.attempts('vacuum-a')[0]?.createdAtMs).toBeLessThan(freedAtMs + 3 * SECOND)
  })

  test('of a schedule with Enqueue keeps its runs apart', async () => {
    await startWorld({ behave: () => ({ runMs: 90 * SECOND }) })
    world.addDeployment('slow', {
      schedules: [{ cron: '* * * * *', active: true }],
      concurrency: { limit: 1 },
      template: IMAGE,
    })
    let most = 0
    for (let step = 0; step < 60; step += 1) {
      await world.clock.advance(10 * SECOND)
      most = Math.max(most, world.store.attempts.countLive('default', 'default'))
    }
    expect(most).toBe(1)
    expect(world.deployment('slow')?.status?.active?.length).toBeGreaterThan(2)
  })
})

describe('dependsOn', () => {
  test('waits for another run, and is cancelled when that one ends otherwise', async () => {
    await startWorld({
      behave: (task) => ({
        runMs: MINUTE,
        exitCode: task.containers[0]?.command?.[0] === 'bad' ? 1 : 0,
      }),
    })
    world.addRun('after-good', { dependsOn: [{ name: 'good' }], template: IMAGE })
    world.addRun('after-bad', { dependsOn: [{ name: 'bad' }], template: IMAGE })
    world.addRun('on-failure', {
      dependsOn: [{ name: 'bad', condition: 'Failed' }],
      template: IMAGE,
    })
    await world.clock.advance(SECOND)
    expect(why('after-good')).toBe('Waits for Run good, which does not exist.')
    world.addRun('good', { template: IMAGE })
    world.addRun('bad', { template: { ...IMAGE, command: ['bad'] } })
    await world.clock.advance(20 * SECOND)
    expect(why('after-good')).toBe('Waits for Run good, which has not ended.')
    await world.clock.advance(10 * MINUTE)
    expect(world.state('after-good')).toBe('COMPLETED/Completed')
    expect(world.state('after-bad')).toBe('CANCELLED/Cancelled')
    expect(world.run('after-bad')?.status?.state?.message).toMatch(/Run bad ended FAILED/)
    expect(world.state('on-failure')).toBe('COMPLETED/Completed')
  })

  test('reports a cycle instead of waiting in silence', async () => {
    await startWorld()
    world.addRun('a', { dependsOn: [{ name: 'b' }], template: IMAGE })
    world.addRun('b', { dependsOn: [{ name: 'c' }], template: IMAGE })
    world.addRun('c', { dependsOn: [{ name: 'a' }], template: IMAGE })
    await world.clock.advance(MINUTE)
    expect(why('a')).toBe('It waits for itself: a → b → c → a.')
    expect(world.run('a')?.status?.conditions).toContainEqual(
      expect.objectContaining({ type: 'Stalled', status: 'True', reason: 'DependencyCycle' }),
    )
  })

  test('is met by the newest run of a deployment', async () => {
    await startWorld()
    world.addDeployment('d', { template: IMAGE, successfulRunsHistoryLimit: 0 })
    world.addRun('after', { dependsOn: [{ kind: 'Deployment', name: 'd' }], template: IMAGE })
    world.addRun('later', { scheduledTime: isoTime(NOON + HOUR), deployment: 'd' })
    await world.clock.advance(30 * MINUTE)
    expect(why('after')).toBe('Waits for Run later of Deployment d, which has not ended.')
    await world.clock.advance(40 * MINUTE)
    expect(world.state('after')).toBe('COMPLETED/Completed')
  })
})
