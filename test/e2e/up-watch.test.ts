import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  findRun,
  listRuns,
  openSandbox,
  type Program,
  readApi,
  runText,
  type Sandbox,
  type SeenRun,
  unseen,
} from './program.ts'

/** What a checkout of git-sync is called: the commit. */
const FIRST_COMMIT = '1'.repeat(40)
const SECOND_COMMIT = '2'.repeat(40)

/** Far more than the fraction of a second that it takes, and half of what it takes by the timer alone. */
const PROMPTLY_MS = 5_000

/** On a machine that is busy with other tests one of so many files is picked up promptly. By the timer alone none is. */
const PROMPT_TRIES = 5

let sandbox: Sandbox
let controller: Program

beforeAll(async () => {
  sandbox = openSandbox()
  sandbox.write('plain/pool.yaml', poolText('plain-pool'))
  sandbox.write(`git/${FIRST_COMMIT}/runs/kept.yaml`, runText('kept', 'true'))
  sandbox.write(`git/${FIRST_COMMIT}/runs/goes.yaml`, runText('goes', 'true'))
  flip('git/current', FIRST_COMMIT)
  sandbox.write('mounted/..one/settings.yaml', poolText('mounted-pool', 1))
  flip('mounted/..data', '..one')
  symlinkSync('..data/settings.yaml', sandbox.path('mounted/settings.yaml'))
  for (const name of names('guarded', 14)) sandbox.write(`guarded/${name}.yaml`, poolText(name))
  const folders = ['plain', 'git/current/runs', 'mounted', 'guarded']
  controller = sandbox.start([
    'up',
    ...folders,
    '--local',
    '--listen',
    'none',
    '--log-format',
    'json',
  ])
  await eventually(async () => {
    expect(await succeeded('kept')).toBe(true)
    expect(await succeeded('goes')).toBe(true)
    expect(await pools()).toEqual(
      ['default', ...names('guarded', 14), 'mounted-pool', 'plain-pool'].toSorted(),
    )
  })
})

afterAll(async () => {
  expect(await controller.stop()).toEqual({ code: 0, signal: null })
  await sandbox.close()
})

describe('a folder that people write to', () => {
  test('a file that is dropped runs', async () => {
    sandbox.write('plain/hello.yaml', runText('hello', 'echo hello >> marks'))
    await eventually(async () => expect(await succeeded('hello')).toBe(true))
    expect(marks()).toEqual(['hello'])
  })

  test('a file that is dropped is picked up promptly', async () => {
    const tookMs: number[] = []
    const drop = async (name: string): Promise<void> => {
      const startedMs = performance.now()
      sandbox.write(`plain/${name}.yaml`, poolText(name))
      await eventually(async () => expect(await pools()).toContain(name))
      tookMs.push(performance.now() - startedMs)
    }
    await drop('prompt')
    // Each comes right after a look, so the timer's next one is ten seconds away.
    while (Math.min(...tookMs.slice(1)) > PROMPTLY_MS && tookMs.length <= PROMPT_TRIES) {
      await drop(`prompt-${tookMs.length}`)
    }
    expect(Math.min(...tookMs.slice(1))).toBeLessThan(PROMPTLY_MS)
  })

  test('a file that is written in place, in pieces, is read when it is whole', async () => {
    const text = runText('pieces', 'echo pieces >> marks')
    const path = sandbox.path('plain/pieces.yaml')
    // Without its last lines it would be another valid manifest.
    writeFileSync(path, text.slice(0, text.indexOf('  template')))
    await eventually(() => expect(existsSync(path)).toBe(true))
    writeFileSync(path, text)
    await eventually(async () => expect(await succeeded('pieces')).toBe(true))
    expect(marks()).toEqual(['hello', 'pieces'])
  })

  test('changed content runs once more, and the same content does not', async () => {
    const before = await findRun(sandbox, 'hello')
    sandbox.write('plain/hello.yaml', runText('hello', 'echo changed >> marks'))
    await eventually(async () => {
      const now = await findRun(sandbox, 'hello')
      expect(now?.metadata.uid).not.toBe(before?.metadata.uid)
      expect(await succeeded('hello')).toBe(true)
    })
    expect(marks()).toEqual(['hello', 'pieces', 'changed'])
    const after = await findRun(sandbox, 'hello')
    sandbox.write('plain/hello.yaml', `# A comment.\n${runText('hello', 'echo changed >> marks')}`)
    await looksAgain()
    expect(await findRun(sandbox, 'hello')).toEqual(after)
    expect(marks()).toEqual(['hello', 'pieces', 'changed'])
  })

  test('a file that goes takes its task and its object with it', async () => {
    const script =
      'trap "echo stopped >> marks; exit 0" TERM; touch up; while :; do sleep 0.05; done'
    const file = sandbox.write('plain/long.yaml', runText('long', script))
    await eventually(() => expect(existsSync(sandbox.path('up'))).toBe(true))
    rmSync(file)
    await eventually(async () => expect(await findRun(sandbox, 'long')).toBeUndefined())
    expect(marks()).toEqual(['hello', 'pieces', 'changed', 'stopped'])
  })

  test('an object with prune "false" stays without its file', async () => {
    const text = poolText('stays').replace(
      'name:',
      'annotations: {capstan.dev/prune: "false"}\n  name:',
    )
    const file = sandbox.write('plain/stays.yaml', text)
    await eventually(async () => expect(await pools()).toContain('stays'))
    rmSync(file)
    await looksAgain()
    expect(await pools()).toContain('stays')
  })
})

