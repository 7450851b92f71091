import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { CloudWatchLogsClient, GetLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs'
import {
  DescribeTasksCommand,
  ECSClient,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'

const HOST = fileURLToPath(new URL('./local-emulator-host.ts', import.meta.url))
const WAIT = { timeout: 60_000, interval: 50 }

let directory: string
let host: ChildProcess
let ecs: ECSClient
let logs: CloudWatchLogsClient

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'crash-'))
  await startHost()
})

afterEach(async () => {
  // Lets tasks of a failed test come to their end.
  for (const name of ['a', 'b']) writeFileSync(join(directory, name), '')
  await killHost()
  rmSync(directory, { recursive: true, force: true })
})

async function startHost(): Promise<void> {
  const child = spawn(process.execPath, [HOST, directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  host = child
  const lines = createInterface({ input: child.stdout })
  const [endpoint] = (await once(lines, 'line')) as [string]
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' }
  ecs = new ECSClient({ endpoint, region: 'us-east-1', credentials })
  logs = new CloudWatchLogsClient({ endpoint, region: 'us-east-1', credentials })
}

async function killHost(): Promise<void> {
  host.kill('SIGKILL')
  if (host.exitCode === null && host.signalCode === null) await once(host, 'exit')
  ecs.destroy()
  logs.destroy()
}

async function launch(script: string): Promise<string> {
  const command = ['/bin/sh', '-c', script]
  await ecs.send(
    new RegisterTaskDefinitionCommand({
      family: 'f',
      containerDefinitions: [{ name: 'main', image: 'i', memory: 64, command }],
    }),
  )
  const { tasks } = await ecs.send(new RunTaskCommand({ taskDefinition: 'f', launchType: 'EC2' }))
  return tasks?.[0]?.taskArn ?? ''
}

async function describeTask(taskArn: string): Promise<Task | undefined> {
  return (await ecs.send(new DescribeTasksCommand({ tasks: [taskArn] }))).tasks?.[0]
}

async function output(taskArn: string): Promise<readonly (string | undefined)[]> {
  const { events } = await logs.send(
    new GetLogEventsCommand({
      logGroupName: '/local/tasks',
      logStreamName: `task/main/${taskArn.split('/').at(-1)}`,
      startFromHead: true,
    }),
  )
  return (events ?? []).map(({ message }) => message)
}

test('kill -9 of the host: its tasks run on and are taken up, with every line and the exit code', async () => {
  const wait = (name: string): string => `while [ ! -e ${name} ]; do sleep 0.02; done`
  const taskArn = await launch(`echo one; ${wait('a')}; echo two; ${wait('b')}; echo three; exit 7`)
  await vi.waitFor(async () => expect(await output(taskArn)).toEqual(['one']), WAIT)
  await killHost()
  writeFileSync(join(directory, 'a'), '')
  await startHost()
  await vi.waitFor(async () => {
    expect(await describeTask(taskArn)).toMatchObject({ lastStatus: 'RUNNING' })
  }, WAIT)
  await vi.waitFor(async () => expect(await output(taskArn)).toEqual(['one', 'two']), WAIT)
  writeFileSync(join(directory, 'b'), '')
  await vi.waitFor(async () => {
    expect(await describeTask(taskArn)).toMatchObject({
      lastStatus: 'STOPPED',
      stopCode: 'EssentialContainerExited',
      containers: [{ exitCode: 7 }],
    })
  }, WAIT)
  expect(await output(taskArn)).toEqual(['one', 'two', 'three'])
})

test('a task that ended while nobody watched has its exit code all the same', async () => {
  const taskArn = await launch('echo up; while [ ! -e a ]; do sleep 0.02; done; exit 3')
  await vi.waitFor(async () => expect(await output(taskArn)).toEqual(['up']), WAIT)
  await killHost()
  writeFileSync(join(directory, 'a'), '')
  const exit = join(directory, 'tasks', taskArn.split('/').at(-1) ?? '', 'main', 'exit')
  await vi.waitFor(() => expect(existsSync(exit)).toBe(true), WAIT)
  await startHost()
  await vi.waitFor(async () => {
    expect(await describeTask(taskArn)).toMatchObject({
      stopCode: 'EssentialContainerExited',
      containers: [{ exitCode: 3 }],
    })
  }, WAIT)
})

test('killed while many tasks start: none runs twice, none is forgotten', async () => {
  const arns: string[] = []
  for (let index = 0; index < 10; index++) {
    arns.push(await launch(`echo ran >> ${join(directory, `${index}.ran`)}`))
  }
  const tasks = join(directory, 'tasks')
  await vi.waitFor(() => expect(readdirSync(tasks).length).toBeGreaterThan(4), WAIT)
  await killHost()
  await startHost()
  for (const [index, taskArn] of arns.entries()) {
    const task = await vi.waitFor(async () => {
      const found = await describeTask(taskArn)
      expect(found?.lastStatus).toBe('STOPPED')
      return found
    }, WAIT)
    const ran = join(directory, `${index}.ran`)
    // A start that the kill cut off in its middle is lost with its host, as on AWS.
    const times = task?.stopCode === 'TerminationNotice' ? /^(ran\n)?$/ : /^ran\n$/
    expect(existsSync(ran) ? readFileSync(ran, 'utf8') : '').toMatch(times)
  }
})
