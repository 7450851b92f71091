import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../lib/clock.ts'
import type { JsonObject } from '../lib/json.ts'
import { systemRandom } from '../lib/random.ts'
import { defaultConfig } from './config.ts'
import { readIfThere } from './drivers/container-files.ts'
import { isAlive, parseIdentity } from './drivers/process-identity.ts'
import type { EmulatorReply } from './emulator.ts'
import type { Service } from './errors.ts'
import { type LocalEmulator, startLocalEmulator } from './local.ts'

// Wire answers are read freely here.
// oxlint-disable-next-line typescript/no-explicit-any
type Wire = any

/** A bound on hangs, not on speed. */
const WAIT = { timeout: 30_000, interval: 20 }
const delays = {
  provisioningMs: 5,
  pendingMs: 5,
  activatingMs: 0,
  stopLagMs: 0,
  deactivatingMs: 0,
  deprovisioningMs: 5,
}

let directory: string
let local: LocalEmulator

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'local-'))
  local = await start()
})

afterEach(async () => {
  await local.close({ killTasks: true })
  rmSync(directory, { recursive: true, force: true })
})

function start(): Promise<LocalEmulator> {
  return startLocalEmulator({
    clock: systemClock,
    random: systemRandom,
    directory: join(directory, 'state'),
    workingDirectory: directory,
    baseEnvironment: { PATH: process.env['PATH'] ?? '' },
    config: { delays },
  })
}

/** Ends without a word to anybody, as far as the state is concerned: nothing is stopped or written. */
async function restart(meanwhile: () => void | Promise<void> = () => {}): Promise<void> {
  await local.close()
  await meanwhile()
  local = await start()
}

function call(service: Service, operation: string, input: JsonObject): Wire {
  const reply: EmulatorReply = local.emulator.handle({ service, operation, input })
  if (reply.type !== 'Ok') throw new Error(JSON.stringify(reply))
  return reply.body
}

function launch(script: string, rest: JsonObject = {}, container: JsonObject = {}): string {
  const command = ['/bin/sh', '-c', script]
  call('ecs', 'RegisterTaskDefinition', {
    family: 'f',
    memory: '64',
    containerDefinitions: [{ name: 'main', image: 'i', command, ...container }],
  })
  const answer = call('ecs', 'RunTask', { taskDefinition: 'f', launchType: 'EC2', ...rest })
  return answer.tasks[0].taskArn
}

function describeTask(taskArn: string): Wire {
  return call('ecs', 'DescribeTasks', { tasks: [taskArn], include: ['TAGS'] }).tasks[0]
}

async function until(taskArn: string, lastStatus: string): Promise<Wire> {
  return vi.waitFor(() => {
    const task = describeTask(taskArn)
    expect(task.lastStatus).toBe(lastStatus)
    return task
  }, WAIT)
}

function output(taskArn: string): readonly string[] {
  const { events } = call('logs', 'GetLogEvents', {
    logGroupName: '/local/tasks',
    logStreamName: `task/main/${taskArn.split('/').at(-1)}`,
    startFromHead: true,
  })
  return events.map((event: Wire) => event.message)
}

test('a task runs as a process, and its output is kept', async () => {
  const taskArn = launch('echo "hello $NAME"; exit 3', {
    overrides: {
      containerOverrides: [{ name: 'main', environment: [{ name: 'NAME', value: 'x' }] }],
    },
  })
  const task = await until(taskArn, 'STOPPED')
  expect(task).toMatchObject({
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    containers: [{ exitCode: 3, lastStatus: 'STOPPED' }],
  })
  expect(output(taskArn)).toEqual(['hello x'])
})

test('everything is there after a restart', async () => {
  const taskArn = launch('echo out', { tags: [{ key: 'k', value: 'v' }], clientToken: 'token' })
  const before = await until(taskArn, 'STOPPED')
  await restart()
  expect(describeTask(taskArn)).toEqual(before)
  expect(output(taskArn)).toEqual(['out'])
  const again = call('ecs', 'RunTask', {
    taskDefinition: 'f',
    launchType: 'EC2',
    tags: [{ key: 'k', value: 'v' }],
    clientToken: 'token',
  })
  expect(again.tasks).toEqual([{ taskArn, lastStatus: 'STOPPED', desiredStatus: 'STOPPED' }])
  expect(launch('true')).not.toBe(taskArn)
  expect(call('ecs', 'ListTaskDefinitions', {}).taskDefinitionArns).toHaveLength(2)
})

