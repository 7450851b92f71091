import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { aPool, aRun, describeChange, ROOT } from '../../test/world/folder-source.ts'
import { MemoryFiles } from '../../test/world/memory-files.ts'
import { recordingLog } from '../../test/world/recording-log.ts'
import { openTestStore } from '../../test/world/test-store.ts'
import { validator } from '../../test/world/validator.ts'
import { type CapstanObject, type Kind, keyOf, WIRE } from '../kinds/meta.ts'
import type { SqliteStore } from '../store/open.ts'
import { FolderSource, type FolderSourceOptions } from './controller.ts'
import { createLoader } from './load.ts'
import { renderSourceProblem, type SourceProblem } from './problem.ts'

let clock: FakeClock
let files: MemoryFiles
let store: SqliteStore
let source: FolderSource
let problems: readonly SourceProblem[]

/** Committed changes of objects since `changes` was emptied. */
let changes: string[]

let sources: FolderSource[]

beforeEach(() => {
  clock = new FakeClock()
  files = new MemoryFiles(clock)
  files.mkdir(ROOT)
  sources = []
  open()
  source = aSource()
})

afterEach(async () => {
  await Promise.all(sources.map((each) => each.stop()))
  await clock.advance(10)
  expect(clock.pendingTimers).toBe(0)
  store.close()
})

function open(snapshot?: Uint8Array): void {
  store = openTestStore(snapshot)
  changes = []
  store.subscribe((batch) => changes.push(...batch.map(describeChange)))
}

function aSource(
  different: Partial<FolderSourceOptions> & { readonly version?: string } = {},
): FolderSource {
  const { version = '1', ...options } = different
  problems = []
  const made = new FolderSource({
    root: ROOT,
    store,
    files,
    clock,
    watch: files.watch,
    log: recordingLog(),
    loader: createLoader({ validator, defaultNamespace: 'default', version }),
    runAnnotations: () => ({}),
    report: (all) => {
      problems = all
    },
    ...options,
  })
  sources.push(made)
  return made
}

/** The process dies and starts again on what was committed. */
async function restart(different: Parameters<typeof aSource>[0] = {}): Promise<void> {
  const snapshot = store.serialize()
  await source.stop()
  store.close()
  open(snapshot)
  source = aSource(different)
  await start()
}

/** Starts, and lets everything that is there settle. */
async function start(): Promise<void> {
  await source.start()
  await clock.advance(2_000)
}

function get(name: string, kind: Kind = 'Run', namespace = 'default'): CapstanObject | undefined {
  return store.objects.get({ kind, namespace, name })
}

function names(kind: Kind = 'Run'): readonly string[] {
  return store.objects.list({ kind }).map(({ metadata }) => metadata.name)
}

function isDeleting(name: string): boolean {
  return get(name)?.metadata.deletionTimestamp !== undefined
}

/** The end of something that waits on the clock. */
async function driven<T>(promise: Promise<T>): Promise<T> {
  const pending = new Set([promise])
  const ended = promise.finally(() => pending.clear())
  while (pending.size > 0) await clock.advance(10)
  return ended
}

/** What the Run controller does when the task of a deleted Run is seen STOPPED. */
function finishDeletion(name: string, ran = true): void {
  const run = get(name)
  if (!run) throw new Error(`there is no Run ${name}`)
  const { uid, namespace } = run.metadata
  store.transaction(() => {
    if (ran) {
      store.history.put({
        uid,
        namespace,
        name,
        attempts: 1,
        stateType: 'CANCELLED',
        stateName: 'Cancelled',
        createdAtMs: 1,
        finishedAtMs: clock.nowMs(),
      })
    }
    store.objects.removeFinalizer(keyOf(run), uid, WIRE.finalizerTask)
  })
}

function codes(): readonly string[] {
  return problems.map(({ code, file }) => `${code} ${file}`)
}

