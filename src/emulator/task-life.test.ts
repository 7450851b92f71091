import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { someOf } from '../../test/world/effort.ts'
import {
  type Emulated,
  type EmulatedOptions,
  emulated,
  type Wire,
} from '../../test/world/emulated.ts'
import type { TaskDriver, TaskReport } from './drivers/driver.ts'
import type { Behaviour } from './drivers/none.ts'

const SECOND = 1_000
const HOUR = 3_600 * SECOND
/** Pace of the tests: each state begins on a whole second. */
const DELAYS = {
  provisioningMs: 2 * SECOND,
  pendingMs: 3 * SECOND,
  activatingMs: SECOND,
  stopLagMs: SECOND,
  deactivatingMs: SECOND,
  deprovisioningMs: 2 * SECOND,
}
const RUNNING_AT = 6 * SECOND
const NO_DELAYS = {
  provisioningMs: 0,
  pendingMs: 0,
  activatingMs: 0,
  stopLagMs: 0,
  deactivatingMs: 0,
  deprovisioningMs: 0,
}

function bench(
  behaviour: Behaviour = { runMs: 10 * SECOND },
  options: EmulatedOptions = {},
): Emulated {
  const world = emulated({
    behave: () => behaviour,
    ...options,
    config: { delays: DELAYS, ...options.config },
  })
  world.register()
  return world
}

/** The states of a task over the given seconds, without repetitions. */
function watch(world: Emulated, taskArn: string, seconds: number): readonly string[] {
  const seen: string[] = []
  for (let second = 0; second <= seconds; second++) {
    const { lastStatus, desiredStatus, version } = world.describeTask(taskArn)
    const state = `${version} ${lastStatus}${desiredStatus === 'STOPPED' ? ' (stop)' : ''}`
    if (seen.at(-1) !== state) seen.push(state)
    world.clock.advanceSync(SECOND)
  }
  return seen
}

describe('the states of a task', () => {
  test('by itself, to the end', () => {
    const world = bench()
    const { taskArn } = world.run()
    expect(watch(world, taskArn, 30)).toEqual([
      '1 PROVISIONING',
      '2 PENDING',
      '3 ACTIVATING',
      '4 RUNNING',
      '5 DEACTIVATING (stop)',
      '6 DEPROVISIONING (stop)',
      '7 STOPPED (stop)',
    ])
  })

  test('stopped while it runs: told later, given its time, killed after the stop timeout', () => {
    const world = bench({ onStop: { afterMs: 60 * SECOND, exitCode: 0 } })
    const { taskArn } = world.run()
    world.clock.advanceSync(RUNNING_AT)
    world.ecs('StopTask', { task: taskArn })
    expect(watch(world, taskArn, 40)).toEqual([
      '5 RUNNING (stop)',
      '6 DEACTIVATING (stop)',
      '7 STOPPING (stop)',
      '8 DEPROVISIONING (stop)',
      '9 STOPPED (stop)',
    ])
    const task = world.describeTask(taskArn)
    expect(task).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'Task stopped by user' })
    expect(task.containers[0].exitCode).toBe(137)
    expect(task.executionStoppedAt - task.stoppingAt).toBe(31)
  })

  test('stopped before it started: no container ran, no exit code', () => {
    const world = bench()
    const { taskArn } = world.run()
    world.clock.advanceSync(3 * SECOND)
    world.ecs('StopTask', { task: taskArn, reason: 'too late' })
    expect(watch(world, taskArn, 10)).toEqual([
      '3 PENDING (stop)',
      '4 DEACTIVATING (stop)',
      '5 DEPROVISIONING (stop)',
      '6 STOPPED (stop)',
    ])
    const task = world.describeTask(taskArn)
    expect(task.startedAt).toBeUndefined()
    expect(task.containers[0].exitCode).toBeUndefined()
  })

  test('states that last no time are not seen and have no version', () => {
    const world = emulated({ behave: () => ({ runMs: 1_000 }) })
    world.register()
    const { taskArn } = world.run()
    expect(watch(world, taskArn, 40)).toEqual([
      '1 PROVISIONING',
      '2 PENDING',
      '3 RUNNING',
      '4 DEPROVISIONING (stop)',
      '5 STOPPED (stop)',
    ])
  })

  test('a failed pull: four versions, no exit code', () => {
    const world = emulated({ faults: [{ operation: 'RunTask', fault: { type: 'startFailure' } }] })
    world.register()
    const { taskArn } = world.run()
    expect(watch(world, taskArn, 40).at(-1)).toBe('4 STOPPED (stop)')
    const task = world.describeTask(taskArn)
    expect(task).toMatchObject({
      stopCode: 'TaskFailedToStart',
      stoppedReason: expect.stringMatching(/^CannotPullContainerError: /),
    })
    expect(task.startedAt).toBeUndefined()
    expect(task.containers[0].exitCode).toBeUndefined()
  })
})