test('a living task is adopted: no second process, no lost line, its own exit code', async () => {
  const taskArn = launch('echo one; while [ ! -e go ]; do sleep 0.02; done; echo two; exit 7')
  await vi.waitFor(() => expect(output(taskArn)).toEqual(['one']), WAIT)
  const { version, startedAt } = describeTask(taskArn)
  await restart()
  expect(describeTask(taskArn)).toMatchObject({ lastStatus: 'RUNNING', version, startedAt })
  writeFileSync(join(directory, 'go'), '')
  const task = await until(taskArn, 'STOPPED')
  expect(task.containers[0].exitCode).toBe(7)
  expect(output(taskArn)).toEqual(['one', 'two'])
})

test('a task whose process died with the host ends as on a lost host', async () => {
  const taskArn = launch('echo up; sleep 60')
  await vi.waitFor(() => expect(output(taskArn)).toEqual(['up']), WAIT)
  const id = taskArn.split('/').at(-1) ?? ''
  const own = join(directory, 'state', 'tasks', id, 'main', 'process')
  await restart(async () => {
    const identity = parseIdentity(readIfThere(own) ?? '')
    if (!identity) throw new Error('no identity')
    process.kill(-identity.pid, 'SIGKILL')
    await vi.waitFor(() => expect(isAlive(identity)).toBe(false), WAIT)
  })
  const task = await until(taskArn, 'STOPPED')
  expect(task.stopCode).toBe('TerminationNotice')
  expect(task.stoppedReason).toMatch(/^Host EC2 \(instance i-[0-9a-f]{17}\) terminated\.$/)
  expect(task.containers[0]).not.toHaveProperty('exitCode', expect.anything())
})

test('closed for good it takes its tasks with it', async () => {
  const taskArn = launch('echo up; sleep 60')
  await vi.waitFor(() => expect(output(taskArn)).toEqual(['up']), WAIT)
  const id = taskArn.split('/').at(-1) ?? ''
  const own = join(directory, 'state', 'tasks', id, 'main', 'process')
  const identity = parseIdentity(readIfThere(own) ?? '')
  if (!identity) throw new Error('no identity')
  await local.close({ killTasks: true })
  await vi.waitFor(() => expect(isAlive(identity)).toBe(false), WAIT)
  local = await start()
  expect(describeTask(taskArn).stopCode).toBe('TerminationNotice')
})

test('a stop that was under way goes on after a restart', async () => {
  const taskArn = launch('trap "sleep 0.3; exit 4" TERM; echo up; while :; do sleep 0.02; done')
  await vi.waitFor(() => expect(output(taskArn)).toEqual(['up']), WAIT)
  call('ecs', 'StopTask', { task: taskArn, reason: 'enough' })
  await restart()
  const task = await until(taskArn, 'STOPPED')
  expect(task).toMatchObject({ stopCode: 'UserInitiated', stoppedReason: 'enough' })
  expect(task.containers[0].exitCode).toBe(4)
})

test('after a restart SIGKILL still follows the SIGTERM that was given before', async () => {
  const taskArn = launch(
    'trap "" TERM; echo up; while :; do sleep 0.02; done',
    {},
    { stopTimeout: 1 },
  )
  await vi.waitFor(() => expect(output(taskArn)).toEqual(['up']), WAIT)
  call('ecs', 'StopTask', { task: taskArn })
  await restart()
  const task = await until(taskArn, 'STOPPED')
  expect(task.containers[0].exitCode).toBe(137)
})

test('a torn last line of the journal is dropped, what came before counts', async () => {
  const taskArn = launch('true')
  await until(taskArn, 'STOPPED')
  const journal = join(directory, 'state', 'state.jsonl')
  await restart(() => appendFileSync(journal, '{"kind":"task","key":"x","val'))
  expect(describeTask(taskArn).lastStatus).toBe('STOPPED')
  expect(readFileSync(journal, 'utf8')).not.toContain('"key":"x"')
})

test('the start is brisk, not as slow as on AWS, unless it is asked for', async () => {
  await local.close()
  local = await startLocalEmulator({
    clock: systemClock,
    random: systemRandom,
    directory: join(directory, 'brisk'),
    workingDirectory: directory,
    baseEnvironment: { PATH: process.env['PATH'] ?? '' },
  })
  const taskArn = launch('exit 0')
  const task = await until(taskArn, 'STOPPED')
  expect((task.startedAt - task.createdAt) * 1000).toBeGreaterThanOrEqual(250)
  const { pendingMs } = defaultConfig.delays
  expect((task.startedAt - task.createdAt) * 1000).toBeLessThan(pendingMs)
})