describe('bad files', () => {
  test('keep their last good objects, say where, and recover', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    const uid = get('a')?.metadata.uid ?? ''
    files.replace(`${ROOT}/a.yaml`, aRun('a', { more: '  imagee: two' }))
    await clock.advance(3_000)
    expect(get('a')?.metadata.uid).toBe(uid)
    expect(isDeleting('a')).toBe(false)
    expect(problems.map((problem) => renderSourceProblem(ROOT, problem)).join()).toContain(
      `${ROOT}/a.yaml:6:3: `,
    )
    expect(store.events.list({ regardingUid: uid })).toMatchObject([
      { type: 'Warning', reason: 'ManifestProblem', count: 1 },
    ])
    await clock.advance(60_000)
    expect(store.events.list({ regardingUid: uid })).toMatchObject([{ count: 1 }])
    await restart()
    expect(codes()).toEqual(['UnknownField a.yaml'])
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await clock.advance(1_000)
    expect(codes()).toEqual([])
    expect(get('a')?.metadata.uid).toBe(uid)
  })

  test('do not keep the others from being applied', async () => {
    files.write(`${ROOT}/bad.yaml`, 'kind: [\n')
    files.write(`${ROOT}/good.yaml`, aRun('good'))
    files.special(`${ROOT}/fifo.yaml`)
    files.symlink('/etc/passwd', `${ROOT}/link.yaml`)
    await start()
    expect(names()).toEqual(['good'])
    expect(codes().toSorted()).toEqual([
      'InvalidYaml bad.yaml',
      'NotRegular fifo.yaml',
      'SymbolicLink link.yaml',
    ])
  })

  test('are read again by another version of the program', async () => {
    files.write(`${ROOT}/bad.yaml`, 'kind: [\n')
    await start()
    let reads = 0
    files.beforeCall = (operation) => {
      if (operation === 'read') reads += 1
    }
    await restart()
    expect(reads).toBe(1)
    reads = 0
    await restart({ version: '2' })
    expect(reads).toBeGreaterThan(0)
    expect(codes()).toEqual(['InvalidYaml bad.yaml'])
  })

  test('an object in two files belongs to the first, and to the second when the first lets go', async () => {
    files.write(`${ROOT}/a.yaml`, aPool('main', 1))
    files.write(`${ROOT}/b.yaml`, aPool('main', 2))
    await start()
    expect(get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
    expect(codes()).toEqual(['Claimed b.yaml'])
    await restart()
    expect(codes()).toEqual(['Claimed b.yaml'])
    files.remove(`${ROOT}/a.yaml`)
    await clock.advance(1_000)
    expect(get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 2 })
    expect(codes()).toEqual([])
  })

  test('an object in two folders belongs to the first', async () => {
    files.mkdir('/srv/other')
    files.write('/srv/other/x.yaml', aPool('main', 7))
    files.write(`${ROOT}/a.yaml`, aPool('main', 1))
    await start()
    const second = aSource({ root: '/srv/other' })
    const report = await driven(second.runOnce())
    expect(report.problems).toMatchObject([
      {
        code: 'Claimed',
        file: 'x.yaml',
        message: `WorkPool/default/main is already defined in ${ROOT}/a.yaml`,
      },
    ])
    expect(get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
  })

  test('a Run that was made through the API keeps its name until it goes', async () => {
    await start()
    store.transaction(() =>
      store.objects.create({
        apiVersion: 'capstan.dev/v1',
        kind: 'Run',
        metadata: {
          name: 'a',
          namespace: 'default',
          uid: 'made-by-hand',
          creationTimestamp: '2026-01-01T00:00:00Z',
        },
        spec: {},
      }),
    )
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await clock.advance(2_000)
    expect(codes()).toEqual(['NameTaken a.yaml'])
    expect(get('a')?.metadata.uid).toBe('made-by-hand')
    store.transaction(() =>
      store.objects.markDeleted({ kind: 'Run', namespace: 'default', name: 'a' }, 1),
    )
    await clock.advance(40)
    expect(get('a')?.spec).toEqual({ template: { image: 'one' } })
  })
})

describe('folders that change as a whole', () => {
  function worktree(version: number): void {
    files.mkdir(`/git/w${version}`)
    files.write(`/git/w${version}/a.yaml`, aRun('a', { image: `v${version}` }))
    files.write(`/git/w${version}/b${version}.yaml`, aRun(`b${version}`))
  }

  test('a flip of git-sync is one transaction, and prunes what the new revision lacks', async () => {
    worktree(1)
    worktree(2)
    files.symlink('w1', '/git/current')
    source = aSource({ root: '/git/current' })
    await start()
    expect(names()).toEqual(['a', 'b1'])
    const batches: (readonly string[])[] = []
    store.subscribe((batch) =>
      batches.push(batch.filter(({ kind }) => kind === 'Run').map(describeChange)),
    )
    files.flip('/git/current', 'w2')
    files.remove('/git/w1')
    await clock.advance(40)
    expect(batches).toEqual([['MODIFIED Run/a', 'ADDED Run/b2']])
    await clock.advance(500)
    expect(isDeleting('b1')).toBe(true)
    finishDeletion('a')
    await clock.advance(40)
    expect(get('a')?.spec).toEqual({ template: { image: 'v2' } })
  })

  test('a ConfigMap volume is applied at the flip of ..data', async () => {
    for (const version of [1, 2]) {
      files.mkdir(`${ROOT}/..v${version}`)
      files.write(`${ROOT}/..v${version}/a.yaml`, aRun('a', { image: `v${version}` }))
      files.write(`${ROOT}/..v${version}/p.yaml`, aPool('main', version))
    }
    files.symlink('..v1', `${ROOT}/..data`)
    files.symlink('..data/a.yaml', `${ROOT}/a.yaml`)
    files.symlink('..data/p.yaml', `${ROOT}/p.yaml`)
    await start()
    expect(codes()).toEqual([])
    expect(get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
    files.flip(`${ROOT}/..data`, '..v2')
    files.remove(`${ROOT}/..v1`)
    await clock.advance(40)
    expect(get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 2 })
    expect(isDeleting('a')).toBe(true)
  })
})
