import { existsSync, readFileSync, rmSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { seededRandom } from '../world/seeded-random.ts'
import {
  eventually,
  findRun,
  listRuns,
  openSandbox,
  type Program,
  runText,
  type Sandbox,
} from './program.ts'

/** Another one tries other moments: CAPSTAN_SEED=7 npx vitest run --project e2e kill */
const SEED = Number(process.env['CAPSTAN_SEED'] ?? 20_260_115)

const KILLS = 12

/** Taken in turn: from when the moment of the kill counts. */
const BEGINNINGS = ['Start', 'Task', 'Ready', 'Task'] as const

/** Files are read, tasks registered, launched and ended within this time. */
const LATEST_KILL_MS = 1_500

/** Long enough that tasks live through several kills. */
const LONGEST_NAP_SECONDS = 4

/** All of them, with two cores for everything. */
const FINISH_MS = 180_000

let sandbox: Sandbox

beforeEach(() => {
  sandbox = openSandbox()
})

afterEach(() => sandbox.close())

function up(): Program {
  return sandbox.start(['up', 'manifests', '--local', '--listen', 'none'])
}

async function kill(controller: Program): Promise<void> {
  expect(await controller.stop('SIGKILL')).toEqual({ code: null, signal: 'SIGKILL' })
}

/** A run whose every attempt leaves a line; the first ones fail. */
function marking(name: string, script: string, failures: number): string {
  const env = '    env: {RUN: "{{ run.name }}", ATTEMPT: "{{ run.attempt }}"}\n'
  const retry = `    retry: {limit: ${failures}, backoff: {initialSeconds: 0.2, jitter: 0}}\n`
  const end = failures === 0 ? 'true' : `test "$ATTEMPT" -gt ${failures}`
  return runText(name, `echo "$RUN $ATTEMPT" >> marks; ${script}; ${end}`, `${env}${retry}`)
}

/** How often each attempt of each run has begun. */
function beginnings(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const line of linesOf('marks')) counts.set(line, (counts.get(line) ?? 0) + 1)
  return counts
}

function linesOf(name: string): readonly string[] {
  const path = sandbox.path(name)
  return existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : []
}

interface Task {
  readonly clientToken: string
}