describe('a broken file', () => {
  test('is reported where it breaks; its last good objects and everything else go on', async () => {
    const before = await findRun(sandbox, 'hello')
    const broken = runText('hello', 'echo broken >> marks').replace('command', 'comand')
    sandbox.write('plain/hello.yaml', broken)
    sandbox.write('plain/other.yaml', runText('other', 'echo other >> marks'))
    const file = sandbox.path('plain/hello.yaml')
    await eventually(() =>
      expect(problems()).toContain(
        `${file}:8:5: spec.template.comand: unknown field 'comand'; did you mean 'command'?
  8 |     comand: ["sh","-c","echo broken >> marks"]
    |     ^`,
      ),
    )
    await eventually(async () => expect(await succeeded('other')).toBe(true))
    expect(await findRun(sandbox, 'hello')).toEqual(before)
    const events = await sandbox.run(['events', '--for', 'run/hello'])
    expect(events.stdout).toMatch(/Warning +ManifestProblem .*hello\.yaml:8:5/)
    const { items } = (await readApi(sandbox, '/capstan/sources')) as unknown as {
      items: readonly Report[]
    }
    expect(items[0]?.problems).toMatchObject([
      { code: 'UnknownField', file: 'hello.yaml', line: 8, column: 5 },
    ])
    sandbox.write('plain/hello.yaml', runText('hello', 'echo mended >> marks'))
    await eventually(() => expect(marks().at(-1)).toBe('mended'))
    expect(marks()).not.toContain('broken')
  })
})

interface Report {
  readonly problems: readonly object[]
}

describe('a link that flips, as git-sync does it', () => {
  test('is one revision: all of it, or nothing', async () => {
    const added = names('added', 5)
    sandbox.write(`git/${SECOND_COMMIT}/runs/kept.yaml`, runText('kept', 'true'))
    for (const name of added)
      sandbox.write(`git/${SECOND_COMMIT}/runs/${name}.yaml`, runText(name, 'true'))
    const kept = await findRun(sandbox, 'kept')
    flip('git/current', SECOND_COMMIT)
    await eventually(async () => {
      for (const name of added) expect(await succeeded(name)).toBe(true)
      expect(await findRun(sandbox, 'goes')).toBeUndefined()
    })
    expect(await findRun(sandbox, 'kept')).toEqual(kept)
    await eventually(() => {
      const applied = logLines().filter(({ revision }) => revision === SECOND_COMMIT)
      expect(applied.filter(({ created }) => created !== 0)).toMatchObject([
        { created: 5, updated: 0 },
      ])
    })
  })

  test('to a commit that is not there changes nothing', async () => {
    const before = await listRuns(sandbox)
    flip('git/current', '3'.repeat(40))
    await controller.says(/git\/current\/runs does not exist/)
    expect(await listRuns(sandbox)).toEqual(before)
    flip('git/current', SECOND_COMMIT)
    await looksAgain()
    expect(await listRuns(sandbox)).toEqual(before)
  })
})

describe('a ConfigMap volume', () => {
  test('flips behind ..data', async () => {
    sandbox.write('mounted/..two/settings.yaml', poolText('mounted-pool', 2))
    sandbox.write('mounted/..two/more.yaml', poolText('mounted-more'))
    symlinkSync('..data/more.yaml', sandbox.path('mounted/more.yaml'))
    flip('mounted/..data', '..two')
    rmSync(sandbox.path('mounted/..one'), { recursive: true })
    await eventually(async () => {
      expect(await pools()).toContain('mounted-more')
      expect(await limitOf('mounted-pool')).toBe(2)
    })
    await eventually(() => {
      const applied = logLines().filter(({ source }) => source === sandbox.path('mounted'))
      expect(applied.at(-1)).toMatchObject({ created: 1, updated: 1 })
    })
  })
})

