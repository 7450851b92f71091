import { afterEach, describe, expect, test } from 'vitest'
import type { Behaviour } from '../../src/emulator/drivers/none.ts'
import type { TemplateSpec } from '../../src/kinds/generated.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { pointsUpTo } from '../world/effort.ts'
import { type LogLine, recordingLog } from '../world/recording-log.ts'
import { World, type WorldOptions } from '../world/world.ts'

const LOGGED = {
  image: 'busybox',
  configureCloudwatchLogs: true,
  executionRoleArn: 'arn:aws:iam::123456789012:role/execution',
} satisfies TemplateSpec
const STREAMED: TemplateSpec = { ...LOGGED, streamOutput: true }

let world: World

async function startWorld(options: WorldOptions = {}): Promise<World> {
  world = new World(options)
  await world.start()
  return world
}

afterEach(async () => {
  await world.stop()
})

/** Runs for `runMs` and writes a line every `everyMs`, `perTick` of them in the same millisecond. */
function writer(runMs: number, everyMs: number, perTick = 1): Behaviour {
  const ticks = Array.from({ length: Math.floor(runMs / everyMs) }, (_, tick) => tick)
  const output = ticks.flatMap((tick) =>
    Array.from({ length: perTick }, (_, n) => ({
      atMs: tick * everyMs,
      message: `${tick}.${n}`,
    })),
  )
  return { runMs, exitCode: 0, output }
}

function linesOf({ output = [] }: Behaviour): readonly string[] {
  return output.map(({ message }) => message)
}

function printed(lines: readonly LogLine[], run?: string): readonly unknown[] {
  return lines
    .filter(({ message }) => message === 'output')
    .filter((line) => run === undefined || line['run'] === `Run/default/${run}`)
    .map((line) => line['line'])
}

describe('last lines', () => {
  const trace: Behaviour = {
    runMs: 2_000,
    exitCode: 1,
    output: Array.from({ length: 30 }, (_, n) => ({ atMs: 10 * n, message: `line ${n}` })),
  }

  test('of a failed attempt come after its end, which does not wait for them', async () => {
    await startWorld({ behave: () => trace })
    world.addRun('bad', { template: LOGGED })
    await world.clock.advance(33 * SECOND)
    expect(world.state('bad')).toBe('FAILED/Failed')
    expect(world.run('bad')?.status?.attempts?.[0]?.lastLines).toBeUndefined()
    await world.clock.advance(10 * SECOND)
    const attempt = world.run('bad')?.status?.attempts?.at(0)
    expect(attempt?.lastLines).toEqual(linesOf(trace).slice(10))
    expect(attempt?.logStream).toBe(`default/bad/main/${attempt?.taskArn?.split('/').at(-1)}`)
    expect(world.calls('GetLogEvents')).toBe(1)
  })

  test('of each attempt are its own, also while the run goes on', async () => {
    let attempt = 0
    await startWorld({
      behave: () => {
        attempt += 1
        const output = [{ atMs: 0, message: `attempt ${attempt}` }]
        return { runMs: SECOND, exitCode: attempt < 3 ? 1 : 0, output }
      },
    })
    world.addRun('flaky', { template: { ...LOGGED, retry: { limit: 2 } } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('flaky')).toBe('COMPLETED/Completed')
    expect(world.run('flaky')?.status?.attempts?.map(({ lastLines }) => lastLines)).toEqual([
      ['attempt 1'],
      ['attempt 2'],
      undefined,
    ])
  })

  test('are not asked for where there are none to be had', async () => {
    await startWorld({ behave: () => trace })
    world.addRun('silent', { template: { image: 'busybox' } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('silent')).toBe('FAILED/Failed')
    expect(world.calls('GetLogEvents')).toBe(0)
  })

  test('of every task are there when the endpoint keeps all output', async () => {
    await startWorld({
      behave: () => trace,
      config: { keepAllOutput: { logGroup: '/all', streamPrefix: 'task' } },
      outputOfEveryTask: { group: '/all', prefix: 'task' },
    })
    world.addRun('local', { template: { image: 'busybox' } })
    await world.clock.advance(35 * SECOND)
    expect(world.run('local')?.status?.attempts?.[0]?.lastLines).toEqual(linesOf(trace).slice(10))
  })

  test('that never come are given up after a few looks', async () => {
    await startWorld({ behave: () => ({ failsToStart: 'CannotPullContainerError: no' }) })
    world.addRun('imageless', { template: LOGGED })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('imageless')).toBe('CRASHED/Crashed')
    const calls = world.calls('GetLogEvents')
    expect(calls).toBeLessThanOrEqual(3)
    await world.clock.advance(60 * MINUTE)
    expect(world.calls('GetLogEvents')).toBe(calls)
  })

  test('are read after a restart when the controller died before', async () => {
    await startWorld({ behave: () => trace })
    world.addRun('bad', { template: LOGGED })
    await world.clock.advance(33 * SECOND)
    world.crash()
    await world.clock.advance(30 * MINUTE)
    await world.start()
    await world.clock.advance(10 * SECOND)
    expect(world.run('bad')?.status?.attempts?.[0]?.lastLines).toHaveLength(20)
  })

  test('that cannot be read do not keep the run from its end', async () => {
    const fault = { type: 'error', code: 'AccessDeniedException', message: 'no' } as const
    await startWorld({
      behave: () => trace,
      faults: { rules: [{ operation: 'GetLogEvents', fault }] },
    })
    world.addRun('bad', { template: LOGGED })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('bad')).toBe('FAILED/Failed')
    expect(world.calls('GetLogEvents')).toBe(1)
  })
})

