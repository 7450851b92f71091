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
import { type SourceProblem } from './problem.ts'

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

function writeMany(count: number): void {
  for (let index = 0; index < count; index += 1)
    files.replace(`${ROOT}/r${index}.yaml`, aRun(`r${index}`))
}

function codes(): readonly string[] {
  return problems.map(({ code, file }) => `${code} ${file}`)
}

describe('files come', () => {
  test('what is there at the start is applied', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    files.mkdir(`${ROOT}/sub`)
    files.write(`${ROOT}/sub/b.yaml`, `${aRun('b')}---\n${aPool('main', 3)}`)
    await start()
    expect(names()).toEqual(['a', 'b'])
    expect(names('WorkPool')).toEqual(['main'])
    expect(get('a')?.metadata).toMatchObject({
      finalizers: [WIRE.finalizerTask],
      annotations: {
        [WIRE.annotationSource]: `${ROOT}/a.yaml`,
        [WIRE.annotationContentHash]: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    })
  })

  test('a file that is renamed into place is applied within 40 ms', async () => {
    await start()
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await clock.advance(40)
    expect(names()).toEqual(['a'])
  })

  test('a file that is written in place is applied when it has settled', async () => {
    await start()
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await clock.advance(200)
    expect(names()).toEqual([])
    await clock.advance(60)
    expect(names()).toEqual(['a'])
  })

  test('a writer that pauses at every byte is never half applied', async () => {
    await start()
    const text = aRun('a', { more: '  deployment: nightly' }).replace(
      '  template:\n    image: one\n',
      '',
    )
    files.write(`${ROOT}/a.yaml`, '')
    for (const character of text) {
      files.append(`${ROOT}/a.yaml`, character)
      await clock.advance(180)
      expect(names()).toEqual([])
      expect(codes()).toEqual([])
    }
    await clock.advance(100)
    expect(get('a')?.spec).toEqual({ deployment: 'nightly' })
  })

  test('a new folder is watched and read', async () => {
    await start()
    files.mkdir(`${ROOT}/team`)
    await clock.advance(100)
    files.replace(`${ROOT}/team/a.yaml`, aRun('a'))
    await clock.advance(40)
    expect(names()).toEqual(['a'])
  })

  test('a change whose event was lost is found by the timer', async () => {
    source = aSource({ watch: () => () => {} })
    await start()
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await clock.advance(10_500)
    expect(names()).toEqual(['a'])
  })

  test('a folder that cannot be watched is looked after by the timer', async () => {
    source = aSource({
      watch: () => {
        throw new Error('ENOSPC')
      },
    })
    await start()
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await clock.advance(10_500)
    expect(names()).toEqual(['a'])
  })

  test('wake looks at once', async () => {
    source = aSource({ watch: () => () => {} })
    await start()
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    source.wake()
    await clock.advance(300)
    expect(names()).toEqual(['a'])
  })

  test('missing namespaces are made', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a', { namespace: 'team' }))
    await start()
    expect(get('a', 'Run', 'team')).toBeDefined()
    expect(store.objects.namespaces().map(({ name }) => name)).toContain('team')
  })

  test('500 files are applied in several transactions, and the same again writes nothing', async () => {
    writeMany(500)
    await start()
    expect(store.objects.count('Run')).toBe(500)
    changes.length = 0
    const version = store.resourceVersion()
    await clock.advance(60_000)
    source.wake()
    await clock.advance(1_000)
    expect(changes).toEqual([])
    expect(store.resourceVersion()).toBe(version)
  })
})

describe('the same content', () => {
  test('never runs again: not after a restart, not after its object went, not when the file is touched', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    store.transaction(() =>
      store.objects.markDeleted({ kind: 'Run', namespace: 'default', name: 'a' }, 1),
    )
    finishDeletion('a')
    await clock.advance(15_000)
    expect(names()).toEqual([])
    await restart()
    expect(names()).toEqual([])
    files.replace(`${ROOT}/a.yaml`, `# a comment\n${aRun('a')}`)
    await clock.advance(2_000)
    expect(names()).toEqual([])
  })

  test('has the same uid in a new database', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    const uid = get('a')?.metadata.uid
    await source.stop()
    store.close()
    open()
    source = aSource()
    await start()
    expect(get('a')?.metadata.uid).toBe(uid)
    expect(uid).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('runs again when the rerun annotation says so', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    const before = get('a')?.metadata.uid
    files.replace(`${ROOT}/a.yaml`, aRun('a', { annotations: { [WIRE.annotationRerun]: 'again' } }))
    await clock.advance(100)
    finishDeletion('a')
    await clock.advance(100)
    expect(get('a')?.metadata.uid).not.toBe(before)
    expect(get('a')).toBeDefined()
  })

  test('in a renamed file goes on running', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    const uid = get('a')?.metadata.uid
    files.rename(`${ROOT}/a.yaml`, `${ROOT}/z.yaml`)
    await clock.advance(5_000)
    expect(get('a')?.metadata).toMatchObject({
      uid,
      annotations: { [WIRE.annotationSource]: `${ROOT}/z.yaml` },
    })
    expect(isDeleting('a')).toBe(false)
  })
})

