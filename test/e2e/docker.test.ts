import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { createDockerDriver, type DockerDriver } from '../../src/emulator/drivers/docker/docker.ts'
import { parseEngineAddress } from '../../src/emulator/drivers/docker/engine-address.ts'
import type { DriverContainer, DriverTask, TaskReport } from '../../src/emulator/drivers/driver.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { aDriverContainer, aDriverTask, type Reported, watchTask } from '../world/driver-task.ts'
import { engineProblem, startEngine, type TestEngine } from './container-engine.ts'
import { eventually, findRun, openSandbox, type Program, type Sandbox } from './program.ts'

const problem = engineProblem()
if (problem !== undefined) console.warn(`tests of containers are skipped: ${problem}`)

const WAIT = { timeout: 120_000, interval: 50 }

interface Bench {
  readonly driver: DockerDriver
  readonly seen: Reported
  readonly report: TaskReport
  readonly directory: string
}

let engine: TestEngine
let taskNumber = 0
const cleanups: (() => Promise<void> | void)[] = []

/** Of a container's script: it goes on when it is told to. */
const UNTIL_GO = 'while [ ! -e /tmp/go ]; do sleep 0.1; done'

/** Tells the one container that is there. */
async function sayGo(): Promise<void> {
  const [container] = await engine.containers()
  const exec = (await engine.call('POST', `/containers/${container?.Id}/exec`, {
    Cmd: ['sh', '-c', 'echo > /tmp/go'],
  })) as { readonly Id: string }
  await engine.call('POST', `/exec/${exec.Id}/start`, { Detach: true })
}

