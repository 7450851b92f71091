import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test, vi } from 'vitest'
import {
  aDriverContainer,
  aDriverTask,
  type Reported,
  watchTask,
} from '../../../test/world/driver-task.ts'
import { systemClock } from '../../lib/clock.ts'
import { readIfThere } from './container-files.ts'
import type { DriverContainer, DriverTask, TaskReport } from './driver.ts'
import { createProcessDriver, type ProcessDriver } from './process.ts'
import { identify, isAlive, parseIdentity } from './process-identity.ts'

const PATH = process.env['PATH'] ?? ''
/** A bound on hangs, not on speed. */
const WAIT = { timeout: 30_000, interval: 20 }

interface Bench {
  readonly directory: string
  readonly driver: ProcessDriver
  readonly seen: Reported
  readonly report: TaskReport
}

const cleanups: (() => void)[] = []

afterEach(() => {
  for (const cleanup of cleanups.splice(0).toReversed()) cleanup()
})

function bench(directory = mkdtempSync(join(tmpdir(), 'driver-'))): Bench {
  const driver = createProcessDriver({
    clock: systemClock,
    directory,
    workingDirectory: tmpdir(),
    baseEnvironment: { PATH },
  })
  const { seen, report } = watchTask()
  cleanups.push(
    () => rmSync(directory, { recursive: true, force: true }),
    () => driver.close({ kill: true }),
  )
  return { directory, driver, seen, report }
}

function aContainer(
  command: readonly string[],
  rest: Partial<DriverContainer> = {},
): DriverContainer {
  return aDriverContainer({ image: 'image', command, ...rest })
}

function shell(script: string, rest: Partial<DriverContainer> = {}): DriverContainer {
  return aContainer(['/bin/sh', '-c', script], rest)
}

function aTask(...containers: readonly DriverContainer[]): DriverTask {
  return aDriverTask({ networkMode: 'bridge', containers })
}

async function run(...containers: readonly DriverContainer[]): Promise<Reported> {
  const { driver, seen, report } = bench()
  driver.start(aTask(...containers), report)
  await vi.waitFor(() => {
    const ended = containers.every(({ name }) => seen.ends.has(name))
    expect(ended || seen.failure !== undefined).toBe(true)
  }, WAIT)
  return seen
}

describe('exit codes', () => {
  test.each([
    { name: 'success', container: aContainer(['true']), exitCode: 0 },
    { name: 'the code of the program', container: shell('exit 75'), exitCode: 75 },
    { name: 'a signal is 128 + its number', container: shell('kill -SEGV $$'), exitCode: 139 },
    { name: 'killed from inside', container: shell('kill -KILL $$'), exitCode: 137 },
    { name: 'no command counts as success', container: aContainer([]), exitCode: 0 },
  ])('$name', async ({ container, exitCode }) => {
    const seen = await run(container)
    expect(seen.ends.get('main')?.exitCode).toBe(exitCode)
    expect(seen.started).toEqual(['main'])
  })
})

describe('commands that cannot be started', () => {
  test.each([
    {
      name: 'a name that is nowhere on the path',
      command: ['no-such-program'],
      text: 'exec: "no-such-program": executable file not found in $PATH: unknown',
    },
    {
      name: 'a path that is not there',
      command: ['/no/such/program'],
      text: 'exec: "/no/such/program": stat /no/such/program: no such file or directory: unknown',
    },
    { name: 'a directory', command: ['/tmp'], text: 'is a directory' },
    { name: 'a file that may not be run', command: ['/etc/passwd'], text: 'permission denied' },
  ])('$name', async ({ command, text }) => {
    const seen = await run(aContainer(command))
    expect(seen.failure).toMatch(/^CannotStartContainerError: /)
    expect(seen.failure).toContain(text)
    expect(seen.started).toEqual([])
  })

  test('an environment that the system refuses fails the task, not the host', async () => {
    const seen = await run(aContainer(['true'], { environment: { BIG: 'x'.repeat(3_000_000) } }))
    expect(seen.failure).toMatch(/^CannotStartContainerError: .*E2BIG/)
  })
})

