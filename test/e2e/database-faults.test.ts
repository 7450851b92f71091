import { spawnSync } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { duplicates, type FaultyEcs, startFaultyEcs } from './faulty-ecs.ts'
import {
  eventually,
  findRun,
  openSandbox,
  type Program,
  type Sandbox,
  type StartOptions,
} from './program.ts'

let sandbox: Sandbox
let ecs: FaultyEcs

beforeEach(async () => {
  sandbox = openSandbox()
  ecs = await startFaultyEcs()
})

afterEach(async () => {
  await sandbox.close()
  await ecs.close()
})

function writeRun(name: string, runMs: number | 'forever', folder = 'manifests'): void {
  const text = `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: ${name}}
spec:
  template: {image: busybox, env: {RUN_MS: "${runMs}"}}
`
  sandbox.write(`${folder}/${name}.yaml`, text)
}

function up(words: readonly string[] = ['manifests'], options: StartOptions = {}): Program {
  return sandbox.start(['up', ...words, '--listen', 'none'], {
    ...options,
    env: ecs.environment('main'),
  })
}

function database(suffix = ''): string {
  return sandbox.path('.capstan', `capstan.db${suffix}`)
}

function removeDatabase(): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(database(suffix), { force: true })
}

function reaches(name: string, type: string, data?: string): Promise<void> {
  return eventually(async () => {
    expect(await findRun(sandbox, name, data)).toMatchObject({ status: { state: { type } } })
  })
}

/** What /readyz says, whatever its status. */
function readyz(): Promise<string> {
  return new Promise((resolve, reject) => {
    const path = '/readyz?verbose'
    const call = request({ socketPath: sandbox.path('.capstan/capstan.sock'), path }, (answer) => {
      let text = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      answer.once('end', () => resolve(text))
    })
    call.once('error', reject)
    call.end()
  })
}

async function tasks(): Promise<number> {
  const report = await ecs.report()
  expect(duplicates(report)).toEqual([])
  return report.tasks.length
}

/** One run that has ended and one that lives, and the controller that made them. */
async function begin(): Promise<Program> {
  writeRun('done', 100)
  writeRun('live', 'forever')
  const controller = up()
  await reaches('done', 'COMPLETED')
  await reaches('live', 'RUNNING')
  return controller
}

/** Says why in one sentence, with an exit code, and does not start anything. */
async function isRefused(controller: Program, sentence: RegExp): Promise<void> {
  expect(await controller.ended).toEqual({ code: 1, signal: null })
  expect(controller.stderr).toMatch(sentence)
  expect(controller.stderr).not.toMatch(/\n {4}at /)
}

describe('while the controller runs', () => {
  test.each<[string, () => void, RegExp]>([
    ['deleted', () => rmSync(database()), /capstan\.db was deleted while Capstan had it open/],
    [
      'replaced',
      () => {
        copyFileSync(database(), database('.other'))
        renameSync(database('.other'), database())
      },
      /capstan\.db was replaced while Capstan had it open/,
    ],
    ['cut off', () => truncateSync(database(), 0), /capstan\.db was cut off/],
    ['robbed of its log', () => rmSync(database('-wal')), /capstan\.db-wal was deleted/],
    [
      'no longer locked',
      () => rmSync(sandbox.path('.capstan/lock.db')),
      /lock\.db was deleted or replaced/,
    ],
  ])('a database that is %s ends it, and nothing runs twice after', async (_, harm, sentence) => {
    const controller = await begin()
    // So that there is something to cut off.
    await sandbox.run(['backup', 'spare.db'])
    const before = await tasks()
    harm()
    writeRun('late', 100)
    expect(await controller.ended).toEqual({ code: 1, signal: null })
    expect(controller.stderr).toMatch(sentence)
    // Whether `late` was faster than the guard is its own business; twice it must not be.
    const between = await tasks()
    expect(between - before).toBeLessThanOrEqual(1)
    removeDatabase()
    const next = up()
    await reaches('live', 'RUNNING')
    await eventually(async () => expect(await tasks()).toBe(before + 1))
    expect((await next.stop()).code).toBe(0)
    expect(await tasks()).toBe(before + 1)
  })
})

