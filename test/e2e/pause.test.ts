import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FaultPlan } from '../../src/emulator/faults.ts'
import {
  callsOf,
  duplicates,
  type EcsReport,
  type FaultyEcs,
  startFaultyEcs,
} from './faulty-ecs.ts'
import {
  eventually,
  listRuns,
  openSandbox,
  PROGRAM,
  type Program,
  type Sandbox,
} from './program.ts'

/**
 * A controller that sleeps while the world goes on: paused (SIGSTOP), overtaken by a second one on the same
 * data directory, or with a wall clock that somebody sets. Each controller has a door of its own to ECS, so
 * that its calls are told apart.
 */

/** Nothing of Capstan waits longer for an answer of its own: locks end with their process, not with time. */
const PAUSE_MS = 5_000

/** More than the launch bucket lets through at once: at any moment some wait for their turn. */
const RUNS = 60

/** So few that the middle of the work lasts for seconds, on a machine that is busy as well. */
const LAUNCHES = '{burst: 12, perSecond: 8}'

/** Time in which a controller that wakes up would do what it had in mind. */
const AFTERMATH_MS = 3_000

const SKEWED_CLOCK = fileURLToPath(new URL('./skewed-clock.ts', import.meta.url))
const HOUR_MS = 3_600_000

const LOST_REPLIES: FaultPlan = {
  rules: [{ operation: 'RunTask', probability: 0.3, fault: { type: 'reset', effect: 'after' } }],
}

let sandbox: Sandbox
let ecs: FaultyEcs

beforeEach(async () => {
  sandbox = openSandbox()
  ecs = await startFaultyEcs({ faults: LOST_REPLIES, doors: ['first', 'second'] })
})

afterEach(async () => {
  await sandbox.close()
  await ecs.close()
})

function up(door: 'first' | 'second', socket = '.capstan/capstan.sock'): Program {
  const words = ['up', 'manifests', '--listen', 'none', '--socket', socket]
  return sandbox.start(words, { env: ecs.environment(door) })
}

function writeRun(name: string, runMs: number): void {
  sandbox.write(
    `manifests/${name}.yaml`,
    `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: ${name}}
spec:
  template:
    image: busybox
    family: shared
    taskStartTimeoutSeconds: 86400
    env: {RUN_MS: "${runMs}"}
`,
  )
}

function writeRuns(): void {
  sandbox.write(
    'manifests/pool.yaml',
    `apiVersion: capstan.dev/v1
kind: WorkPool
metadata: {name: default}
spec: {apiLimits: {fargateLaunch: ${LAUNCHES}}}
`,
  )
  for (let index = 0; index < RUNS; index += 1) writeRun(`run-${index}`, 500)
}

/** So many tasks are there that the controller is in the middle of its work. */
async function untilInTheMiddle(): Promise<void> {
  await eventually(async () => {
    const { tasks } = await ecs.report()
    expect(tasks.length).toBeGreaterThan(RUNS / 6)
    expect(tasks.length).toBeLessThan(RUNS)
  })
}

async function expectAllCompletedOnce(): Promise<EcsReport> {
  await eventually(async () => {
    const runs = await listRuns(sandbox)
    expect(runs).toHaveLength(RUNS)
    expect(runs.filter(({ status }) => status?.state?.type !== 'COMPLETED')).toEqual([])
  }, 60_000)
  const report = await ecs.report()
  expect(duplicates(report)).toEqual([])
  expect(report.tasks).toHaveLength(RUNS)
  return report
}

/** Calls of the first controller that changed something at ECS, or would have. */
function changesOf({ calls }: EcsReport): number {
  const operations = ['RunTask', 'StopTask', 'RegisterTaskDefinition', 'DeregisterTaskDefinition']
  return operations.reduce((sum, operation) => sum + (calls['first']?.[operation] ?? 0), 0)
}