describe('what a container sees and says', () => {
  test('its environment is its own, not the host’s', async () => {
    vi.stubEnv('SECRET_OF_THE_HOST', 'leaked')
    const seen = await run(
      shell('echo "[$A] [$SECRET_OF_THE_HOST] [${PATH:+path}]"', { environment: { A: '1' } }),
    )
    vi.unstubAllEnvs()
    expect(seen.lines).toEqual(['main: [1] [] [path]'])
  })

  test('stdout and stderr come line by line, also a last line without an end', async () => {
    const seen = await run(shell(String.raw`echo one; echo two >&2; printf 'three\r\nfour'`))
    expect(seen.lines).toEqual(['main: one', 'main: two', 'main: three', 'main: four'])
  })

  test('characters of several bytes survive the seams between reads', async () => {
    const seen = await run(
      shell(`i=0; while [ $i -lt 9000 ]; do echo "zäöüß€-$i"; i=$((i+1)); done`),
    )
    expect(seen.lines).toHaveLength(9000)
    expect(seen.lines.every((line, index) => line === `main: zäöüß€-${index}`)).toBe(true)
  })

  test('a secret’s name is told, and that it cannot be read', async () => {
    const seen = await run(shell('echo "[$TOKEN]"', { secretNames: ['TOKEN'] }))
    expect(seen.lines).toContain('main: TOKEN is not set: secrets cannot be read here')
    expect(seen.lines).toContain('main: []')
  })
})

describe('stop', () => {
  const stopNow = { atMs: 0, graceful: true, open: ['main'] }

  test('SIGTERM lets the program end in its own way', async () => {
    const { driver, seen, report } = bench()
    const task = aTask(
      shell('trap "echo bye; exit 4" TERM; echo ready; while :; do sleep 0.05; done'),
    )
    driver.start(task, report)
    await vi.waitFor(() => {
      driver.flush?.()
      expect(seen.lines).toContain('main: ready')
    }, WAIT)
    driver.stop(task, stopNow, report)
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(4), WAIT)
    expect(seen.lines).toContain('main: bye')
  })

  test('SIGKILL ends the whole group after the stop timeout', async () => {
    const { driver, seen, report } = bench()
    const task = aTask(
      shell('trap "" TERM; sh -c "echo child \\$\\$; sleep 60" & wait', { stopTimeoutMs: 50 }),
    )
    driver.start(task, report)
    await vi.waitFor(() => {
      driver.flush?.()
      expect(seen.lines[0]).toMatch(/^main: child \d+$/)
    }, WAIT)
    const child = Number(seen.lines[0]?.split(' ').at(-1))
    driver.stop(task, stopNow, report)
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(137), WAIT)
    await vi.waitFor(() => expect(identify(child)).toBeUndefined(), WAIT)
  })

  test('what a container leaves running ends with it', async () => {
    const seen = await run(shell('sleep 60 & echo $!'))
    const child = Number(seen.lines[0]?.split(' ').at(-1))
    await vi.waitFor(() => expect(identify(child)).toBeUndefined(), WAIT)
  })

  test('a task that has not begun never starts', () => {
    const { driver, seen, report } = bench()
    const task = { ...aTask(shell('exit 0')), startAtMs: systemClock.nowMs() + 60_000 }
    driver.start(task, report)
    driver.stop(task, stopNow, report)
    expect(seen.started).toEqual([])
    expect(seen.ends.get('main')).toEqual({ atMs: expect.any(Number) })
  })
})

