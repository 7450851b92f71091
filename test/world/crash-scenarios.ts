import type { DriverTask } from '../../src/emulator/drivers/driver.ts'
import type { Behaviour } from '../../src/emulator/drivers/none.ts'
import type { Fault, FaultPlan } from '../../src/emulator/faults.ts'
import { MINUTE, SECOND } from './builders.ts'
import type { Scenario } from './crash-index.ts'
import type { World } from './world.ts'

const IMAGE = { image: 'busybox' }

/** The first RunTask goes wrong. */
function atFirst(fault: Fault): FaultPlan {
  return { rules: [{ operation: 'RunTask', calls: [1], fault }] }
}

/** Fails the first attempt. */
function failsOnce(task: DriverTask): Behaviour {
  const attempt = task.tags.find(({ key }) => key === 'capstan.dev/attempt')?.value
  return { runMs: SECOND, exitCode: attempt === '1' ? 1 : 0 }
}

function asItsCommandSays({ containers: [main] }: DriverTask): Behaviour {
  return main?.command.includes('infinity') ? {} : { runMs: 10 * SECOND }
}

const untilStopped = (): Behaviour => ({})
const forTenSeconds = (): Behaviour => ({ runMs: 10 * SECOND })
const forTenMinutes = (): Behaviour => ({ runMs: 10 * MINUTE })

function inTheNarrowPool(world: World, names: readonly string[]): void {
  world.addWorkPool('narrow', { concurrencyLimit: 1 })
  for (const name of names) world.addRun(name, { workPool: 'narrow', template: IMAGE })
}

/** Everything that a run goes through, each until nothing changes any more. */
export const SCENARIOS: readonly Scenario[] = [
  {
    name: 'a launch',
    async play(world) {
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(5 * MINUTE)
    },
  },
  {
    name: 'a failure',
    options: { behave: () => ({ runMs: SECOND, exitCode: 3 }) },
    async play(world) {
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(5 * MINUTE)
    },
  },
  {
    name: 'a retry',
    options: { behave: failsOnce },
    async play(world) {
      world.addRun('run', { template: { ...IMAGE, retry: { limit: 1 } } })
      await world.clock.advance(8 * MINUTE)
    },
  },
  {
    name: 'a lost reply',
    options: { faults: atFirst({ type: 'reset', effect: 'after' }) },
    async play(world) {
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(5 * MINUTE)
    },
  },
  {
    name: 'a cancel',
    options: { behave: untilStopped },
    async play(world) {
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(MINUTE)
      world.changeRun('run', { cancel: true })
      await world.clock.advance(3 * MINUTE)
    },
  },
  {
    name: 'a cancel before the start',
    options: { faults: atFirst({ type: 'slowStart', delayMs: 2 * MINUTE }) },
    async play(world) {
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(2 * SECOND)
      world.changeRun('run', { cancel: true })
      await world.clock.advance(3 * MINUTE)
    },
  },
  {
    name: 'a delete',
    options: { behave: untilStopped },
    async play(world) {
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(MINUTE)
      world.deleteRun('run')
      await world.clock.advance(3 * MINUTE)
    },
  },
  {
    name: 'a replacement',
    options: { behave: asItsCommandSays },
    async play(world) {
      world.addRun('run', { template: { ...IMAGE, command: 'sleep infinity' } })
      await world.clock.advance(25 * SECOND)
      world.deleteRun('run')
      await world.clock.advance(2 * MINUTE)
      world.addRun('run', { template: { ...IMAGE, command: 'sleep 10' } })
      await world.clock.advance(3 * MINUTE)
    },
  },
  {
    name: 'a refusal for want of capacity',
    options: { faults: atFirst({ type: 'capacity' }) },
    async play(world) {
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(5 * MINUTE)
    },
  },
  {
    name: 'registrations of one family',
    async play(world) {
      for (const tag of ['a', 'b']) {
        world.addRun(`run-${tag}`, { template: { image: `app:${tag}`, family: 'shared' } })
        await world.clock.advance(MINUTE)
      }
      world.addRun('run-c', { template: { image: 'app:b', family: 'shared' } })
      await world.clock.advance(3 * MINUTE)
    },
  },
  {
    name: 'suspension and resumption',
    options: { behave: forTenMinutes },
    async play(world) {
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(MINUTE)
      world.changeRun('run', { suspend: true })
      await world.clock.advance(3 * MINUTE)
      world.changeRun('run', { suspend: false })
      await world.clock.advance(15 * MINUTE)
    },
  },
  {
    name: 'a TTL',
    async play(world) {
      world.addRun('run', { template: { ...IMAGE, ttlSecondsAfterFinished: 30 } })
      await world.clock.advance(5 * MINUTE)
    },
  },
  {
    name: 'another run of the same',
    async play(world) {
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(2 * MINUTE)
      world.annotateRun('run', 'once more')
      await world.clock.advance(3 * MINUTE)
    },
  },
  {
    name: 'a reclaimed Spot host',
    options: {
      faults: atFirst({ type: 'spotInterruption', afterMs: 5 * SECOND }),
      behave: forTenSeconds,
    },
    async play(world) {
      world.addRun('run', { template: { ...IMAGE, launchType: 'FARGATE_SPOT' } })
      await world.clock.advance(10 * MINUTE)
    },
  },
  {
    name: 'a start that takes too long',
    options: { faults: atFirst({ type: 'neverStart' }) },
    async play(world) {
      const template = { ...IMAGE, taskStartTimeoutSeconds: 60, retry: { limit: 1 } }
      world.addRun('run', { template })
      await world.clock.advance(8 * MINUTE)
    },
  },
  {
    name: 'an attempt that takes too long',
    options: { behave: untilStopped },
    async play(world) {
      world.addRun('run', { template: { ...IMAGE, attemptDeadlineSeconds: 60 } })
      await world.clock.advance(5 * MINUTE)
    },
  },
  {
    name: 'a pool with one slot',
    options: { behave: forTenSeconds },
    async play(world) {
      inTheNarrowPool(world, ['run-a', 'run-b', 'run-c'])
      await world.clock.advance(8 * MINUTE)
    },
  },
  {
    name: 'a schedule',
    async play(world) {
      world.addDeployment('tick', { schedules: [{ cron: '*/2 * * * *' }], template: IMAGE })
      await world.clock.advance(7 * MINUTE)
      world.change('Deployment', 'tick', { suspend: true })
      await world.clock.advance(3 * MINUTE)
    },
  },
  {
    name: 'the collection of old definitions',
    async play(world) {
      world.change('WorkPool', 'default', { taskDefinitions: { keepRevisions: 1 } })
      for (const tag of ['a', 'b', 'c']) {
        world.addRun(`run-${tag}`, { template: { image: `app:${tag}`, family: 'etl' } })
        await world.clock.advance(2 * MINUTE)
      }
      await world.clock.advance(5 * MINUTE)
    },
  },
]