describe('at the start', () => {
  test('a deleted database: what lives is adopted, what has ended does not run again, what is new runs', async () => {
    const first = await begin()
    await first.stop()
    const before = await tasks()
    removeDatabase()
    writeRun('new', 100)
    const next = up()
    await next.says(/the database of this data directory was lost/)
    await reaches('live', 'RUNNING')
    await reaches('new', 'COMPLETED')
    expect(await findRun(sandbox, 'done')).toBeUndefined()
    expect(await tasks()).toBe(before + 1)
    // The adopted task is the run's own: it can be stopped.
    rmSync(sandbox.path('manifests/live.yaml'))
    await eventually(async () =>
      expect((await ecs.report()).tasks.filter(({ isLive }) => isLive)).toEqual([]),
    )
  })

  test('the whole data directory lost: ECS proves what it can, the rest is as new', async () => {
    const first = await begin()
    await first.stop()
    const before = await tasks()
    rmSync(sandbox.path('.capstan'), { recursive: true })
    const next = up()
    await next.says(/recovery is over/)
    await reaches('live', 'RUNNING')
    await reaches('done', 'COMPLETED')
    expect(await tasks()).toBe(before)
  })

  test('a first start asks ECS and finds nothing', async () => {
    writeRun('first', 100)
    const controller = up(['manifests', '--once'])
    expect(await controller.ended).toEqual({ code: 0, signal: null })
    expect(await tasks()).toBe(1)
    expect(controller.stdout).toContain('Completed')
    expect(controller.stderr).not.toContain('Held')
  })

  test.each<[string, () => void, RegExp]>([
    [
      'cut in half',
      () => truncateSync(database(), Math.floor(statSync(database()).size / 2)),
      /^error: .*capstan\.db is damaged .*newest backup/m,
    ],
    [
      'with a page full of noise',
      () => {
        const bytes = readFileSync(database())
        bytes.fill(0xa5, 5 * 4096, 6 * 4096)
        writeFileSync(database(), bytes)
      },
      /^error: .*capstan\.db is damaged .*newest backup/m,
    ],
    [
      'that is something else',
      () => writeFileSync(database(), 'kind: Run\n'.repeat(2_000)),
      /^error: .*capstan\.db is not a SQLite database/m,
    ],
  ])(
    'a database %s is refused, and moved aside it is recovered from',
    async (_, harm, sentence) => {
      const first = await begin()
      await first.stop()
      const before = await tasks()
      harm()
      await isRefused(up(), sentence)
      expect(await tasks()).toBe(before)
      renameSync(database(), database('.damaged'))
      up()
      await reaches('live', 'RUNNING')
      expect(await tasks()).toBe(before)
    },
  )

  test('an empty file is a lost database', async () => {
    const first = await begin()
    await first.stop('SIGKILL')
    const before = await tasks()
    truncateSync(database(), 0)
    const next = up()
    await next.says(/was lost/)
    await reaches('live', 'RUNNING')
    expect(await tasks()).toBe(before)
  })

  test("another controller's database is refused", async () => {
    writeRun('theirs', 100, 'others')
    const other = up(['others', '--data', 'other-data', '--name', 'other'])
    await reaches('theirs', 'COMPLETED', 'other-data')
    await other.stop()
    const first = await begin()
    await first.stop()
    const before = await tasks()
    renameSync(database(), database('.own'))
    copyFileSync(sandbox.path('other-data/capstan.db'), database())
    await isRefused(up(), /capstan\.db cannot be used: it belongs to another controller/)
    expect(await tasks()).toBe(before)
    renameSync(database('.own'), database())
    up()
    await reaches('live', 'RUNNING')
    expect(await tasks()).toBe(before)
  })

  test.each<[string, NodeJS.Signals]>([
    ['stopped', 'SIGTERM'],
    ['was killed', 'SIGKILL'],
  ])(
    'a copy of this very start, put back after the controller %s, is noticed',
    async (_, signal) => {
      const first = await begin()
      expect((await sandbox.run(['backup', 'copy.db'])).code).toBe(0)
      writeRun('since', 100)
      writeRun('since-live', 'forever')
      await reaches('since', 'COMPLETED')
      await reaches('since-live', 'RUNNING')
      await first.stop(signal)
      const before = await tasks()
      copyFileSync(sandbox.path('copy.db'), database())
      const next = up()
      await next.says(/the database is an older copy/)
      await reaches('live', 'RUNNING')
      await reaches('since-live', 'RUNNING')
      expect(await tasks()).toBe(before)
    },
  )

  test('a data directory that cannot be read as one is refused', async () => {
    const first = await begin()
    await first.stop()
    sandbox.write('.capstan/identity.json', '{"instanceId"')
    await isRefused(up(), /identity\.json cannot be read as the identity/)
  })
})