describe('containers that depend on others', () => {
  const init = (script: string): DriverContainer =>
    shell(script, { name: 'init', essential: false })
  const after = (condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY'): DriverContainer =>
    shell('echo main', { dependsOn: [{ containerName: 'init', condition }] })

  test('COMPLETE waits for the end, whatever it is', async () => {
    const seen = await run(after('COMPLETE'), init('echo init; exit 1'))
    expect(seen.lines).toEqual(['init: init', 'main: main'])
    expect(seen.ends.get('init')?.exitCode).toBe(1)
  })

  test('START waits for the start and no longer, wherever the other stands in the list', async () => {
    const { driver, directory, seen, report } = bench()
    const flag = join(directory, 'flag')
    const main = { ...after('START'), command: ['/bin/sh', '-c', `: > ${flag}`] }
    driver.start(aTask(main, init(`while [ ! -e ${flag} ]; do sleep 0.02; done`)), report)
    await vi.waitFor(() => expect([...seen.ends.keys()].toSorted()).toEqual(['init', 'main']), WAIT)
    expect(seen.started).toEqual(['init', 'main'])
  })

  test('SUCCESS that cannot come fails the task', async () => {
    const seen = await run(after('SUCCESS'), init('exit 1'))
    expect(seen.failure).toContain('[init SUCCESS] for target [main]')
    expect(seen.started).toEqual(['init'])
  })

  test('HEALTHY waits for the health check', async () => {
    const check = { intervalMs: 20, timeoutMs: 5000, retries: 3, startPeriodMs: 60_000 }
    const { driver, directory, seen, report } = bench()
    const flag = join(directory, 'flag')
    const sidecar = {
      ...init(`sleep 0.1; : > ${flag}; sleep 60`),
      healthCheck: { ...check, command: ['CMD-SHELL', `[ -e ${flag} ]`] },
    }
    const task = aTask(after('HEALTHY'), sidecar)
    driver.start(task, report)
    await vi.waitFor(() => expect(seen.ends.get('main')?.exitCode).toBe(0), WAIT)
    expect(seen.health[0]).toBe('init HEALTHY')
    driver.stop(task, { atMs: 0, graceful: false, open: ['init'] }, report)
    await vi.waitFor(() => expect(seen.ends.get('init')?.exitCode).toBe(137), WAIT)
  })
})

describe('after the host process died', () => {
  /** Watching stops as it does in a crash: no exit is seen, no output read. */
  function crash({ driver }: Bench): void {
    driver.close()
  }

  test('a living process is adopted, with its output and its exit code', async () => {
    const first = bench()
    const go = join(first.directory, 'go')
    const task = aTask(
      shell(`echo before; while [ ! -e ${go} ]; do sleep 0.02; done; echo after; exit 9`),
    )
    first.driver.start(task, first.report)
    await vi.waitFor(() => {
      first.driver.flush?.()
      expect(first.seen.lines).toEqual(['main: before'])
    }, WAIT)
    crash(first)
    const second = bench(first.directory)
    expect(second.driver.adopt?.(task, second.report)).toBe(true)
    expect(second.seen.ends.size).toBe(0)
    await run(aContainer(['touch', go]))
    await vi.waitFor(() => expect(second.seen.ends.get('main')?.exitCode).toBe(9), WAIT)
    expect(second.seen.lines).toEqual(['main: after'])
  })

  test('an end that nobody saw is told, with the output nobody read', async () => {
    const first = bench()
    const go = join(first.directory, 'go')
    const task = aTask(shell(`while [ ! -e ${go} ]; do sleep 0.02; done; echo done; exit 5`))
    first.driver.start(task, first.report)
    await vi.waitFor(() => expect(first.seen.started).toEqual(['main']), WAIT)
    crash(first)
    writeFileSync(go, '')
    const exit = join(first.directory, 'task-1', 'main', 'exit')
    await vi.waitFor(() => expect(readIfThere(exit)).toBe('5\n'), WAIT)
    const second = bench(first.directory)
    expect(second.driver.adopt?.(task, second.report)).toBe(true)
    expect(second.seen.ends.get('main')?.exitCode).toBe(5)
    expect(second.seen.lines).toEqual(['main: done'])
  })

  test('a process that died with the host is lost', async () => {
    const first = bench()
    const task = aTask(shell('sleep 60'))
    first.driver.start(task, first.report)
    const own = join(first.directory, 'task-1', 'main', 'process')
    const identity = await vi.waitFor(() => {
      const written = parseIdentity(readIfThere(own) ?? '')
      if (!written) throw new Error('not yet')
      return written
    }, WAIT)
    crash(first)
    process.kill(-identity.pid, 'SIGKILL')
    await vi.waitFor(() => expect(isAlive(identity)).toBe(false), WAIT)
    const second = bench(first.directory)
    expect(second.driver.adopt?.(task, second.report)).toBe(false)
    expect(second.seen.isLost).toBe(true)
  })

  test('a task that had not begun is started', async () => {
    const later = bench()
    expect(later.driver.adopt?.(aTask(shell('exit 6')), later.report)).toBe(true)
    await vi.waitFor(() => expect(later.seen.ends.get('main')?.exitCode).toBe(6), WAIT)
  })
})