/** Every task that the embedded endpoint has ever made, from its journal. */
function tasksEverMade(): ReadonlyMap<string, Task> {
  const entries = readFileSync(sandbox.path('.capstan/local/state.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as { kind: string; key: string; value?: Task })
  const tasks = entries.filter(({ kind }) => kind === 'task')
  return new Map(tasks.flatMap(({ key, value }) => (value ? [[key, value] as const] : [])))
}

test(`kill -9 at ${KILLS} random moments (seed ${SEED}): every run finishes, no attempt begins twice`, async () => {
  const random = seededRandom(SEED)
  const names: string[] = []
  let napping = 0
  for (let round = 0; round < KILLS; round += 1) {
    const beginning = BEGINNINGS[round % BEGINNINGS.length]
    // However slow the machine is, these sleep through this kill and the next one.
    const nap =
      beginning === 'Task'
        ? `while [ ! -e wake-${round} ]; do sleep 0.05; done`
        : `sleep ${(random.fraction() * LONGEST_NAP_SECONDS).toFixed(2)}`
    const files = [
      [`naps-${round}`, marking(`naps-${round}`, `${nap}; echo $RUN >> woken`, 0)],
      [`retries-${round}`, marking(`retries-${round}`, `sleep 0.1`, round % 3)],
    ] as const
    for (const [name, text] of files) {
      sandbox.write(`manifests/${name}.yaml`, text)
      names.push(name)
    }
    const controller = up()
    if (beginning === 'Ready') await controller.says(/API listens/)
    if (beginning === 'Task') {
      await eventually(() => expect(linesOf('marks')).toContain(`naps-${round} 1`))
    }
    await delay(random.fraction() * LATEST_KILL_MS)
    await kill(controller)
    napping +=
      linesOf('marks').filter((line) => line.startsWith('naps')).length - linesOf('woken').length
    if (round > 0) sandbox.write(`wake-${round - 1}`, '')
  }
  sandbox.write(`wake-${KILLS - 1}`, '')
  // Else the moments were no good.
  expect(napping).toBeGreaterThan(KILLS / 2)
  const survivor = up()
  await eventually(async () => {
    const runs = await listRuns(sandbox)
    expect(runs.map(({ metadata }) => metadata.name).toSorted()).toEqual(names.toSorted())
    expect(runs.filter(({ status }) => status?.state?.type !== 'COMPLETED')).toEqual([])
  }, FINISH_MS)
  const runs = await listRuns(sandbox)
  expect(await survivor.stop()).toEqual({ code: 0, signal: null })

  const begun = beginnings()
  for (const [attempt, times] of begun) expect.soft(`${attempt}: ${times}`).toBe(`${attempt}: 1`)
  const attempts = runs.flatMap(({ metadata, status }) =>
    (status?.attempts ?? []).map((attempt) => ({
      ...attempt,
      label: `${metadata.name} ${attempt.number}`,
    })),
  )
  // A start that the kill cut off in its middle is lost with its host, as on AWS, and tried again.
  const whole = attempts.filter((attempt) => attempt.class !== 'HostFailure')
  expect(whole.map(({ label }) => label).filter((label) => !begun.has(label))).toEqual([])
  const tokens = [...tasksEverMade().values()].map(({ clientToken }) => clientToken)
  expect(new Set(tokens).size).toBe(tokens.length)
  expect(tokens.length).toBe(attempts.length)
})

test('a run that is taken away or cancelled while the controller is dead ends all the same', async () => {
  const script = 'trap "echo stopped >> marks; exit 1" TERM; while :; do sleep 0.05; done'
  sandbox.write('manifests/removed.yaml', marking('removed', script, 0))
  sandbox.write('manifests/cancelled.yaml', marking('cancelled', script, 0))
  const first = up()
  await eventually(() => expect(beginnings().size).toBe(2))
  await kill(first)
  rmSync(sandbox.path('manifests/removed.yaml'))
  const cancelled = marking('cancelled', script, 0).replace('spec:', 'spec:\n  cancel: true')
  sandbox.write('manifests/cancelled.yaml', cancelled)
  const second = up()
  await eventually(async () => {
    expect(await findRun(sandbox, 'removed')).toBeUndefined()
    expect(await findRun(sandbox, 'cancelled')).toMatchObject({
      status: { state: { type: 'CANCELLED' } },
    })
  })
  expect(Object.fromEntries(beginnings())).toEqual({ 'removed 1': 1, 'cancelled 1': 1, stopped: 2 })
  expect(await second.stop()).toEqual({ code: 0, signal: null })
})

test('what ended while the controller was dead has its exit code and its output', async () => {
  const script = 'while [ ! -e go ]; do sleep 0.05; done; echo finished alone; exit 7'
  sandbox.write('manifests/alone.yaml', marking('alone', script, 0))
  const first = up()
  await eventually(() => expect(beginnings().size).toBe(1))
  await kill(first)
  sandbox.write('go', '')
  const second = up()
  await eventually(async () => {
    expect(await findRun(sandbox, 'alone')).toMatchObject({
      status: {
        state: { type: 'FAILED' },
        exitCode: 7,
        attempts: [{ number: 1, class: 'ExitNonZero' }],
      },
    })
  })
  expect((await sandbox.run(['logs', 'alone'])).stdout).toBe('finished alone\n')
  expect(await second.stop()).toEqual({ code: 0, signal: null })
})

test('a stop that is asked for leaves tasks running, and the next start takes them up', async () => {
  const script = 'while [ ! -e go ]; do sleep 0.05; done'
  sandbox.write('manifests/steady.yaml', marking('steady', script, 0))
  const first = up()
  await eventually(async () => {
    expect(await findRun(sandbox, 'steady')).toMatchObject({
      status: { state: { type: 'RUNNING' } },
    })
  })
  expect(await first.stop('SIGTERM')).toEqual({ code: 0, signal: null })
  const second = up()
  await second.says(/API listens/)
  expect(await findRun(sandbox, 'steady')).toMatchObject({ status: { state: { type: 'RUNNING' } } })
  sandbox.write('go', '')
  await eventually(async () => {
    expect(await findRun(sandbox, 'steady')).toMatchObject({
      status: { state: { type: 'COMPLETED' }, attempts: [{ number: 1 }] },
    })
  })
  expect(Object.fromEntries(beginnings())).toEqual({ 'steady 1': 1 })
})
