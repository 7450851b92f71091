import { afterEach, describe, expect, test } from 'vitest'
import type { Behaviour } from '../../src/emulator/drivers/none.ts'
import { findCondition } from '../../src/kinds/conditions.ts'
import type { Heartbeat, TemplateSpec } from '../../src/kinds/generated.ts'
import { HOUR, MINUTE, SECOND } from '../world/builders.ts'
import { World, type WorldOptions } from '../world/world.ts'

const EVERY_30_S: Heartbeat = { frequencySeconds: 30 }
/** Silence for longer than this is too long, with three beats that may be missed. */
const WINDOW = 105 * SECOND
/** From launch to RUNNING in the emulator, and until that is seen. */
const START = 30 * SECOND

let world: World

async function startWorld(options: WorldOptions): Promise<World> {
  world = new World({ pace: { floorMs: 3_000, ceilingMs: 40_000 }, ...options })
  await world.start()
  return world
}

afterEach(async () => {
  await world.stop()
})

function template(different: Partial<TemplateSpec> = {}): TemplateSpec {
  return { image: 'busybox', heartbeat: EVERY_30_S, ...different }
}

/** A beat at once, and then one every 30 s until `untilMs` after the start. */
function beats(untilMs: number): readonly number[] {
  return Array.from({ length: Math.floor(untilMs / (30 * SECOND)) + 1 }, (_, i) => i * 30 * SECOND)
}

const HEALTHY: Behaviour = { runMs: 20 * MINUTE, exitCode: 0, beatsAtMs: beats(20 * MINUTE) }
/** Beats for five minutes, and then stands still until it is stopped. */
const HANGS: Behaviour = { beatsAtMs: beats(5 * MINUTE) }

function status(name: string) {
  return world.run(name)?.status
}

function unresponsive(name: string) {
  return findCondition(status(name)?.conditions, 'Unresponsive')
}

function events(name: string): readonly string[] {
  return world.store.events
    .list({ regardingName: name })
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
}

describe('a run that beats', () => {
  test('is left alone, and its last beat can be seen', async () => {
    await startWorld({ behave: () => HEALTHY })
    world.addRun('well', { template: template() })
    await world.clock.advance(10 * MINUTE)
    expect(status('well')?.heartbeat).toMatchObject({
      attempt: 1,
      frequencySeconds: 30,
      windowSeconds: 105,
      source: 'Http',
      onMissed: 'Crash',
    })
    const last = Date.parse(status('well')?.heartbeat?.lastBeatAt ?? '')
    expect(world.clock.nowMs() - last).toBeLessThanOrEqual(62 * SECOND)
    expect(Date.parse(status('well')?.heartbeat?.deadlineAt ?? '')).toBe(last + WINDOW)
    await world.clock.advance(15 * MINUTE)
    expect(world.state('well')).toBe('COMPLETED/Completed')
    expect(status('well')?.heartbeat).not.toHaveProperty('deadlineAt')
    expect(world.calls('StopTask')).toBe(0)
  })

  test('costs no transaction of its own for each beat', async () => {
    await startWorld({ behave: () => HEALTHY })
    for (let index = 0; index < 20; index += 1)
      world.addRun(`run-${index}`, { template: template() })
    await world.clock.advance(2 * MINUTE)
    const before = world.store.resourceVersion()
    await world.clock.advance(5 * MINUTE)
    // 10 beats of 20 runs: each is shown at most once, all of a moment together.
    expect(world.store.resourceVersion() - before).toBeLessThanOrEqual(200)
  })

  test('is judged alike however often and however far the clock is set', async () => {
    await startWorld({ behave: () => HEALTHY })
    world.addRun('well', { template: template() })
    for (let minute = 0; minute < 24; minute += 1) {
      await world.clock.advance(MINUTE)
      world.clock.stepWall((minute % 2 === 0 ? 1 : -1) * 30 * MINUTE)
    }
    expect(status('well')?.attempts).toHaveLength(1)
    expect(world.calls('StopTask')).toBe(0)
  })

  test('survives any number of restarts and the time in which nobody listened', async () => {
    await startWorld({ behave: () => HEALTHY })
    world.addRun('well', { template: template() })
    await world.clock.advance(2 * MINUTE)
    for (let round = 0; round < 5; round += 1) {
      world.crash()
      await world.clock.advance(2 * MINUTE)
      await world.start()
      await world.clock.advance(80 * SECOND)
    }
    await world.clock.advance(5 * MINUTE)
    expect(world.state('well')).toBe('COMPLETED/Completed')
    expect(world.calls('StopTask')).toBe(0)
  })
})

