import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { aDriverContainer, aDriverTask, watchTask } from '../../../../test/world/driver-task.ts'
import { FakeClock } from '../../../../test/world/fake-clock.ts'
import { type FakeEngine, startFakeEngine } from '../../../../test/world/fake-engine.ts'
import { systemClock } from '../../../lib/clock.ts'
import { systemRandom } from '../../../lib/random.ts'
import type { DriverContainer, DriverTask } from '../driver.ts'
import { createDockerDriver, type DockerDriver } from './docker.ts'

/** A bound on hangs, not on speed. */
const WAIT = { timeout: 30_000, interval: 5 }
const IMAGE = 'registry.example/app:1'

let engine: FakeEngine
let directory: string
const drivers: DockerDriver[] = []

beforeEach(async () => {
  engine = await startFakeEngine()
  engine.images.add(IMAGE)
  directory = mkdtempSync(join(tmpdir(), 'docker-'))
})

afterEach(async () => {
  for (const driver of drivers.splice(0)) await driver.close()
  await engine.close()
  rmSync(directory, { recursive: true, force: true })
})

async function open(clock = systemClock) {
  const address = { type: 'Socket', path: engine.path, text: `unix://${engine.path}` } as const
  const driver = await createDockerDriver({ clock, random: systemRandom, directory, address })
  drivers.push(driver)
  return { driver, ...watchTask() }
}

function aContainer(own: Partial<DriverContainer> = {}): DriverContainer {
  return aDriverContainer({ image: IMAGE, stopTimeoutMs: 7_000, ...own })
}

function aTask(...containers: readonly DriverContainer[]): DriverTask {
  return aDriverTask({ containers: containers.length > 0 ? containers : [aContainer()] })
}

const STOP = { atMs: 0, graceful: true, open: ['main'] }

async function running(task = aTask()) {
  const opened = await open()
  opened.driver.start(task, opened.report)
  await vi.waitFor(() => expect(opened.seen.started).toEqual(['main']), WAIT)
  return { ...opened, container: engine.find('ecs-task-1-main') }
}

describe('the life of a container', () => {
  test('its lines, its exit code, and then it is removed', async () => {
    const { seen, container } = await running()
    engine.say(container, 'one')
    engine.end(container, 3)
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(3), WAIT)
    expect(seen.lines).toEqual(['main: one'])
    await vi.waitFor(() => expect(engine.containers.size).toBe(0), WAIT)
  })

  test.each([
    { version: '28.0.0', name: 'Engine', told: true, reason: true },
    { version: '28.0.0', name: 'Engine', told: false, reason: false },
    { version: '5.1.0', name: 'Podman Engine', told: false, reason: false },
    { version: '4.9.3', name: 'Podman Engine', told: false, reason: true },
  ])('137 from $name $version, memory told: $told', async ({ version, name, told, reason }) => {
    await engine.close()
    engine = await startFakeEngine({ Name: name, Version: version })
    engine.images.add(IMAGE)
    const { seen, container } = await running(aTask(aContainer({ limits: { memoryMiB: 16 } })))
    engine.end(container, 137, told)
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(137), WAIT)
    expect(seen.ends.get('main')?.reason).toBe(
      reason ? 'OutOfMemoryError: Container killed due to memory usage' : undefined,
    )
  })

  test('an image that is missing is pulled once, by its tag', async () => {
    engine.images.clear()
    await running()
    expect(engine.requests.filter((line) => line === 'POST /images/create')).toHaveLength(1)
    expect(engine.images).toEqual(new Set([IMAGE]))
  })

  test('a stop gives the container its time', async () => {
    const { driver, seen, report, container } = await running()
    driver.stop(aTask(), STOP, report)
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(143), WAIT)
    expect(container.stopSeconds).toBe(7)
  })

  test('a stop while the image is pulled: it never runs', async () => {
    engine.images.clear()
    engine.refusals.set('POST /images/create', undefined)
    const { driver, seen, report } = await open()
    const task = aTask()
    driver.start(task, report)
    await vi.waitFor(() => expect(engine.requests).toContain('POST /images/create'), WAIT)
    driver.stop(task, STOP, report)
    await vi.waitFor(() => expect(seen.ends.has('main')).toBe(true), WAIT)
    expect(seen.ends.get('main')?.exitCode).toBeUndefined()
    expect(engine.containers.size).toBe(0)
  })
})

describe('a start that the engine refuses', () => {
  test.each([
    {
      at: 'POST /images/create',
      status: 404,
      message: 'manifest unknown',
      text: `CannotPullContainerError: pull image manifest has been retried 1 time(s): failed to resolve ref ${IMAGE}: manifest unknown`,
    },
    {
      at: 'POST /containers/create',
      status: 400,
      message: 'Minimum memory limit allowed is 6MB',
      text: 'CannotCreateContainerError: Error response from daemon: Minimum memory limit allowed is 6MB',
    },
    {
      at: 'POST /containers/id',
      status: 400,
      message: 'exec: "x": executable file not found in $PATH: unknown',
      text: 'CannotStartContainerError: Error response from daemon: exec: "x": executable file not found in $PATH: unknown',
    },
  ])('$at', async ({ at, status, message, text }) => {
    if (at.includes('images')) engine.images.clear()
    const { driver, seen, report } = await open()
    engine.refusals.set(at, { status, message })
    driver.start(aTask(), report)
    await vi.waitFor(() => expect(seen.failure).toBe(text), WAIT)
    await vi.waitFor(() => expect(engine.containers.size).toBe(0), WAIT)
    expect(seen.started).toEqual([])
  })
})