describe('a backup', () => {
  test('is made while the controller runs, and without one, and is a database', async () => {
    const controller = await begin()
    const online = await sandbox.run(['backup', 'online.db'])
    expect(online).toMatchObject({ code: 0, stderr: expect.stringContaining('online.db') })
    await controller.stop()
    expect((await sandbox.run(['backup', 'offline.db'])).code).toBe(0)
    for (const name of ['online.db', 'offline.db']) {
      expect(statSync(sandbox.path(name)).mode & 0o777).toBe(0o600)
      mkdirSync(sandbox.path(`data-${name}`))
      copyFileSync(sandbox.path(name), sandbox.path(`data-${name}`, 'capstan.db'))
    }
    const before = await tasks()
    const restored = up(['manifests', '--data', 'data-offline.db'])
    await reaches('live', 'RUNNING', 'data-offline.db')
    await restored.stop()
    expect(await tasks()).toBe(before)
  })

  test.each<[string, readonly string[], RegExp]>([
    ['over the database', ['backup', '.capstan/capstan.db'], /is the database itself/],
    ['into nowhere', ['backup', 'no/such/folder/x.db'], /does not exist: make it first/],
    ['without a file', ['backup'], /takes one FILE/],
    ['of nothing', ['backup', 'x.db', '--data', 'nowhere'], /does not exist: name the data dir/],
  ])('%s is refused', async (_, words, message) => {
    await (await begin()).stop()
    const result = await sandbox.run(words)
    expect(result).toMatchObject({ code: 1, stderr: expect.stringMatching(message) })
    expect(existsSync(sandbox.path('x.db'))).toBe(false)
  })
})

/** A file system of sixteen megabytes, where the machine lets us make one. */
function mountSmallDisk(path: string): boolean {
  mkdirSync(path, { recursive: true })
  return spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=16m,mode=700', 'tmpfs', path]).status === 0
}

test('a full disk: nothing is launched, readiness says so, and work goes on when there is room', async (context) => {
  const data = sandbox.path('.capstan')
  if (!mountSmallDisk(data)) context.skip()
  try {
    const controller = await begin()
    expect(await readyz()).toContain('[+]store ok')
    const before = await tasks()
    spawnSync('dd', ['if=/dev/zero', `of=${data}/filler`, 'bs=4096'], { stdio: 'ignore' })
    for (let n = 0; n < 10; n += 1) writeRun(`crowd-${n}`, 100)
    await controller.says(/the database cannot be written, nothing is launched/)
    expect(await readyz()).toMatch(/disk is full/)
    const during = await tasks()
    rmSync(`${data}/filler`)
    await controller.says(/the database can be written again/)
    await eventually(async () => expect(await tasks()).toBe(before + 10))
    expect(during).toBeLessThan(before + 10)
    expect((await controller.stop()).code).toBe(0)
  } finally {
    spawnSync('umount', ['-l', data])
  }
})