describe.skipIf(problem !== undefined)('containers of an engine', () => {
  beforeAll(async () => {
    engine = await startEngine()
  })

  afterAll(() => engine.close())

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).toReversed()) await cleanup()
  })

  async function bench(directory = mkdtempSync(join(tmpdir(), 'docker-driver-'))): Promise<Bench> {
    const found = parseEngineAddress(engine.address)
    if (!found.ok) throw new Error(found.message)
    const driver = await createDockerDriver({
      clock: systemClock,
      random: systemRandom,
      directory,
      address: found.address,
    })
    const { seen, report } = watchTask()
    cleanups.push(
      () => rmSync(directory, { recursive: true, force: true }),
      () => driver.close({ kill: true }),
    )
    return { driver, seen, report, directory }
  }

  function aContainer(
    command: readonly string[],
    rest: Partial<DriverContainer> = {},
  ): DriverContainer {
    return aDriverContainer({ image: engine.image, command, ...rest })
  }

  function shell(script: string, rest: Partial<DriverContainer> = {}): DriverContainer {
    return aContainer(['sh', '-c', script], rest)
  }

  function aTask(...containers: readonly DriverContainer[]): DriverTask {
    const id = `${systemRandom.hex(14)}${String(taskNumber++).padStart(4, '0')}`
    return aDriverTask({ id, containers })
  }

  async function run(...containers: readonly DriverContainer[]): Promise<Reported> {
    return runTask(aTask(...containers))
  }

  async function runTask(task: DriverTask): Promise<Reported> {
    const { driver, seen, report } = await bench()
    driver.start(task, report)
    await vi.waitFor(() => {
      const ended = task.containers.every(({ name }) => seen.ends.has(name))
      expect(ended || seen.failure !== undefined).toBe(true)
    }, WAIT)
    return seen
  }

  test('the image, and what it runs by itself', async () => {
    const seen = await run(aContainer([]))
    expect(seen.lines).toEqual(['main: from the image'])
    expect(seen.ends.get('main')?.exitCode).toBe(0)
    expect(seen.started).toEqual(['main'])
  })

  test('its exit code, and the container is gone afterwards', async () => {
    const seen = await run(shell('exit 75'))
    expect(seen.ends.get('main')).toEqual({ atMs: expect.any(Number), exitCode: 75 })
    await vi.waitFor(async () => expect(await engine.containers()).toEqual([]), WAIT)
  })

  test('environment, entry point, command and working directory', async () => {
    const seen = await run(
      aContainer(['sh', '-c', 'echo "$0 $A $(pwd)"', 'word'], {
        entryPoint: ['sh', '-c'],
        environment: { A: 'a b' },
        workingDirectory: '/tmp',
      }),
    )
    expect(seen.lines).toEqual(['main: word a b /tmp'])
  })

  test('lines of both streams in order, whole, also a last one without an end', async () => {
    const script = 'i=0; while [ $i -lt 2000 ]; do echo "zäöüß€-$i"; i=$((i+1)); done; echo -n last'
    const seen = await run(shell(script))
    const expected = Array.from({ length: 2000 }, (_, index) => `main: zäöüß€-${index}`)
    expect(seen.lines).toEqual([...expected, 'main: last'])
  })

  test('more memory than the limit: 137, and the reason that ECS gives', async () => {
    const seen = await run(
      shell('tail /dev/zero', { limits: { memoryMiB: 16, memoryReservationMiB: 8, cpu: 128 } }),
    )
    expect(seen.ends.get('main')).toEqual({
      atMs: expect.any(Number),
      exitCode: 137,
      reason: 'OutOfMemoryError: Container killed due to memory usage',
    })
  })

  test('the memory of the task bounds a container without a limit', async () => {
    const seen = await runTask({ ...aTask(shell('tail /dev/zero')), memoryMiB: 16 })
    expect(seen.ends.get('main')?.reason).toMatch(/^OutOfMemoryError/)
  })

  test('an image that cannot be had', async () => {
    const seen = await run(aContainer([], { image: '127.0.0.1:9/no/image:1' }))
    expect(seen.failure).toMatch(
      /^CannotPullContainerError: pull image manifest has been retried 1 time\(s\): failed to resolve ref 127\.0\.0\.1:9\/no\/image:1: .*refused/,
    )
    expect(seen.started).toEqual([])
  })

  test('a program that is not in the image', async () => {
    const seen = await run(aContainer(['no-such-program']))
    expect(seen.failure).toMatch(
      /^CannotStartContainerError: Error response from daemon: .*no-such-program/,
    )
    await vi.waitFor(async () => expect(await engine.containers()).toEqual([]), WAIT)
  })

  test('SIGTERM lets the program end in its own way', async () => {
    const { driver, seen, report } = await bench()
    const task = aTask(
      shell('trap "echo bye; exit 4" TERM; echo ready; while :; do sleep 0.1; done'),
    )
    driver.start(task, report)
    await vi.waitFor(() => expect(seen.lines).toContain('main: ready'), WAIT)
    driver.stop(task, { atMs: 0, graceful: true, open: ['main'] }, report)
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(4), WAIT)
    expect(seen.lines).toContain('main: bye')
  })

  test('SIGKILL after the stop timeout', async () => {
    const { driver, seen, report } = await bench()
    const task = aTask(
      shell('trap "" TERM; echo ready; while :; do sleep 0.1; done', { stopTimeoutMs: 1000 }),
    )
    driver.start(task, report)
    await vi.waitFor(() => expect(seen.lines).toContain('main: ready'), WAIT)
    driver.stop(task, { atMs: 0, graceful: true, open: ['main'] }, report)
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(137), WAIT)
    expect(seen.ends.get('main')?.reason).toBeUndefined()
  })

  test('a container waits for another to be healthy, and files are shared', async () => {
    const share = { sourceVolume: 'shared', containerPath: '/shared' }
    const check = { intervalMs: 100, timeoutMs: 5000, retries: 3, startPeriodMs: 60_000 }
    const sidecar = shell('sleep 1; echo made > /shared/file; sleep 60', {
      name: 'sidecar',
      essential: false,
      healthCheck: { ...check, command: ['CMD-SHELL', '[ -e /shared/file ]'] },
      definition: { mountPoints: [share] },
    })
    const main = shell('cat /shared/file', {
      dependsOn: [{ containerName: 'sidecar', condition: 'HEALTHY' }],
      definition: { mountPoints: [share] },
    })
    const { driver, seen, report } = await bench()
    const task = { ...aTask(main, sidecar), volumes: [{ name: 'shared' }] }
    driver.start(task, report)
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(0), WAIT)
    expect(seen.health[0]).toBe('sidecar HEALTHY')
    expect(seen.lines).toEqual(['main: made'])
    driver.stop(task, { atMs: 0, graceful: false, open: ['sidecar'] }, report)
    await vi.waitFor(() => expect(seen.ends.get('sidecar')?.exitCode).toBe(137), WAIT)
  })

  describe('after the host process died', () => {
    test('what still runs is adopted, with its output and its exit code', async () => {
      const first = await bench()
      const task = aTask(shell(`echo before; ${UNTIL_GO}; echo after; exit 9`))
      first.driver.start(task, first.report)
      await vi.waitFor(() => expect(first.seen.lines).toEqual(['main: before']), WAIT)
      await first.driver.close()
      const second = await bench(first.directory)
      expect(second.driver.adopt?.(task, second.report)).toBe(true)
      await second.driver.removeStrays()
      await sayGo()
      await vi.waitFor(() => expect(second.seen.ends.get('main')?.exitCode).toBe(9), WAIT)
      expect(second.seen.lines).toEqual(['main: after'])
    })

    test('the end of what ended meanwhile is read, with the output nobody read', async () => {
      const first = await bench()
      const task = aTask(shell(`${UNTIL_GO}; echo done; exit 5`))
      first.driver.start(task, first.report)
      await vi.waitFor(() => expect(first.seen.started).toEqual(['main']), WAIT)
      await first.driver.close()
      await sayGo()
      await vi.waitFor(async () => {
        const state = (await engine.call('GET', `/containers/ecs-${task.id}-main/json`)) as {
          readonly State: { readonly Running: boolean }
        }
        expect(state.State.Running).toBe(false)
      }, WAIT)
      const second = await bench(first.directory)
      expect(second.driver.adopt?.(task, second.report)).toBe(true)
      await vi.waitFor(() => expect(second.seen.ends.get('main')?.exitCode).toBe(5), WAIT)
      expect(second.seen.lines).toEqual(['main: done'])
    })

    test('a container that somebody has removed is lost', async () => {
      const first = await bench()
      const task = aTask(shell('sleep 60'))
      first.driver.start(task, first.report)
      await vi.waitFor(() => expect(first.seen.started).toEqual(['main']), WAIT)
      await first.driver.close()
      await engine.call('DELETE', `/containers/ecs-${task.id}-main?force=true`)
      const second = await bench(first.directory)
      expect(second.driver.adopt?.(task, second.report)).toBe(false)
      expect(second.seen.isLost).toBe(true)
    })

    test('what no task takes up is removed, and nobody else’s containers', async () => {
      const other = (await engine.call('POST', '/containers/create?name=not-ours', {
        Image: engine.image,
        Labels: { 'com.amazonaws.ecs.task-arn': 'arn:of:another' },
      })) as { readonly Id: string }
      cleanups.push(async () => {
        await engine.call('DELETE', `/containers/${other.Id}?force=true`)
      })
      const first = await bench()
      first.driver.start(aTask(shell('sleep 60')), first.report)
      await vi.waitFor(() => expect(first.seen.started).toEqual(['main']), WAIT)
      await first.driver.close()
      const second = await bench(first.directory)
      await second.driver.removeStrays()
      const left = await engine.containers()
      expect(left.map(({ Names }) => Names[0])).toEqual(['/not-ours'])
    })
  })

  test('a container that is removed while it runs takes its task along', async () => {
    const { driver, seen, report } = await bench()
    const task = aTask(shell('sleep 60'))
    driver.start(task, report)
    await vi.waitFor(() => expect(seen.started).toEqual(['main']), WAIT)
    await engine.call('DELETE', `/containers/ecs-${task.id}-main?force=true`)
    await vi.waitFor(() => {
      expect(seen.isLost === true || seen.ends.get('main')?.exitCode === 137).toBe(true)
    }, WAIT)
  })
})