describe('an engine that goes away', () => {
  test('nobody answers at the start: the address is named', async () => {
    await engine.vanish()
    await expect(open()).rejects.toThrow(
      `Cannot connect to the container engine at unix://${engine.path}`,
    )
  })

  test('a short outage: the end and the lines are read afterwards, and no line twice', async () => {
    const { seen, container } = await running()
    engine.say(container, 'one')
    await vi.waitFor(() => expect(seen.lines).toEqual(['main: one']), WAIT)
    await engine.vanish()
    engine.say(container, 'two')
    engine.end(container, 6)
    await engine.resume()
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(6), WAIT)
    expect(seen.lines).toEqual(['main: one', 'main: two'])
  })

  test('a stop that it did not hear is given again', async () => {
    const { driver, seen, report } = await running()
    await engine.vanish()
    driver.stop(aTask(), STOP, report)
    await engine.resume()
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(143), WAIT)
  })

  test('a long one: its containers count as lost', async () => {
    const clock = new FakeClock()
    const { driver, seen, report } = await open(clock)
    driver.start({ ...aTask(), startAtMs: clock.nowMs() }, report)
    await vi.waitFor(() => expect(seen.started).toEqual(['main']), WAIT)
    await engine.vanish()
    await vi.waitFor(async () => {
      await clock.advance(1_000)
      expect(seen.isLost).toBe(true)
    }, WAIT)
    expect(seen.ends.size).toBe(0)
  })
})

describe('after the host process died', () => {
  test('the living is adopted, and its lines go on', async () => {
    const first = await running()
    engine.say(first.container, 'before')
    await vi.waitFor(() => expect(first.seen.lines).toEqual(['main: before']), WAIT)
    await first.driver.close()
    engine.say(first.container, 'after')
    const second = await open()
    expect(second.driver.adopt?.(aTask(), second.report)).toBe(true)
    await second.driver.removeStrays()
    engine.end(first.container, 9)
    await vi.waitFor(() => expect(second.seen.ends.get('main')?.exitCode).toBe(9), WAIT)
    expect(second.seen.lines).toEqual(['main: after'])
  })

  test('one that was created and not started is started, not created again', async () => {
    engine.refusals.set('POST /containers/id', undefined)
    const first = await open()
    first.driver.start(aTask(), first.report)
    await vi.waitFor(() => expect(engine.containers.size).toBe(1), WAIT)
    await first.driver.close()
    engine.refusals.clear()
    const second = await open()
    expect(second.driver.adopt?.(aTask(), second.report)).toBe(true)
    await vi.waitFor(() => expect(second.seen.started).toEqual(['main']), WAIT)
    expect(engine.containers.size).toBe(1)
  })

  test('one whose start was answered after the host was closed runs on', async () => {
    let answerStart = (): void => {}
    engine.delays.set('POST /containers/id', (answer) => {
      answerStart = answer
    })
    const first = await open()
    first.driver.start(aTask(), first.report)
    await vi.waitFor(() => expect(engine.requests.at(-1)).toMatch(/start$/), WAIT)
    await first.driver.close()
    engine.delays.clear()
    answerStart()
    await vi.waitFor(() => expect(engine.find('ecs-task-1-main').status).toBe('running'), WAIT)
    // By the time that a second host was served, a stop by the first would have come.
    const second = await open()
    expect(second.driver.adopt?.(aTask(), second.report)).toBe(true)
    await vi.waitFor(() => expect(second.seen.started).toEqual(['main']), WAIT)
    expect(engine.requests.filter((line) => line.endsWith('/stop'))).toEqual([])
    expect(engine.find('ecs-task-1-main').status).toBe('running')
  })

  test('a stop that comes with the adoption is not forgotten', async () => {
    const first = await running()
    await first.driver.close()
    const second = await open()
    second.driver.adopt?.(aTask(), second.report)
    second.driver.stop(aTask(), STOP, second.report)
    await vi.waitFor(() => expect(second.seen.ends.get('main')?.exitCode).toBe(143), WAIT)
  })

  test('the exit code of what was removed after its end is on disk', async () => {
    const first = await running()
    engine.end(first.container, 4)
    await vi.waitFor(() => expect(engine.containers.size).toBe(0), WAIT)
    await first.driver.close()
    const second = await open()
    expect(second.driver.adopt?.(aTask(), second.report)).toBe(true)
    expect(second.seen.ends.get('main')?.exitCode).toBe(4)
  })

  test('what somebody removed is lost', async () => {
    const first = await running()
    await first.driver.close()
    engine.containers.clear()
    const second = await open()
    expect(second.driver.adopt?.(aTask(), second.report)).toBe(false)
  })

  test('strays are removed; containers of others are not touched, at the end neither', async () => {
    const first = await running()
    await first.driver.close()
    const foreign = { ...first.container, id: 'x', name: 'x', body: { Labels: { a: 'b' } } }
    engine.containers.set('x', foreign)
    const second = await open()
    await second.driver.removeStrays()
    expect([...engine.containers.keys()]).toEqual(['x'])
    await second.driver.close({ kill: true })
    expect([...engine.containers.keys()]).toEqual(['x'])
  })
})

test('a task that is forgotten takes its containers and volumes with it', async () => {
  engine.volumes.add('ecs-task-1-scratch')
  const volumes = [{ name: 'scratch' }]
  const { driver } = await running({ ...aTask(), volumes })
  driver.forget?.('task-1')
  await vi.waitFor(
    () => expect([engine.containers.size, engine.volumes.size]).toEqual([0, 0]),
    WAIT,
  )
})
