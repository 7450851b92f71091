import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import Database from 'better-sqlite3'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { FaultPlan } from '../../src/emulator/faults.ts'
import type { Random } from '../../src/lib/random.ts'
import { seededRandom } from '../world/seeded-random.ts'
import { duplicates, type EcsReport, type FaultyEcs, startFaultyEcs } from './faulty-ecs.ts'
import {
  eventually,
  listRuns,
  openSandbox,
  type Program,
  type Sandbox,
  type SeenRun,
} from './program.ts'

/** Another one tries other moments: CAPSTAN_SEED=7 npx vitest run --project e2e kill-storm */
const SEED = Number(process.env['CAPSTAN_SEED'] ?? 20_260_115)

/** A longer run is one variable away: CAPSTAN_KILLS=5000 */
const KILLS = Number(process.env['CAPSTAN_KILLS'] ?? 105)

/** Of so many kills one counts from the start of the process, the others from when its API listens. */
const KILL_WHILE_STARTING = 3

/** The lock is taken, the database opened and checked, the folder read within this time. */
const LATEST_START_KILL_MS = 500

/** Files are read, definitions registered, tasks launched, stopped and observed within this time. */
const LATEST_KILL_MS = 500

/** A bound on hangs: a start, a look at the database. */
const LONGEST_ROUND_MS = 15_000

/** Everything that is still open after the last kill, refusals and their backoff included. */
const FINISH_MS = 180_000

const FAULTS: FaultPlan = {
  rules: [
    { operation: '*', probability: 0.03, fault: { type: 'throttle' } },
    { operation: 'RunTask', probability: 0.05, fault: { type: 'throttle', disguise: 'subnet' } },
    { operation: '*', probability: 0.02, fault: { type: 'serverError', effect: 'before' } },
    { operation: 'RunTask', probability: 0.06, fault: { type: 'serverError', effect: 'after' } },
    { operation: '*', probability: 0.02, fault: { type: 'reset', effect: 'before' } },
    { operation: 'RunTask', probability: 0.1, fault: { type: 'reset', effect: 'after' } },
    { operation: 'StopTask', probability: 0.2, fault: { type: 'reset', effect: 'after' } },
    {
      operation: 'RegisterTaskDefinition',
      probability: 0.2,
      fault: { type: 'reset', effect: 'after' },
    },
    { operation: '*', probability: 0.1, fault: { type: 'delay', delayMs: 150 } },
    { operation: 'RunTask', probability: 0.05, limit: 12, fault: { type: 'capacity' } },
    { operation: 'ListTasks', probability: 0.2, fault: { type: 'stale', ageMs: 2_000 } },
    { operation: 'RunTask', probability: 0.1, fault: { type: 'missing', forMs: 1_500 } },
  ],
}

let sandbox: Sandbox
let ecs: FaultyEcs

beforeEach(async () => {
  sandbox = openSandbox()
  ecs = await startFaultyEcs({ seed: SEED, faults: FAULTS })
})

afterEach(async () => {
  await sandbox.close()
  await ecs.close()
})

function up(): Program {
  const words = ['up', 'manifests', '--listen', 'none', '--log-format', 'json']
  return sandbox.start(words, { env: ecs.environment('main') })
}

/** What a folder wants of one Run, and how it is to end; undefined: its file goes again. */
interface Wish {
  readonly name: string
  readonly runMs: string
  readonly fails: number
  readonly retries: number
  readonly end: 'COMPLETED' | 'FAILED' | 'CANCELLED' | undefined
}

function write({ name, runMs, fails, retries }: Wish, cancel = false): void {
  sandbox.write(
    `manifests/${name}.yaml`,
    `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: ${name}}
spec:
  cancel: ${cancel}
  template:
    image: busybox:${name.length % 3}
    family: storm
    env: {RUN_MS: "${runMs}", FAILS: "${fails}"}
    retry: {limit: ${retries}, backoff: {initialSeconds: 0.2, jitter: 0}}
`,
  )
}

/** Each round brings one run of each fate; those that last are dealt with in the next round. */
function wishesOf(round: number, random: Random): readonly Wish[] {
  const nap = { runMs: String(Math.round(random.fraction() * 3_000)), fails: 0, retries: 0 }
  const fates: readonly Omit<Wish, 'name'>[] = [
    { ...nap, end: 'COMPLETED' },
    { ...nap, runMs: '100', fails: 1, retries: 1, end: 'COMPLETED' },
    { ...nap, runMs: '100', fails: 9, end: 'FAILED' },
    { ...nap, runMs: 'forever', end: 'CANCELLED' },
    { ...nap, runMs: 'forever', end: undefined },
  ]
  // Two at a time: so many tasks as a small team has, and each fate comes round often enough.
  return [round * 2, round * 2 + 1].flatMap((index) => {
    const fate = fates[index % fates.length]
    return fate ? [{ ...fate, name: `r${index}` }] : []
  })
}