describe('streamed output', () => {
  test('is printed while the task runs, each line once, and only where it is asked for', async () => {
    const log = recordingLog()
    const behaviour = writer(20_000, 700, 3)
    await startWorld({ log, behave: () => behaviour })
    world.addRun('loud', { template: STREAMED })
    world.addRun('quiet', { template: LOGGED })
    await world.clock.advance(25 * SECOND)
    const early = printed(log.lines)
    expect(early.length).toBeGreaterThan(0)
    expect(early).toEqual(linesOf(behaviour).slice(0, early.length))
    await world.clock.advance(2 * MINUTE)
    expect(printed(log.lines)).toEqual(linesOf(behaviour))
    expect(log.lines.find(({ message }) => message === 'output')).toMatchObject({
      run: 'Run/default/loud',
      attempt: 1,
      container: 'main',
    })
    expect(world.store.followedLogs.all()).toEqual([])
  })

  test('of many tasks is read by one call for all of them', async () => {
    const log = recordingLog()
    const behaviour = writer(60_000, 500, 2)
    await startWorld({ log, behave: () => behaviour })
    const names = Array.from({ length: 30 }, (_, n) => `run-${n}`)
    for (const name of names) world.addRun(name, { template: STREAMED })
    await world.clock.advance(50 * SECOND)
    const before = { one: world.calls('GetLogEvents'), many: world.calls('FilterLogEvents') }
    await world.clock.advance(20 * SECOND)
    expect(world.calls('FilterLogEvents') - before.many).toBeLessThanOrEqual(22)
    expect(world.calls('GetLogEvents') - before.one).toBeLessThanOrEqual(3)
    await world.clock.advance(3 * MINUTE)
    for (const name of names) expect(printed(log.lines, name)).toEqual(linesOf(behaviour))
  })

  test.each([22, 25, 30, 39, 41, 50])(
    'is neither lost nor doubled when the controller restarts after %d s',
    async (seconds) => {
      const log = recordingLog()
      const behaviour = writer(20_000, 300, 4)
      await startWorld({ log, behave: () => behaviour })
      world.addRun('one', { template: STREAMED })
      world.addRun('two', { template: STREAMED })
      await world.clock.advance(seconds * SECOND)
      world.crash()
      await world.clock.advance(5 * MINUTE)
      await world.start()
      await world.clock.advance(MINUTE)
      expect(printed(log.lines, 'one')).toEqual(linesOf(behaviour))
      expect(printed(log.lines, 'two')).toEqual(linesOf(behaviour))
      expect(world.store.followedLogs.all()).toEqual([])
    },
  )

  test('survives throttles, lost replies and one death after another', async () => {
    const log = recordingLog()
    const behaviour = writer(20_000, 500, 3)
    let points = 0
    await startWorld({
      log,
      behave: () => behaviour,
      faults: {
        rules: [
          { operation: 'GetLogEvents', probability: 0.2, fault: { type: 'throttle' } },
          { operation: 'FilterLogEvents', probability: 0.2, fault: { type: 'throttle' } },
          {
            operation: 'FilterLogEvents',
            probability: 0.1,
            fault: { type: 'reset', effect: 'before' },
          },
        ],
      },
      diesAt: (point) => / (getLog|filterLog)Events$/.test(point) && (points += 1) % 11 === 0,
      onDeath: () => void world.clock.after(SECOND, () => void world.start()),
    })
    for (const name of ['one', 'two', 'three']) world.addRun(name, { template: STREAMED })
    await world.clock.advance(10 * MINUTE)
    expect(points).toBeGreaterThan(30)
    for (const name of ['one', 'two', 'three']) {
      expect(printed(log.lines, name)).toEqual(linesOf(behaviour))
    }
  })

  test('is neither lost nor doubled wherever among its calls and commits the controller dies', async () => {
    const behaviour = writer(4_000, 300, 3)
    const dyingAt = async (nth: number): Promise<number> => {
      const log = recordingLog()
      let points = 0
      await startWorld({
        log,
        behave: () => behaviour,
        diesAt: (point) => {
          const isOne = point === 'commit' || / (getLog|filterLog)Events$/.test(point)
          return isOne && (points += 1) === nth
        },
        onDeath: () => void world.clock.after(SECOND, () => void world.start()),
      })
      for (const name of ['one', 'two']) world.addRun(name, { template: STREAMED })
      await world.clock.advance(MINUTE)
      for (const name of ['one', 'two']) {
        expect([nth, ...printed(log.lines, name)]).toEqual([nth, ...linesOf(behaviour)])
      }
      return points
    }
    const points = await dyingAt(0)
    expect(points).toBeGreaterThan(20)
    for (const nth of pointsUpTo(points)) {
      await world.stop()
      await dyingAt(nth)
    }
  })

  test('that was written before a stop is printed before it, and goes on after it', async () => {
    const log = recordingLog()
    const behaviour = writer(20_000, 100)
    await startWorld({ log, behave: () => behaviour })
    world.addRun('patient', { template: STREAMED })
    await world.clock.advance(31 * SECOND + 50)
    await world.stop()
    const early = printed(log.lines)
    expect(early).toEqual(linesOf(behaviour).slice(0, early.length))
    const writtenMs = Number(early.at(-1)?.toString().split('.')[0]) * 100
    const startedAtMs = world.attempts('patient')[0]?.observation?.['startedAtMs'] as number
    expect(world.clock.nowMs() - startedAtMs - writtenMs).toBeLessThanOrEqual(100)
    await world.start()
    await world.clock.advance(2 * MINUTE)
    expect(printed(log.lines)).toEqual(linesOf(behaviour))
  })

  test('that is too much is dropped, with a note of how much', async () => {
    const log = recordingLog()
    const output = Array.from({ length: 2_000 }, (_, n) => ({ atMs: 0, message: `${n}` }))
    await startWorld({ log, behave: () => ({ runMs: 5_000, output }) })
    world.addRun('flood', { template: STREAMED })
    await world.clock.advance(2 * MINUTE)
    expect(printed(log.lines)).toHaveLength(500)
    expect(log.lines.filter(({ message }) => message === 'output dropped')).toEqual([
      expect.objectContaining({ level: 'warn', run: 'Run/default/flood', lines: 1_500 }),
    ])
  })

  test('of every container is told apart', async () => {
    const log = recordingLog()
    await startWorld({
      log,
      behave: () => ({ runMs: 5_000, output: [{ atMs: 0, message: 'hi' }] }),
    })
    const options = {
      'awslogs-create-group': 'true',
      'awslogs-group': 'side',
      'awslogs-region': 'us-east-1',
      'awslogs-stream-prefix': 's',
    }
    const sidecars = [
      {
        name: 'proxy',
        image: 'envoy',
        logConfiguration: { logDriver: 'awslogs' as const, options },
      },
    ]
    world.addRun('pair', { template: { ...STREAMED, sidecars } as TemplateSpec })
    await world.clock.advance(2 * MINUTE)
    const containers = log.lines
      .filter(({ message }) => message === 'output')
      .map((line) => line['container'])
    expect(new Set(containers)).toEqual(new Set(['main', 'proxy']))
    expect(containers).toHaveLength(2)
  })

  test('that may not be read is given up with one warning', async () => {
    const log = recordingLog()
    const fault = { type: 'error', code: 'AccessDeniedException', message: 'no' } as const
    await startWorld({ log, faults: { rules: [{ operation: 'GetLogEvents', fault }] } })
    world.addRun('secret', { template: STREAMED })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('secret')).toBe('COMPLETED/Completed')
    expect(log.lines.filter(({ message }) => message === 'output cannot be followed')).toHaveLength(
      1,
    )
  })

  test('costs nothing when all of it was read', async () => {
    await startWorld()
    world.addRun('done', { template: STREAMED })
    await world.clock.advance(3 * MINUTE)
    const calls = world.totalCalls()
    await world.clock.advance(600 * MINUTE)
    expect(world.totalCalls()).toBe(calls)
  })

  test('of every task is there when the endpoint keeps all output', async () => {
    const log = recordingLog()
    const behaviour = writer(3_000, 500)
    await startWorld({
      log,
      behave: () => behaviour,
      config: { keepAllOutput: { logGroup: '/all', streamPrefix: 'task' } },
      outputOfEveryTask: { group: '/all', prefix: 'task' },
    })
    const taskDefinition = { containerDefinitions: [{ name: 'main', image: 'busybox' }] }
    const template = { taskDefinition, streamOutput: true, configureCloudwatchLogs: false }
    world.addRun('local', { template })
    await world.clock.advance(MINUTE)
    expect(printed(log.lines)).toEqual(linesOf(behaviour))
  })
})
