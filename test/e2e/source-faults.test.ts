import { chmodSync, chownSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { duplicates, type FaultyEcs, startFaultyEcs } from './faulty-ecs.ts'
import {
  eventually,
  openSandbox,
  PROGRAM,
  type Program,
  readApi,
  type Sandbox,
  unseen,
} from './program.ts'

/**
 * Folders go wrong in every way that has deleted fleets elsewhere, under one controller in a process of its own:
 * nothing is stopped that nobody approved. Tasks are those of an emulated account, which counts what is stopped.
 */

/** Runs of each folder; more than may be pruned without being asked. */
const RUNS = 12

const FOLDERS = ['emptied', 'thinned', 'unmounted', 'exchanged', 'forbidden'] as const
const HELD = ['emptied', 'exchanged', 'thinned']
const UNREADABLE = ['forbidden', 'unmounted']

/** A second look, and one more for good measure, of a folder that is busy. */
const GRACE_MS = 5_000

/** Root may read what is forbidden, so the controller is somebody else. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

let sandbox: Sandbox
let ecs: FaultyEcs
let controller: Program

beforeAll(async () => {
  sandbox = openSandbox()
  ecs = await startFaultyEcs()
  for (const folder of FOLDERS) {
    for (let index = 0; index < RUNS; index += 1) {
      sandbox.write(`${folder}/${index}.yaml`, runFile(`${folder}-${index}`))
    }
  }
  sandbox.write('elsewhere/pool.yaml', poolFile('elsewhere'))
  if (isRoot) giveAway(sandbox.directory)
  controller = up()
  await eventually(async () => expect((await ecs.report()).tasks).toHaveLength(ALL), 60_000)
})

const ALL = FOLDERS.length * RUNS

afterAll(async () => {
  chmodSync(sandbox.path('forbidden'), 0o755)
  await sandbox.close()
  await ecs.close()
})

/** A run that goes on until it is stopped. */
function runFile(name: string): string {
  return `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: ${name}}
spec: {template: {image: busybox, family: shared, env: {RUN_MS: forever}}}
`
}

function poolFile(name: string): string {
  return `apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata: {name: ${name}}\nspec: {}\n`
}

function giveAway(path: string): void {
  chownSync(path, NOBODY, NOBODY)
  for (const entry of readdirSync(path, { withFileTypes: true, recursive: true })) {
    chownSync(`${entry.parentPath}/${entry.name}`, NOBODY, NOBODY)
  }
}

function up(): Program {
  const user = `data:text/javascript,process.setgroups([]);process.setgid(${NOBODY});process.setuid(${NOBODY})`
  const words = [PROGRAM, 'up', ...FOLDERS, '--listen', 'none', '--log-format', 'json']
  return sandbox.launch(process.execPath, [...(isRoot ? ['--import', user] : []), ...words], {
    env: ecs.environment('main'),
  })
}

interface Source {
  readonly source: string
  readonly ok: boolean
  readonly held?: { readonly reason: string; readonly count: number }
  readonly problems: readonly { readonly message: string }[]
}

async function sources(): Promise<Readonly<Record<string, Source>>> {
  const answer = await readApi(sandbox, '/capstan/sources')
  const items = answer?.['items'] as unknown as readonly Source[]
  return Object.fromEntries(items.map((item) => [item.source.split('/').at(-1), item]))
}

/** The folders that hold something back, and those that cannot be read. */
async function expectGuarded(): Promise<void> {
  await eventually(async () => {
    const now = Object.entries(await sources())
    expect(now.filter(([, { held }]) => held).map(([name]) => name)).toEqual(
      expect.arrayContaining(HELD),
    )
    expect(now.filter(([, { ok }]) => !ok).map(([name]) => name)).toEqual(
      expect.arrayContaining(UNREADABLE),
    )
  })
}

/** Looks again and again: what is wrong now stays wrong, and is seen to be. */
async function lookOften(): Promise<void> {
  for (let waitedMs = 0; waitedMs < GRACE_MS; waitedMs += 500) {
    controller.signal('SIGHUP')
    await delay(500)
  }
}

async function stops(): Promise<{ readonly asked: number; readonly live: number }> {
  const { calls, tasks } = await ecs.report()
  const asked = calls['main']?.['StopTask'] ?? 0
  return { asked, live: tasks.filter(({ isLive }) => isLive).length }
}

describe('folders that go wrong', () => {
  test('empty, thinned out, unmounted, exchanged, forbidden: nothing is stopped', async () => {
    // A look between two of them would see few enough gone to let them go.
    unseen(controller, () => {
      for (let index = 0; index < RUNS; index += 1) {
        rmSync(sandbox.path('emptied', `${index}.yaml`))
        if (index > 0) rmSync(sandbox.path('thinned', `${index}.yaml`))
      }
    })
    renameSync(sandbox.path('unmounted'), sandbox.path('away'))
    renameSync(sandbox.path('exchanged'), sandbox.path('other'))
    renameSync(sandbox.path('elsewhere'), sandbox.path('exchanged'))
    chmodSync(sandbox.path('forbidden'), 0o000)
    await expectGuarded()
    await lookOften()
    expect(await stops()).toEqual({ asked: 0, live: ALL })
    const { emptied, thinned, exchanged, unmounted, forbidden } = await sources()
    expect([emptied?.held?.reason, emptied?.held?.count]).toEqual(['EmptyFolder', RUNS])
    expect([thinned?.held?.reason, thinned?.held?.count]).toEqual(['TooMany', RUNS - 1])
    expect([exchanged?.held?.reason, exchanged?.held?.count]).toEqual(['RootChanged', RUNS])
    expect(unmounted?.problems[0]?.message).toMatch(/does not exist: create the folder, or check/)
    expect(forbidden?.problems[0]?.message).toMatch(/may not be read/)
  })

  test('an empty mount point where the folder was, and a restart: nothing is stopped or launched', async () => {
    mkdirSync(sandbox.path('unmounted'))
    if (isRoot) giveAway(sandbox.path('unmounted'))
    const heldToo = async (): Promise<void> => {
      const { unmounted } = await sources()
      expect([unmounted?.held?.reason, unmounted?.held?.count]).toEqual(['RootChanged', RUNS])
    }
    await eventually(heldToo)
    expect(await controller.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
    controller = up()
    await controller.says(/API listens/)
    await eventually(heldToo)
    await lookOften()
    expect(await stops()).toEqual({ asked: 0, live: ALL })
    const report = await ecs.report()
    expect([report.tasks.length, duplicates(report)]).toEqual([ALL, []])
    rmSync(sandbox.path('unmounted'), { recursive: true })
    await expectGuarded()
  })

  test('capstan approve lets go what is held, and nothing else', async () => {
    const approved = await sandbox.run(['approve'])
    expect(approved.code).toBe(0)
    expect(approved.stdout.trim().split('\n')).toHaveLength(HELD.length)
    const left = ALL - RUNS - (RUNS - 1) - RUNS
    await eventually(async () => expect((await stops()).live).toBe(left))
    await lookOften()
    expect(await stops()).toEqual({ asked: ALL - left, live: left })
    console.log(
      `folder faults ${JSON.stringify({ folders: FOLDERS.length, runs: ALL, stoppedWithoutApproval: 0, stoppedAfterApproval: ALL - left })}`,
    )
  })

  test('what comes back is as it was', async () => {
    const { live } = await stops()
    renameSync(sandbox.path('away'), sandbox.path('unmounted'))
    chmodSync(sandbox.path('forbidden'), 0o755)
    await eventually(async () => {
      const now = await sources()
      expect(UNREADABLE.map((name) => [now[name]?.ok, now[name]?.problems])).toEqual([
        [true, []],
        [true, []],
      ])
    })
    await lookOften()
    expect((await stops()).live).toBe(live)
    expect((await ecs.report()).tasks).toHaveLength(ALL)
  })
})