describe('a run that hangs', () => {
  test('is called unresponsive, stopped in time, and retried', async () => {
    let launches = 0
    await startWorld({
      behave: () => {
        launches += 1
        const onStop = { afterMs: 25 * SECOND, exitCode: 143 }
        return launches === 1 ? { ...HANGS, onStop } : HEALTHY
      },
    })
    const retry = { limit: 1, backoff: { initialSeconds: 5 } }
    world.addRun('stuck', { template: template({ retry }) })
    await world.clock.advance(START + 5 * MINUTE + WINDOW - 20 * SECOND)
    expect(world.calls('StopTask')).toBe(0)
    await world.clock.advance(20 * SECOND)
    expect(world.calls('StopTask')).toBe(1)
    expect(unresponsive('stuck')).toMatchObject({
      status: 'True',
      reason: 'HeartbeatLost',
      message: 'No heartbeat came for 105 s; one is due every 30 s.',
    })
    await world.clock.advance(MINUTE)
    expect(unresponsive('stuck')?.status).toBe('False')
    expect(status('stuck')?.attempts?.[0]?.class).toBe('HeartbeatLost')
    await world.clock.advance(25 * MINUTE)
    expect(world.state('stuck')).toBe('COMPLETED/Completed')
    expect(status('stuck')?.attempts?.map((one) => one.class)).toEqual(['HeartbeatLost', 'Success'])
    expect(events('stuck')).toContain(
      'Warning HeartbeatLost: No heartbeat came for 105 s; one is due every 30 s.',
    )
  })

  test('is CRASHED where nothing is retried', async () => {
    await startWorld({ behave: () => HANGS })
    world.addRun('stuck', { template: template() })
    await world.clock.advance(10 * MINUTE)
    expect(world.state('stuck')).toBe('CRASHED/Crashed')
    expect(world.liveTasks()).toEqual([])
  })

  test('is found out although it never gave a sign of life', async () => {
    await startWorld({ behave: () => ({}) })
    world.addRun('mute', { template: template() })
    await world.clock.advance(START + 290 * SECOND)
    expect(world.calls('StopTask')).toBe(0)
    await world.clock.advance(MINUTE)
    expect(status('mute')?.attempts?.[0]?.class).toBe('HeartbeatLost')
    expect(events('mute').join('\n')).toMatch(/No first heartbeat came within 300 s/)
  })

  test('with Notify it is only told, until it beats again', async () => {
    const late = [...beats(5 * MINUTE), 10 * MINUTE]
    await startWorld({ behave: () => ({ runMs: 11 * MINUTE, exitCode: 0, beatsAtMs: late }) })
    world.addRun('quiet', {
      template: template({ heartbeat: { ...EVERY_30_S, onMissed: 'Notify' } }),
    })
    await world.clock.advance(START + 5 * MINUTE + WINDOW + 10 * SECOND)
    expect(unresponsive('quiet')?.status).toBe('True')
    await world.restart()
    await world.clock.advance(30 * SECOND)
    expect(unresponsive('quiet')?.status).toBe('True')
    await world.clock.advance(3 * MINUTE)
    expect(unresponsive('quiet')).toMatchObject({ status: 'False', reason: 'HeartbeatReceived' })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('quiet')).toBe('COMPLETED/Completed')
    expect(world.calls('StopTask')).toBe(0)
    expect(events('quiet').filter((one) => one.includes('Heartbeat'))).toHaveLength(2)
  })

  test.each(['cancel', 'suspend'] as const)('and is to %s anyway is not judged', async (wish) => {
    await startWorld({
      behave: () => ({ ...HANGS, onStop: { afterMs: 20 * MINUTE, exitCode: 0 } }),
    })
    world.addRun('stuck', { template: template() })
    await world.clock.advance(6 * MINUTE)
    world.changeRun('stuck', { [wish]: true })
    await world.clock.advance(10 * MINUTE)
    expect(unresponsive('stuck')).toBeUndefined()
    expect(status('stuck')?.attempts?.[0]?.class).toBe('Cancelled')
  })
})

describe('a task that dies', () => {
  test('is classified by its end, long before its lease is', async () => {
    await startWorld({
      behave: () => ({ runMs: 3 * MINUTE, exitCode: 137, beatsAtMs: beats(3 * MINUTE) }),
    })
    world.addRun('dies', { template: template() })
    await world.clock.advance(START + 3 * MINUTE + 50 * SECOND)
    expect(status('dies')?.attempts?.[0]).toMatchObject({ exitCode: 137 })
    expect(status('dies')?.attempts?.[0]?.class).not.toBe('HeartbeatLost')
    expect(world.calls('StopTask')).toBe(0)
  })
})

describe('what a lease is made of', () => {
  test('is frozen: a deployment that turns heartbeats on later crashes nothing that runs', async () => {
    await startWorld({ behave: () => ({ runMs: HOUR, exitCode: 0 }) })
    world.addDeployment('job', { template: { image: 'busybox' } })
    world.addRun('before', { deployment: 'job' })
    await world.clock.advance(2 * MINUTE)
    world.change('Deployment', 'job', { template: template() })
    world.addRun('after', { deployment: 'job' })
    await world.clock.advance(20 * MINUTE)
    expect(world.state('before')).toBe('RUNNING/Running')
    expect(world.state('after')).toBe('CRASHED/Crashed')
  })

  test("is switched on by Prefect's variable, as number or as text", async () => {
    await startWorld({ behave: () => HANGS })
    for (const [name, value] of [
      ['number', 30],
      ['text', '30'],
    ] as const) {
      world.addRun(name, {
        template: { image: 'busybox', env: { PREFECT_RUNNER_HEARTBEAT_FREQUENCY: value } },
      })
    }
    await world.clock.advance(10 * MINUTE)
    for (const name of ['number', 'text']) {
      expect(status(name)?.attempts?.[0]?.class).toBe('HeartbeatLost')
    }
  })

  test('belongs to each task of an array', async () => {
    await startWorld({
      behave: (task) => {
        const [container] = task.containers
        return container?.environment['CAPSTAN_ARRAY_INDEX'] === '1' ? HANGS : HEALTHY
      },
    })
    world.addRun('many', { array: 3, template: template() })
    await world.clock.advance(8 * MINUTE)
    expect(status('many')?.array).toMatchObject({ active: 2, failed: 1, failedIndexes: '1' })
    await world.clock.advance(20 * MINUTE)
    expect(status('many')?.array).toMatchObject({ succeeded: 2, failed: 1 })
    expect(world.calls('StopTask')).toBe(1)
  })
})