function endIt(wish: Wish): void {
  if (wish.end === 'CANCELLED') write(wish, true)
  if (wish.end === undefined) rmSync(sandbox.path(`manifests/${wish.name}.yaml`))
}

/** The complaint of SQLite's full check about the files as the dead process left them. */
function damage(): unknown {
  const copy = sandbox.path('copy.db')
  for (const suffix of ['', '-wal']) {
    rmSync(`${copy}${suffix}`, { force: true })
    const from = sandbox.path(`.capstan/capstan.db${suffix}`)
    if (existsSync(from)) copyFileSync(from, `${copy}${suffix}`)
  }
  if (!existsSync(copy)) return 'ok'
  const database = new Database(copy)
  const verdict = database.pragma('integrity_check', { simple: true })
  database.close()
  return verdict
}

async function killAtRandom(round: number, random: Random): Promise<'starting' | 'working'> {
  const controller = up()
  const isStarting = round % KILL_WHILE_STARTING === 0
  if (!isStarting) await controller.says(/API listens/)
  await delay(random.fraction() * (isStarting ? LATEST_START_KILL_MS : LATEST_KILL_MS))
  expect(await controller.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
  return isStarting ? 'starting' : 'working'
}

function summarize(report: EcsReport, kills: object, seconds: object): object {
  const calls = Object.values(report.calls['main'] ?? {}).reduce((sum, count) => sum + count, 0)
  const faults = report.faults.reduce((sum, count) => sum + count, 0)
  return { seed: SEED, kills, calls, faults, tasks: report.tasks.length, seconds }
}

/** Runs that did not end as the folder wants. */
function lost(wishes: readonly Wish[], runs: readonly SeenRun[]): readonly string[] {
  const byName = new Map(runs.map((run) => [run.metadata.name, run.status?.state?.type]))
  return wishes
    .filter(({ name, end }) => byName.get(name) !== end)
    .map(({ name, end }) => `${name}: ${byName.get(name)} instead of ${end}`)
}

test(
  `kill -9 at ${KILLS} random moments under a faulty ECS (seed ${SEED}): no task twice, none left, no run lost`,
  async () => {
    const startedMs = performance.now()
    const random = seededRandom(SEED)
    mkdirSync(sandbox.path('manifests'))
    const wishes: Wish[] = []
    const kills = { starting: 0, working: 0 }
    let before: readonly Wish[] = []
    for (let round = 0; round < KILLS; round += 1) {
      before.forEach(endIt)
      before = wishesOf(round, random)
      for (const wish of before) write(wish)
      wishes.push(...before)
      kills[await killAtRandom(round, random)] += 1
      expect(damage(), `after kill ${round}`).toBe('ok')
    }
    before.forEach(endIt)
    const killedMs = performance.now()
    const survivor = up()
    await eventually(async () => {
      expect(lost(wishes, await listRuns(sandbox))).toEqual([])
    }, FINISH_MS)
    const report = await eventually(async () => {
      const now = await ecs.report()
      expect(now.tasks.filter(({ isLive }) => isLive)).toEqual([])
      return now
    })
    const runs = await listRuns(sandbox)
    const seconds = {
      killing: Math.round((killedMs - startedMs) / 1_000),
      converging: Math.round((performance.now() - killedMs) / 1_000),
    }
    console.log(`kill storm ${JSON.stringify(summarize(report, kills, seconds))}`)

    expect(duplicates(report)).toEqual([])
    // Every task of a run that is still there is one that the run knows.
    const known = new Set(
      runs.flatMap(({ status }) => (status?.attempts ?? []).map((a) => a.taskArn)),
    )
    const present = new Set(runs.map(({ metadata }) => metadata.uid))
    const unknown = report.tasks.filter(({ uid, arn }) => present.has(uid) && !known.has(arn))
    expect(unknown).toEqual([])
    expect(await survivor.stop()).toEqual({ code: 0, signal: null })
    expect(damage()).toBe('ok')
    // Else the storm was none.
    expect(report.faults.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(KILLS / 2)
    expect(report.tasks.length).toBeGreaterThan(KILLS)
  },
  KILLS * LONGEST_ROUND_MS + FINISH_MS,
)