describe('what would delete too much waits for a person', () => {
  test('most of a folder', async () => {
    removeAtOnce(names('guarded', 11))
    await controller.says(/11 objects of 14 would be deleted at once/)
    expect(await pools()).toEqual(expect.arrayContaining([...names('guarded', 14)]))
    for (const name of names('guarded', 11)) sandbox.write(`guarded/${name}.yaml`, poolText(name))
    await eventually(async () => expect(await heldCount()).toBe(0))
  })

  test('a folder that vanishes changes nothing', async () => {
    renameSync(sandbox.path('guarded'), sandbox.path('elsewhere'))
    await controller.says(/guarded does not exist/)
    expect(await pools()).toEqual(expect.arrayContaining([...names('guarded', 14)]))
    renameSync(sandbox.path('elsewhere'), sandbox.path('guarded'))
    await eventually(async () => expect(await sourcesOk()).toBe(true))
    expect(await pools()).toEqual(expect.arrayContaining([...names('guarded', 14)]))
  })

  test('all of a folder, until capstan approve says so', async () => {
    removeAtOnce(names('guarded', 14))
    await controller.says(/names no objects any more, and all 14 objects of it would be deleted/)
    expect(await pools()).toEqual(expect.arrayContaining([...names('guarded', 14)]))
    const approved = await sandbox.run(['approve'])
    expect(approved).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^approved: .*names no objects any more.*\n$/),
    })
    await eventually(async () => expect(await pools()).not.toContain('guarded-0'))
    expect((await pools()).filter((name) => name.startsWith('guarded'))).toEqual([])
    expect(await pools()).toContain('plain-pool')
    const nothing = await sandbox.run(['approve'])
    expect(nothing).toEqual({ code: 0, stdout: '', stderr: 'Nothing is held in any folder.\n' })
  })
})

test('SIGHUP and capstan reconcile look at every folder', async () => {
  const reconciled = await sandbox.run(['reconcile'])
  expect(reconciled.stdout.trimEnd().split('\n')).toHaveLength(4)
  controller.signal('SIGHUP')
  sandbox.write('plain/after.yaml', runText('after', 'true'))
  await eventually(async () => expect(await succeeded('after')).toBe(true))
})

function poolText(name: string, limit = 5): string {
  return `apiVersion: capstan.dev/v1
kind: WorkPool
metadata:
  name: ${name}
spec: {concurrencyLimit: ${limit}}
`
}

function names(prefix: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${prefix}-${index}`)
}

/** A look between two of them would see few enough gone to let them go. */
function removeAtOnce(guarded: readonly string[]): void {
  unseen(controller, () => {
    for (const name of guarded) rmSync(sandbox.path(`guarded/${name}.yaml`))
  })
}

/** Points a link elsewhere in one step, by rename. */
function flip(link: string, target: string): void {
  const path = sandbox.path(link)
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, `${path}.next`)
  renameSync(`${path}.next`, path)
}

/** Lines that tasks have written, in their order. */
function marks(): readonly string[] {
  return readFileSync(sandbox.path('marks'), 'utf8').trimEnd().split('\n')
}

function logLines(): readonly Record<string, unknown>[] {
  return controller.stderr
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

function problems(): readonly unknown[] {
  return logLines().flatMap(({ problem }) => problem ?? [])
}

async function succeeded(name: string): Promise<boolean> {
  const run: SeenRun | undefined = await findRun(sandbox, name)
  return run?.status?.state?.type === 'COMPLETED'
}

async function pools(): Promise<readonly string[]> {
  const list = await readApi(sandbox, '/apis/capstan.dev/v1/namespaces/default/workpools')
  const { items } = list as unknown as { items: readonly SeenRun[] }
  return items.map(({ metadata }) => metadata.name)
}

async function limitOf(pool: string): Promise<unknown> {
  const found = await readApi(sandbox, `/apis/capstan.dev/v1/namespaces/default/workpools/${pool}`)
  return (found as unknown as { spec: { concurrencyLimit: number } }).spec.concurrencyLimit
}

async function reports(): Promise<
  readonly { readonly ok: boolean; readonly held?: { count: number } }[]
> {
  const answer = await readApi(sandbox, '/capstan/sources')
  return answer?.['items'] as unknown as readonly { ok: boolean; held?: { count: number } }[]
}

async function heldCount(): Promise<number> {
  return (await reports()).reduce((count, { held }) => count + (held?.count ?? 0), 0)
}

async function sourcesOk(): Promise<boolean> {
  return (await reports()).every(({ ok }) => ok)
}

/** Resolves when the folders were looked at after this call: a file that comes now is seen in the same look, or later. */
async function looksAgain(): Promise<void> {
  const name = `look-${lookCount}`
  lookCount += 1
  sandbox.write(`plain/${name}.yaml`, poolText(name))
  await eventually(async () => expect(await pools()).toContain(name))
  await sandbox.run(['reconcile'])
  rmSync(sandbox.path(`plain/${name}.yaml`))
  await eventually(async () => expect(await pools()).not.toContain(name))
}

let lookCount = 0