describe('changed content', () => {
  test('replaces the run once the old one is gone', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    const before = get('a')?.metadata.uid
    files.replace(`${ROOT}/a.yaml`, aRun('a', { image: 'two' }))
    await clock.advance(100)
    expect(isDeleting('a')).toBe(true)
    expect(source.status()).toMatchObject({ waiting: ['Run/default/a'] })
    await clock.advance(60_000)
    expect(get('a')?.metadata.uid).toBe(before)
    finishDeletion('a')
    await clock.advance(40)
    expect(get('a')?.spec).toEqual({ template: { image: 'two' } })
    expect(get('a')?.metadata.uid).not.toBe(before)
    expect(source.status()?.waiting).toEqual([])
    expect(
      store.events
        .list({ regardingUid: before ?? '' })
        .map(({ reason, message }) => [reason, message]),
    ).toEqual([
      [
        'Replaced',
        `The content changed in ${ROOT}/a.yaml:4:9: this run is deleted and the new one follows.`,
      ],
    ])
  })

  test('is not forgotten by a restart while it waits', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    files.replace(`${ROOT}/a.yaml`, aRun('a', { image: 'two' }))
    await clock.advance(100)
    await restart()
    expect(isDeleting('a')).toBe(true)
    finishDeletion('a')
    await clock.advance(40)
    expect(get('a')?.spec).toEqual({ template: { image: 'two' } })
  })

  test('replaces at once a run that nothing holds', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    finishDeletion('a', false)
    files.replace(`${ROOT}/a.yaml`, aRun('a', { image: 'two' }))
    await clock.advance(100)
    expect(get('a')?.spec).toEqual({ template: { image: 'two' } })
  })

  test('that returns to what ran stops what runs now, and runs nothing', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    files.replace(`${ROOT}/a.yaml`, aRun('a', { image: 'two' }))
    await clock.advance(100)
    finishDeletion('a')
    await clock.advance(100)
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await clock.advance(100)
    finishDeletion('a')
    await clock.advance(15_000)
    expect(names()).toEqual([])
    expect(source.status()).toMatchObject({ waiting: [], problems: [] })
  })

  test('is refused with on-change Reject, until the old run is gone', async () => {
    const reject = { annotations: { [WIRE.annotationOnChange]: 'Reject' } }
    files.write(`${ROOT}/a.yaml`, aRun('a', reject))
    await start()
    files.replace(`${ROOT}/a.yaml`, aRun('a', { ...reject, image: 'two' }))
    await clock.advance(1_000)
    expect(codes()).toEqual(['ChangeRejected a.yaml'])
    expect(isDeleting('a')).toBe(false)
    store.transaction(() =>
      store.objects.markDeleted({ kind: 'Run', namespace: 'default', name: 'a' }, 1),
    )
    finishDeletion('a')
    await clock.advance(100)
    expect(get('a')?.spec).toEqual({ template: { image: 'two' } })
    expect(codes()).toEqual([])
  })

  test('that only steers is applied in place', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    await start()
    const uid = get('a')?.metadata.uid
    files.replace(`${ROOT}/a.yaml`, aRun('a', { more: '  cancel: true' }))
    await clock.advance(100)
    expect(get('a')).toMatchObject({ metadata: { uid }, spec: { cancel: true } })
    expect(isDeleting('a')).toBe(false)
  })

  test('of a WorkPool updates it, and deleting it brings it back', async () => {
    files.write(`${ROOT}/p.yaml`, aPool('main', 1))
    await start()
    files.replace(`${ROOT}/p.yaml`, aPool('main', 2))
    await clock.advance(100)
    expect(get('main', 'WorkPool')).toMatchObject({
      metadata: { generation: 2 },
      spec: { concurrencyLimit: 2 },
    })
    store.transaction(() =>
      store.objects.markDeleted({ kind: 'WorkPool', namespace: 'default', name: 'main' }, 1),
    )
    expect(get('main', 'WorkPool')).toBeUndefined()
    await clock.advance(40)
    expect(get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 2 })
  })
})