describe('what ends a task', () => {
  const endOf = (world: Emulated, rest: object = {}): Wire => {
    const { taskArn } = world.run(rest)
    world.clock.advanceSync(60 * SECOND)
    const task = world.describeTask(taskArn)
    const [{ exitCode, reason }] = task.containers
    return { stopCode: task.stopCode, stoppedReason: task.stoppedReason, exitCode, reason }
  }

  test('out of memory shows in the container', () => {
    const reason = 'OutOfMemoryError: container killed due to memory usage'
    expect(endOf(bench({ runMs: 0, exitCode: 137, reason }))).toEqual({
      stopCode: 'EssentialContainerExited',
      stoppedReason: 'Essential container in task exited',
      exitCode: 137,
      reason,
    })
  })

  test('a Spot interruption in the middle of the run', () => {
    const fault = { type: 'spotInterruption', afterMs: 4 * SECOND } as const
    const world = bench({ runMs: 10 * SECOND }, { faults: [{ operation: 'RunTask', fault }] })
    expect(endOf(world)).toEqual({
      stopCode: 'SpotInterruption',
      stoppedReason: 'Your Spot Task was interrupted.',
      exitCode: 143,
      reason: undefined,
    })
  })

  test('an interruption after the end changes nothing', () => {
    const fault = { type: 'spotInterruption', afterMs: 20 * SECOND } as const
    const world = bench({ runMs: 10 * SECOND }, { faults: [{ operation: 'RunTask', fault }] })
    expect(endOf(world)).toMatchObject({ stopCode: 'EssentialContainerExited', exitCode: 0 })
  })

  test('a lost host', () => {
    const fault = { type: 'hostLoss', afterMs: SECOND } as const
    const world = bench({ runMs: 10 * SECOND }, { faults: [{ operation: 'RunTask', fault }] })
    expect(endOf(world)).toMatchObject({
      stopCode: 'TerminationNotice',
      stoppedReason: expect.stringMatching(/^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/),
      exitCode: 137,
    })
  })

  test('an interruption from outside, on demand', () => {
    const world = bench({})
    const { taskArn } = world.run()
    world.clock.advanceSync(RUNNING_AT)
    const atMs = world.clock.nowMs()
    const how = {
      code: 'SpotInterruption',
      reason: 'Your Spot Task was interrupted.',
      atMs,
    } as const
    expect(world.emulator.interrupt(taskArn, how)).toBe(true)
    expect(world.emulator.interrupt('arn:aws:ecs:us-east-1:1:task/default/0', how)).toBe(false)
    expect(world.describeTask(taskArn).desiredStatus).toBe('STOPPED')
  })

  test('the end of an essential container ends the others', () => {
    const world = emulated({
      behave: ({ name }) => (name === 'main' ? { runMs: 5 * SECOND, exitCode: 2 } : {}),
    })
    const side = { name: 'side', image: 'image', essential: false }
    world.register({ containerDefinitions: [side, { name: 'main', image: 'image' }] })
    const { taskArn } = world.run()
    world.clock.advanceSync(60 * SECOND)
    expect(world.describeTask(taskArn).containers).toMatchObject([
      { name: 'side', exitCode: 143 },
      { name: 'main', exitCode: 2 },
    ])
  })

  test.each([
    ['side', 'main'],
    ['main', 'side'],
  ])('also when they had longer to run: %s, %s', (...order) => {
    const world = emulated({ behave: ({ name }) => ({ runMs: name === 'main' ? SECOND : HOUR }) })
    const containerDefinitions = order.map((name) => ({
      name,
      image: 'image',
      essential: name === 'main',
    }))
    world.register({ containerDefinitions })
    const { taskArn } = world.run()
    world.clock.advanceSync(60 * SECOND)
    const task = world.describeTask(taskArn)
    expect(task.lastStatus).toBe('STOPPED')
    expect(task.containers.find(({ name }: Wire) => name === 'side').exitCode).toBe(143)
  })

  test('the end of a container that is not essential ends nothing', () => {
    const world = emulated({ behave: ({ name }) => (name === 'main' ? {} : { runMs: 0 }) })
    const side = { name: 'side', image: 'image', essential: false }
    world.register({ containerDefinitions: [side, { name: 'main', image: 'image' }] })
    const { taskArn } = world.run()
    world.clock.advanceSync(60 * SECOND)
    expect(world.describeTask(taskArn)).toMatchObject({
      lastStatus: 'RUNNING',
      containers: [
        { name: 'side', lastStatus: 'STOPPED', exitCode: 0 },
        { name: 'main', lastStatus: 'RUNNING' },
      ],
    })
  })

  test('stopping twice keeps the first reason, and a stopped task is answered as it is', () => {
    const world = bench()
    const { taskArn } = world.run()
    world.ecs('StopTask', { task: taskArn, reason: 'first' })
    world.ecs('StopTask', { task: taskArn, reason: 'second' })
    expect(world.describeTask(taskArn).stoppedReason).toBe('first')
    world.clock.advanceSync(60 * SECOND)
    const { task } = world.ecs('StopTask', { task: taskArn, reason: 'third' })
    expect(task).toMatchObject({ lastStatus: 'STOPPED', stoppedReason: 'first' })
  })
})