describe.skipIf(problem !== undefined)('capstan with containers', () => {
  let sandbox: Sandbox

  beforeAll(async () => {
    engine = await startEngine()
  })

  afterAll(() => engine.close())

  beforeEach(() => {
    sandbox = openSandbox()
  })

  afterEach(() => sandbox.close())

  const words = ['up', 'manifests', '--local', '--driver', 'docker', '--listen', 'none']
  const start = (...more: readonly string[]): Program =>
    sandbox.start([...words, ...more], { env: { DOCKER_HOST: engine.address } })

  function manifest(name: string, command: readonly string[], template = ''): string {
    return `apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: ${name}
spec:
  template:
    image: ${engine.image}
    command: ${JSON.stringify(command)}
${template}`
  }

  test('a run that has too little memory gets the next size', async () => {
    const retry = `    cpu: 256
    memory: 512
    retry:
      limit: 0
      backoff: {initialSeconds: 0.1, jitter: 0}
      rules:
        - when: {classes: [OutOfMemory]}
          action: Retry
          limit: 1
          change: {memoryFactor: 2}
`
    const take = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=700M', 'count=1']
    sandbox.write('manifests/run.yaml', manifest('hungry', take, retry))
    const controller = start('--once')
    expect((await controller.ended).code, controller.stderr).toBe(0)
    expect(controller.stdout).toMatch(/^hungry +Completed +0 +2 /m)
  })

  test('output comes in order, and a missing image is told as ECS tells it', async () => {
    const lines = ['sh', '-c', 'for i in 1 2 3; do echo line $i; done']
    sandbox.write('manifests/lines.yaml', manifest('lines', lines))
    sandbox.write(
      'manifests/none.yaml',
      manifest('none', [], '    retry: {limit: 0}\n').replace(engine.image, '127.0.0.1:9/none:1'),
    )
    const controller = start()
    await eventually(async () => {
      expect((await findRun(sandbox, 'lines'))?.status?.state?.type).toBe('COMPLETED')
      expect((await findRun(sandbox, 'none'))?.status?.state?.type).toBe('CRASHED')
    })
    const { stdout } = await sandbox.run(['logs', 'lines'])
    expect(stdout).toBe('line 1\nline 2\nline 3\n')
    const none = await findRun(sandbox, 'none')
    expect(none?.status?.state?.message).toContain('CannotPullContainerError: pull image manifest')
    await controller.stop()
  })

  test('a killed controller finds its container again, and its exit code', async () => {
    const wait = `echo begun; ${UNTIL_GO}; echo done; exit 7`
    sandbox.write('manifests/run.yaml', manifest('long', ['sh', '-c', wait]))
    const first = start()
    await eventually(async () => {
      expect((await findRun(sandbox, 'long'))?.status?.state?.type).toBe('RUNNING')
    })
    await first.stop('SIGKILL')
    await sayGo()
    const second = start()
    const ended = await eventually(async () => {
      const run = await findRun(sandbox, 'long')
      expect(run?.status?.state?.type).toBe('FAILED')
      return run
    })
    expect(ended?.status).toMatchObject({ exitCode: 7 })
    expect(ended?.status?.attempts).toHaveLength(1)
    expect((await sandbox.run(['logs', 'long'])).stdout).toBe('begun\ndone\n')
    await second.stop()
    expect(await engine.containers()).toEqual([])
  })

  test('tasks of another driver are not started a second time', async () => {
    sandbox.write('manifests/run.yaml', manifest('long', ['sleep', '60']))
    const first = start()
    await eventually(async () => {
      expect((await findRun(sandbox, 'long'))?.status?.state?.type).toBe('RUNNING')
    })
    await first.stop()
    const second = await sandbox.run(['up', 'manifests', '--local', '--listen', 'none'])
    expect(second.code).toBe(1)
    expect(second.stderr).toContain('start with --driver docker until they have ended')
  })
})

test('an engine that is not there is one clear line', async () => {
  const sandbox = openSandbox()
  const env = { DOCKER_HOST: `unix://${sandbox.path('nothing.sock')}` }
  const result = await sandbox.run(['up', '--local', '--driver', 'docker'], { env })
  await sandbox.close()
  expect(result.code).toBe(1)
  expect(result.stderr).toMatch(
    /^error: --driver docker: Cannot connect to the container engine at unix:\/\/.*nothing\.sock\. Is it running\? .*\n$/,
  )
})
