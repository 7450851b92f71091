import { afterEach, describe, expect, test } from 'vitest'
import type { EventRecord } from '../../src/kinds/event.ts'
import { BRISK_DELAYS, HOUR, MINUTE, SECOND } from '../world/builders.ts'
import { pointsUpTo } from '../world/effort.ts'
import { settleMicrotasks } from '../world/fake-clock.ts'
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

function eventsOf(run: string): readonly EventRecord[] {
  const runUid = world.run(run)?.metadata.uid ?? ''
  return world.store.eventLog.list({ runUid, limit: 1_000 }).toReversed()
}

function namesOf(run: string, prefix = 'capstan.'): readonly string[] {
  return eventsOf(run)
    .map(({ event }) => event)
    .filter((name) => name.startsWith(prefix))
}

describe('the event log', () => {
  test('tells the life of a run: states, calls, attempt and task, each once and in order', async () => {
    await startWorld({ behave: () => ({ runMs: 30 * SECOND, exitCode: 0 }) })
    world.addRun('hello', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    const names = namesOf('hello')
    expect(names.filter((name) => !name.startsWith('capstan.task.'))).toEqual([
      'capstan.run.Pending',
      'capstan.run.Submitting',
      'capstan.ecs.RunTask',
      'capstan.attempt.launched',
      'capstan.run.InfrastructurePending',
      'capstan.run.Running',
      'capstan.attempt.ended',
      'capstan.run.Completed',
    ])
    expect(names).toContain('capstan.task.running')
    expect(names.filter((name) => name === 'capstan.task.stopped')).toHaveLength(1)
    expect(world.store.eventLog.list({ eventPrefix: 'capstan.ecs.', limit: 9 })).toHaveLength(2)
  })

  test('a state carries what Prefect’s does', async () => {
    await startWorld({ behave: () => ({ runMs: SECOND, exitCode: 3 }) })
    world.addRun('bad', { template: IMAGE })
    await world.clock.advance(2 * MINUTE)
    const { uid } = world.run('bad')?.metadata ?? {}
    expect(eventsOf('bad').at(-1)).toMatchObject({
      event: 'capstan.run.Failed',
      namespace: 'default',
      runUid: uid,
      resource: {
        'capstan.resource.id': `capstan.run.${uid}`,
        'capstan.resource.name': 'bad',
        'capstan.run-count': '1',
        'capstan.state-message': 'Container main exited with code 3.',
        'capstan.state-name': 'Failed',
        'capstan.state-type': 'FAILED',
        'capstan.state-timestamp': world.run('bad')?.status?.state?.timestamp,
      },
      payload: {
        intended: { from: 'RUNNING', to: 'FAILED' },
        initial_state: { type: 'RUNNING', name: 'Running' },
        validated_state: { type: 'FAILED', name: 'Failed' },
      },
    })
    expect(eventsOf('bad').at(-1)?.related).toMatchObject([
      { 'capstan.resource.role': 'work-pool', 'capstan.resource.name': 'default' },
      { 'capstan.resource.role': 'work-queue', 'capstan.resource.name': 'default' },
    ])
    expect(eventsOf('bad').find(({ event }) => event === 'capstan.attempt.ended')).toMatchObject({
      payload: { attempt: 1, class: 'ExitNonZero', exitCode: 3 },
    })
  })

  test('a cancelled run: the call that stops its task stands in it with its cause', async () => {
    await startWorld({ behave: () => ({}) })
    world.addRun('long', { template: IMAGE })
    await world.clock.advance(MINUTE)
    world.changeRun('long', { cancel: true })
    await world.clock.advance(2 * MINUTE)
    const stops = eventsOf('long').filter(({ event }) => event === 'capstan.ecs.StopTask')
    expect(stops).toHaveLength(1)
    expect(stops[0]?.payload).toMatchObject({ attempt: 1, cause: 'Cancel' })
    expect(namesOf('long', 'capstan.run.').slice(-2)).toEqual([
      'capstan.run.Cancelling',
      'capstan.run.Cancelled',
    ])
  })

  test('a launch that ECS refuses stands in it', async () => {
    const fault = { type: 'capacity' } as const
    await startWorld({
      behave: () => ({ runMs: SECOND, exitCode: 0 }),
      faults: { rules: [{ operation: 'RunTask', calls: [1], fault }] },
    })
    world.addRun('a', { template: IMAGE })
    await world.clock.advance(HOUR)
    expect(namesOf('a', 'capstan.attempt.')).toEqual([
      'capstan.attempt.refused',
      'capstan.attempt.launched',
      'capstan.attempt.ended',
    ])
  })

  test('a world at peace adds nothing', async () => {
    await startWorld({ behave: () => ({}) })
    world.addRun('long', { template: IMAGE })
    await world.clock.advance(10 * MINUTE)
    const before = world.store.eventLog.newestSeq()
    await world.clock.advance(HOUR)
    expect(world.store.eventLog.newestSeq()).toBe(before)
  })
})

/** Calls that boundaries are counted at, and the one to die at. */
async function dieAt(index: number): Promise<number> {
  let boundaries = 0
  let attempt = 0
  world = new World({
    config: { delays: BRISK_DELAYS },
    settle: settleMicrotasks,
    reopens: true,
    behave: () => {
      attempt += 1
      return { runMs: SECOND, exitCode: attempt === 1 ? 1 : 0 }
    },
    diesAt: () => {
      boundaries += 1
      return boundaries === index
    },
    onDeath: () => {
      world.clock.after(0, () => void world.boot())
    },
  })
  await world.start()
  world.addRun('flaky', { template: { ...IMAGE, retry: { limit: 1 } } })
  await world.clock.advance(10 * MINUTE)
  return boundaries
}

describe('wherever the process dies', () => {
  test('what happened once is told once', async () => {
    const boundaries = await dieAt(0)
    expect(boundaries).toBeGreaterThan(10)
    for (const index of [0, ...pointsUpTo(boundaries)]) {
      if (index > 0) {
        await world.stop()
        await dieAt(index)
      }
      expect(world.state('flaky'), `death at ${index}`).toBe('COMPLETED/Completed')
      const names = namesOf('flaky').filter((name) => !name.startsWith('capstan.task.'))
      const states = names.filter((name) => name.startsWith('capstan.run.'))
      expect(
        names.filter((name) => !name.startsWith('capstan.run.')),
        `death at ${index}`,
      ).toEqual([
        'capstan.ecs.RunTask',
        'capstan.attempt.launched',
        'capstan.attempt.ended',
        'capstan.ecs.RunTask',
        'capstan.attempt.launched',
        'capstan.attempt.ended',
      ])
      expect(states.filter((name, place) => name === states[place - 1])).toEqual([])
      expect(states.at(-1)).toBe('capstan.run.Completed')
      expect(states.filter((name) => name === 'capstan.run.AwaitingRetry')).toHaveLength(1)
    }
  })
})