test('paused for longer than any patience: a second controller is refused, and the first goes on', async () => {
  writeRuns()
  const first = up('first')
  await untilInTheMiddle()
  first.signal('SIGSTOP')
  const second = up('second')
  expect(await second.ended).toEqual({ code: 1, signal: null })
  expect(second.stderr).toContain(`is in use by another controller (pid ${first.pid} on `)
  await delay(PAUSE_MS)
  expect(await up('second').ended).toEqual({ code: 1, signal: null })
  first.signal('SIGCONT')
  const report = await expectAllCompletedOnce()
  expect(callsOf(report, 'second')).toBe(0)
  expect(await first.stop()).toEqual({ code: 0, signal: null })
  console.log(
    `pause ${JSON.stringify({ pausedMs: PAUSE_MS, tasks: report.tasks.length, duplicates: 0, callsOfTheRefused: callsOf(report, 'second') })}`,
  )
})

/** Between two transactions: nobody can take over from a process that sleeps in one, and is told so. */
async function pauseBetweenCommits(controller: Program): Promise<void> {
  await eventually(async () => {
    controller.signal('SIGSTOP')
    const database = new Database(sandbox.path('.capstan/capstan.db'), { timeout: 0 })
    try {
      database.exec('BEGIN IMMEDIATE; ROLLBACK')
    } catch (error) {
      controller.signal('SIGCONT')
      throw error
    } finally {
      database.close()
    }
  })
}

test('overtaken while it was paused: what it had in mind never reaches ECS', async () => {
  writeRuns()
  const first = up('first')
  await untilInTheMiddle()
  await pauseBetweenCommits(first)
  // What it was about to send, having looked at the lock, nobody can call back: ECS would tell it by its token.
  await ecs.cut('first')
  // What keeps the second one out is gone: someone tidied up, or the volume came from elsewhere.
  for (const name of readdirSync(sandbox.path('.capstan'))) {
    if (name.startsWith('lock.')) rmSync(sandbox.path('.capstan', name))
  }
  rmSync(sandbox.path('.capstan/capstan.sock'), { force: true })
  const second = up('second')
  await second.says(/API listens/)
  await eventually(async () => expect((await ecs.report()).tasks).toHaveLength(RUNS), 60_000)
  const before = await ecs.report()
  first.signal('SIGCONT')
  expect(await first.ended).toEqual({ code: 1, signal: null })
  expect(first.stderr).toMatch(/this (?:one|controller) stops/)
  await delay(AFTERMATH_MS)
  const report = await expectAllCompletedOnce()
  const changes = changesOf(report) - changesOf(before)
  const reads = callsOf(report, 'first') - callsOf(before, 'first') - changes
  console.log(
    `fence ${JSON.stringify({ tasks: report.tasks.length, duplicates: 0, ofTheFenced: { changes, reads }, callsOfTheSecond: callsOf(report, 'second') })}`,
  )
  expect(changes).toBe(0)
  expect(await second.stop()).toEqual({ code: 0, signal: null })
})

test('a wall clock that is set back and forth: each run once, and all of them end', async () => {
  const skewFile = sandbox.path('skew')
  writeFileSync(skewFile, '0')
  const words = ['--import', SKEWED_CLOCK, PROGRAM, 'up', 'manifests', '--listen', 'none']
  writeRun('run-0', 500)
  const controller = sandbox.launch(process.execPath, words, {
    env: { ...ecs.environment('first'), CLOCK_SKEW_FILE: skewFile },
  })
  await controller.says(/API listens/)
  const jumps = [-HOUR_MS, HOUR_MS, -23 * HOUR_MS, 23 * HOUR_MS, 0, 59 * 60_000, -1_000]
  let written = 1
  for (const jump of jumps) {
    for (const end = written + 7; written < end; written += 1) {
      writeRun(`run-${written}`, (written % 5) * 500)
    }
    await delay(700)
    writeFileSync(skewFile, String(jump))
    await delay(300)
  }
  for (; written < RUNS; written += 1) writeRun(`run-${written}`, 500)
  const report = await expectAllCompletedOnce()
  console.log(
    `clock ${JSON.stringify({ jumps: jumps.length, tasks: report.tasks.length, duplicates: 0 })}`,
  )
  expect(await controller.stop()).toEqual({ code: 0, signal: null })
})