describe('a driver that tells what happens when it happens', () => {
  /** Does nothing by itself: the test reports for it. */
  function manual(): { readonly driver: TaskDriver; report: TaskReport | undefined } {
    const hand: { readonly driver: TaskDriver; report: TaskReport | undefined } = {
      report: undefined,
      driver: {
        start: (_task, report) => {
          hand.report = report
        },
        stop: () => {},
        flush: () => hand.report?.output('main', 'flushed', 0),
      },
    }
    return hand
  }

  test('states of one millisecond are told apart by their versions', () => {
    const hand = manual()
    const world = emulated({ driver: hand.driver, config: { delays: NO_DELAYS } })
    world.register()
    const { taskArn } = world.run()
    const seen: string[] = []
    const look = (): void => {
      const { version, lastStatus, desiredStatus } = world.describeTask(taskArn)
      seen.push(`${version} ${lastStatus} ${desiredStatus}`)
    }
    const nowMs = world.clock.nowMs()
    const acts = [
      () => hand.report?.started('main', nowMs),
      () => world.ecs('StopTask', { task: taskArn }),
      () => hand.report?.exited('main', { atMs: nowMs, exitCode: 0 }),
    ]
    look()
    for (const act of acts) {
      act()
      for (let again = 0; again < 4; again++) {
        look()
        if (again % 2 === 1) world.clock.advanceSync(1)
      }
    }
    const states = seen.filter((state, index) => state !== seen[index - 1])
    expect(new Set(states).size).toBe(states.length)
    const versions = states.map((state) => Number(state.split(' ')[0]))
    expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b))
    expect(states.at(-1)).toMatch(/STOPPED STOPPED$/)
  })

  test('an exit in the millisecond of the signal has its own version', () => {
    const hand = manual()
    const world = emulated({ driver: hand.driver, config: { delays: NO_DELAYS } })
    world.register()
    const { taskArn } = world.run()
    hand.report?.started('main', world.clock.nowMs())
    world.clock.advanceSync(10)
    world.ecs('StopTask', { task: taskArn })
    const stopping = world.describeTask(taskArn)
    hand.report?.exited('main', { atMs: world.clock.nowMs(), exitCode: 0 })
    expect(world.describeTask(taskArn)).toMatchObject({
      lastStatus: stopping.lastStatus,
      version: stopping.version,
    })
    world.clock.advanceSync(1)
    const ended = world.describeTask(taskArn)
    expect(ended.lastStatus).toBe('STOPPED')
    expect(ended.version).toBeGreaterThan(stopping.version)
  })

  test('reading logs brings the output that is there', () => {
    const hand = manual()
    const keepAllOutput = { logGroup: '/all', streamPrefix: 't' }
    const world = emulated({ driver: hand.driver, config: { keepAllOutput } })
    world.register()
    const logStreamName = `t/main/${world.run().taskArn.split('/').at(-1)}`
    hand.report?.started('main', world.clock.nowMs())
    const { events } = world.logs('GetLogEvents', { logGroupName: '/all', logStreamName })
    expect(events).toMatchObject([{ message: 'flushed' }])
  })
})

const ORDER = [
  'PROVISIONING',
  'PENDING',
  'ACTIVATING',
  'RUNNING',
  'DEACTIVATING',
  'STOPPING',
  'DEPROVISIONING',
  'STOPPED',
]

const arbitraryDelays = fc.record({
  provisioningMs: fc.nat(3),
  pendingMs: fc.nat(3),
  activatingMs: fc.nat(2),
  stopLagMs: fc.nat(3),
  deactivatingMs: fc.nat(2),
  deprovisioningMs: fc.nat(3),
})
const arbitraryBehaviour = fc.record(
  {
    runMs: fc.nat(6),
    exitCode: fc.nat(255),
    onStop: fc.record({ afterMs: fc.nat(5), exitCode: fc.nat(255) }),
  },
  { requiredKeys: [] },
)

test('however a task lives, its version tells its states apart and in order', () => {
  const stopsAt = fc.array(fc.nat(20), { maxLength: 2 })
  fc.assert(
    fc.property(arbitraryDelays, arbitraryBehaviour, stopsAt, (delays, behaviour, stops) => {
      const world = emulated({ behave: () => behaviour, config: { delays } })
      world.register()
      const { taskArn } = world.run()
      let before = { version: 0, state: '', rank: -1 }
      for (let ms = 0; ms < 40; ms++) {
        for (let look = 0; look < 2; look++) {
          const task = world.describeTask(taskArn)
          const state = `${task.lastStatus} ${task.desiredStatus}`
          const rank = ORDER.indexOf(task.lastStatus)
          expect(rank).toBeGreaterThanOrEqual(before.rank)
          if (state === before.state) expect(task.version).toBe(before.version)
          else expect(task.version).toBeGreaterThan(before.version)
          before = { version: task.version, state, rank }
          if (look === 0 && stops.includes(ms)) world.ecs('StopTask', { task: taskArn })
        }
        world.clock.advanceSync(1)
      }
    }),
    { numRuns: someOf(300) },
  )
})
