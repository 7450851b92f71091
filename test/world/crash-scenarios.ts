import type { DriverTask } from '../../src/emulator/drivers/driver.ts'
import type { Behaviour } from '../../src/emulator/drivers/none.ts'
import type { Fault, FaultPlan } from '../../src/emulator/faults.ts'
import { MINUTE, SECOND } from './builders.ts'
import type { Scenario } from './crash-index.ts'
import { FIRST_STARTS } from './crash-probe.ts'
import { downgrade, SCHEMA_VERSIONS } from './downgrade.ts'
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
const forHalfAMinute = (): Behaviour => ({ runMs: 30 * SECOND })
const forTenMinutes = (): Behaviour => ({ runMs: 10 * MINUTE })

function inTheNarrowPool(world: World, names: readonly string[]): void {
  world.addWorkPool('narrow', { concurrencyLimit: 1 })
  for (const name of names) world.addRun(name, { workPool: 'narrow', template: IMAGE })
}

const LOGGED = {
  ...IMAGE,
  configureCloudwatchLogs: true,
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
} as const

/** Writes a line every 300 ms for four seconds, and ends with `exitCode`. */
function chatters(exitCode: number): () => Behaviour {
  const output = Array.from({ length: 13 }, (_, n) => ({ atMs: 300 * n, message: `line ${n}` }))
  return () => ({ runMs: 4 * SECOND, exitCode, output })
}

/** A manifest of a Run whose tasks last as its command says. */
function runFile(name: string, command: 'sleep 10' | 'sleep infinity' = 'sleep 10'): string {
  return `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: ${name}}
spec: {template: {image: busybox, command: ${command}}}
`
}

/** The program is upgraded while a task runs: the next start finds a schema of long ago. */
function upgradeFrom(version: number): Scenario {
  return {
    name: `an upgrade from schema ${version}`,
    options: { behave: forHalfAMinute },
    async play(world) {
      world.addRun('running', { template: IMAGE })
      await world.clock.advance(15 * SECOND)
      world.crash()
      world.addRun('new', { template: IMAGE })
      world.exchangeDatabase(downgrade(world.store.serialize(), version))
      await world.start()
      await world.clock.advance(4 * MINUTE)
    },
  }
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
    name: 'launches that share commits',
    options: { behave: forTenSeconds },
    async play(world) {
      world.store.transaction(() => {
        for (const name of ['run-a', 'run-b', 'run-c']) world.addRun(name, { template: IMAGE })
      })
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
    name: 'an automation that answers a failure',
    options: { behave: failsOnce },
    async play(world) {
      world.addAutomation('again', {
        trigger: { type: 'event', expect: ['capstan.run.Failed'], within: 86_400 },
        actions: [{ type: 'rerun' }],
      })
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(8 * MINUTE)
    },
  },
  {
    name: 'automations that answer one another without an end',
    options: { behave: failsOnce },
    async play(world) {
      const answer = { type: 'event', expect: ['capstan.automation.triggered'] } as const
      world.addAutomation('ping', { trigger: answer })
      world.addAutomation('pong', { trigger: answer, actions: [{ type: 'do-nothing' }] })
      world.addAutomation('serve', {
        trigger: { type: 'event', expect: ['capstan.run.Failed'], within: 86_400 },
      })
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(5 * MINUTE)
    },
  },
  {
    name: 'an automation that ends a silent run',
    options: { behave: untilStopped },
    async play(world) {
      world.addAutomation('too-long', {
        trigger: {
          type: 'event',
          posture: 'Proactive',
          after: ['capstan.run.Running'],
          expect: ['capstan.run.Completed'],
          forEach: ['capstan.resource.id'],
          within: 120,
        },
        actions: [{ type: 'change-run-state', state: 'CRASHED', message: 'It took too long.' }],
      })
      world.addRun('run', { template: IMAGE })
      await world.clock.advance(8 * MINUTE)
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
  {
    name: 'an array',
    options: { behave: forTenSeconds },
    async play(world) {
      world.addRun('run', { array: 3, template: IMAGE } as never)
      await world.clock.advance(8 * MINUTE)
    },
  },
  {
    name: 'following of output',
    options: { behave: chatters(0) },
    async play(world) {
      for (const name of ['one', 'two']) {
        world.addRun(name, { template: { ...LOGGED, streamOutput: true } })
      }
      await world.clock.advance(5 * MINUTE)
    },
  },
  {
    name: 'reading of last lines',
    options: { behave: chatters(3) },
    async play(world) {
      world.addRun('run', { template: { ...LOGGED, retry: { limit: 1 } } })
      await world.clock.advance(8 * MINUTE)
    },
  },
  {
    name: 'a prune',
    folder: { 'a.yaml': runFile('a'), 'b.yaml': runFile('b', 'sleep infinity') },
    options: { behave: asItsCommandSays },
    async play(world, folder) {
      await world.clock.advance(MINUTE)
      folder.remove('b.yaml')
      await world.clock.advance(3 * MINUTE)
    },
  },
  {
    name: 'a prune that is held and approved',
    folder: { 'a.yaml': runFile('a', 'sleep infinity'), 'b.yaml': runFile('b', 'sleep infinity') },
    options: { behave: asItsCommandSays },
    async play(world, folder) {
      await world.clock.advance(MINUTE)
      folder.remove('a.yaml', 'b.yaml')
      await world.clock.advance(MINUTE)
      if (world.liveTasks().length !== 2) throw new Error('stopped without approval')
      folder.approve()
      await world.clock.advance(3 * MINUTE)
    },
  },
  {
    name: 'new content of a file',
    folder: { 'a.yaml': runFile('a', 'sleep infinity') },
    options: { behave: asItsCommandSays },
    async play(world, folder) {
      await world.clock.advance(MINUTE)
      folder.write('a.yaml', runFile('a', 'sleep 10'))
      await world.clock.advance(5 * MINUTE)
    },
  },
  {
    name: 'recovery of a lost database',
    folder: { 'a.yaml': runFile('a'), 'b.yaml': runFile('b', 'sleep infinity') },
    options: { behave: asItsCommandSays },
    async play(world, folder) {
      await world.clock.advance(MINUTE)
      world.crash()
      world.loseDatabase()
      await world.start()
      await world.clock.advance(MINUTE)
      folder.write('c.yaml', runFile('c'))
      await world.clock.advance(MINUTE)
      folder.remove('b.yaml')
      await world.clock.advance(2 * MINUTE)
    },
  },
  ...FIRST_STARTS,
  ...SCHEMA_VERSIONS.map(upgradeFrom),
]
