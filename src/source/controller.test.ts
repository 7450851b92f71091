import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { fileError, MemoryFiles } from '../../test/world/memory-files.ts'
import { recordingLog } from '../../test/world/recording-log.ts'
import { openTestStore } from '../../test/world/test-store.ts'
import { type CapstanObject, type Kind, keyOf, WIRE } from '../kinds/meta.ts'
import { createValidator } from '../manifest/validator.ts'
import type { SqliteStore } from '../store/open.ts'
import type { Change } from '../store/types.ts'
import { FolderSource, type FolderSourceOptions } from './controller.ts'
import { createLoader } from './load.ts'
import { renderSourceProblem, type SourceProblem } from './problem.ts'

const ROOT = '/srv/manifests'
const validator = createValidator()

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

function describeChange({ type, kind, name }: Change): string {
  return `${type} ${kind}/${name}`
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

interface Written {
  readonly image?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly namespace?: string
  readonly more?: string
}

function aRun(
  name: string,
  { image = 'one', annotations, namespace, more = '' }: Written = {},
): string {
  return [
    'apiVersion: capstan.dev/v1',
    'kind: Run',
    'metadata:',
    `  name: ${name}`,
    ...(namespace === undefined ? [] : [`  namespace: ${namespace}`]),
    ...(annotations ? [`  annotations: ${JSON.stringify(annotations)}`] : []),
    'spec:',
    more,
    '  template:',
    `    image: ${image}`,
    '',
  ]
    .filter((line, index, all) => line !== '' || index === all.length - 1)
    .join('\n')
}

function aPool(name: string, limit: number): string {
  return `apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata:\n  name: ${name}\nspec:\n  concurrencyLimit: ${limit}\n`
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

describe('files go', () => {
  test('their objects are deleted at the second look', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    files.write(`${ROOT}/b.yaml`, aRun('b'))
    await start()
    files.remove(`${ROOT}/a.yaml`)
    await clock.advance(150)
    expect(isDeleting('a')).toBe(false)
    await clock.advance(350)
    expect(isDeleting('a')).toBe(true)
    expect(isDeleting('b')).toBe(false)
    expect(store.sources.files(ROOT).map(({ path }) => path)).toEqual(['b.yaml'])
    expect(store.sources.objects(ROOT).map(({ name }) => name)).toEqual(['b'])
  })

  test('an object that a file no longer names is deleted, also after a restart in between', async () => {
    files.write(`${ROOT}/a.yaml`, `${aRun('a')}---\n${aRun('b')}`)
    await start()
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await clock.advance(40)
    await restart()
    expect(isDeleting('b')).toBe(true)
    expect(isDeleting('a')).toBe(false)
  })

  test('a file that is away for less than a second look loses nothing', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    files.write(`${ROOT}/b.yaml`, aRun('b'))
    await start()
    files.remove(`${ROOT}/a.yaml`)
    await clock.advance(100)
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await clock.advance(5_000)
    expect(isDeleting('a')).toBe(false)
  })

  test('a checkout that moves a file slowly does not stop its run', async () => {
    files.mkdir(`${ROOT}/.git`)
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    files.write(`${ROOT}/b.yaml`, aRun('b'))
    await start()
    const uid = get('a')?.metadata.uid
    files.write(`${ROOT}/.git/index.lock`, '')
    files.remove(`${ROOT}/a.yaml`)
    await clock.advance(15_000)
    expect(isDeleting('a')).toBe(false)
    files.write(`${ROOT}/z.yaml`, aRun('a'))
    files.remove(`${ROOT}/.git/index.lock`)
    await clock.advance(15_000)
    expect(isDeleting('a')).toBe(false)
    expect(get('a')?.metadata.uid).toBe(uid)
  })

  test("git's lock that stays is passed over after a minute, and nothing is pruned", async () => {
    files.mkdir(`${ROOT}/.git`)
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    files.write(`${ROOT}/b.yaml`, aRun('b'))
    await start()
    files.write(`${ROOT}/.git/index.lock`, '')
    files.remove(`${ROOT}/a.yaml`)
    files.replace(`${ROOT}/c.yaml`, aRun('c'))
    await clock.advance(59_000)
    expect(names()).toEqual(['a', 'b'])
    await clock.advance(15_000)
    expect(names()).toEqual(['a', 'b', 'c'])
    expect(isDeleting('a')).toBe(false)
    expect(codes()).toEqual(['Folder '])
    files.remove(`${ROOT}/.git/index.lock`)
    await clock.advance(15_000)
    expect(isDeleting('a')).toBe(true)
    expect(codes()).toEqual([])
  })

  test('prune: false keeps the object, and the file may come back', async () => {
    const keep = { annotations: { [WIRE.annotationPrune]: 'false' } }
    files.write(`${ROOT}/a.yaml`, aRun('a', keep))
    files.write(`${ROOT}/b.yaml`, aRun('b'))
    await start()
    const uid = get('a')?.metadata.uid
    files.remove(`${ROOT}/a.yaml`)
    await clock.advance(5_000)
    expect(isDeleting('a')).toBe(false)
    expect(store.sources.objects(ROOT).map(({ name }) => name)).toEqual(['b'])
    files.replace(`${ROOT}/a.yaml`, aRun('a', keep))
    await clock.advance(1_000)
    expect(get('a')?.metadata.uid).toBe(uid)
    expect(codes()).toEqual([])
    expect(store.sources.objects(ROOT).map(({ name }) => name)).toEqual(['a', 'b'])
  })
})

describe('nothing is deleted', () => {
  test.each([
    { name: 'when the root is not there', disturb: () => files.remove(ROOT) },
    {
      name: 'when the root is not there, and then an empty one',
      disturb: () => {
        files.remove(ROOT)
        files.mkdir(ROOT)
      },
    },
    {
      name: 'when the root became a file',
      disturb: () => {
        files.remove(ROOT)
        files.write(ROOT, 'x')
      },
    },
    {
      name: 'when another folder is mounted there',
      disturb: () => {
        files.remove(ROOT)
        files.mkdir(ROOT)
        files.write(`${ROOT}/other.yaml`, aRun('other'))
      },
    },
    {
      name: 'when all files are gone',
      disturb: () => {
        for (let index = 0; index < 30; index += 1) files.remove(`${ROOT}/r${index}.yaml`)
      },
    },
    {
      name: 'when most files are gone',
      disturb: () => {
        for (let index = 0; index < 11; index += 1) files.remove(`${ROOT}/r${index}.yaml`)
      },
    },
    {
      name: 'when a folder below cannot be read',
      disturb: () => {
        files.remove(`${ROOT}/r0.yaml`)
        files.mkdir(`${ROOT}/sub`)
        files.beforeCall = (operation, path) => {
          if (operation === 'list' && path.endsWith('/sub')) throw fileError('EACCES', path)
        }
      },
    },
    {
      name: 'when the file system answers with errors',
      disturb: () => {
        files.remove(`${ROOT}/r0.yaml`)
        files.beforeCall = (operation, path) => {
          if (operation === 'lstat' && path.endsWith('.yaml')) throw fileError('EIO', path)
        }
      },
    },
  ])('$name', async ({ disturb }) => {
    writeMany(30)
    await start()
    disturb()
    await clock.advance(90_000)
    expect(
      store.objects.list({ kind: 'Run' }).filter(({ metadata }) => metadata.deletionTimestamp),
    ).toEqual([])
    expect(store.objects.count('Run')).toBeGreaterThanOrEqual(30)
    expect(problems.length).toBeGreaterThan(0)
  })

  test('until it is approved; then exactly what was held', async () => {
    writeMany(30)
    await start()
    for (let index = 0; index < 20; index += 1) files.remove(`${ROOT}/r${index}.yaml`)
    await clock.advance(5_000)
    expect(source.status()?.held).toMatchObject({ reason: 'TooMany', count: 20 })
    expect(codes()).toEqual(['PruneHeld '])
    await restart()
    expect(source.status()?.held).toMatchObject({ reason: 'TooMany', count: 20 })
    expect(source.approve()).toMatchObject({ count: 20 })
    await clock.advance(1_000)
    expect(source.status()).toMatchObject({ problems: [] })
    expect(source.status()?.held).toBeUndefined()
    expect(store.sources.get(ROOT)?.held).toBeUndefined()
    expect(names().filter(isDeleting).length).toBe(20)
    expect(source.approve()).toBeUndefined()
  })

  test('by an approval of another revision', async () => {
    writeMany(30)
    await start()
    for (let index = 0; index < 20; index += 1) files.remove(`${ROOT}/r${index}.yaml`)
    await clock.advance(5_000)
    files.remove(`${ROOT}/r20.yaml`)
    expect(source.approve()).toMatchObject({ count: 20 })
    await clock.advance(15_000)
    expect(names().filter(isDeleting)).toEqual([])
    expect(source.status()?.held).toMatchObject({ count: 21 })
  })

  test('and cannot be approved while the folder cannot be read', async () => {
    writeMany(30)
    await start()
    files.rename(ROOT, '/srv/away')
    files.mkdir(ROOT)
    await clock.advance(15_000)
    expect(source.status()?.held).toMatchObject({ reason: 'RootChanged' })
    files.remove(ROOT)
    await clock.advance(15_000)
    expect(source.status()).toMatchObject({ ok: false, held: { reason: 'RootChanged' } })
    expect(source.approve()).toBeUndefined()
    files.mkdir(ROOT)
    await clock.advance(15_000)
    expect(names().filter(isDeleting)).toEqual([])
  })

  test('and the hold goes when the files come back', async () => {
    writeMany(30)
    await start()
    files.rename(ROOT, '/srv/away')
    files.mkdir(ROOT)
    await clock.advance(15_000)
    expect(source.status()?.held).toMatchObject({ reason: 'RootChanged' })
    files.remove(ROOT)
    files.rename('/srv/away', ROOT)
    await clock.advance(15_000)
    expect(source.status()).toMatchObject({ problems: [] })
    expect(names().filter(isDeleting)).toEqual([])
  })

  test('and a folder that was mounted anew with the same files is the known one', async () => {
    writeMany(30)
    await start()
    files.remove(ROOT)
    files.mkdir(ROOT)
    writeMany(30)
    await clock.advance(15_000)
    files.remove(`${ROOT}/r0.yaml`)
    await clock.advance(5_000)
    expect(names().filter(isDeleting)).toEqual(['r0'])
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

describe('the process', () => {
  test('dies before an object that went came back: the next one brings it back', async () => {
    files.write(`${ROOT}/p.yaml`, aPool('main', 1))
    await start()
    store.transaction(() =>
      store.objects.markDeleted({ kind: 'WorkPool', namespace: 'default', name: 'main' }, 1),
    )
    await restart()
    expect(get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
  })

  test('dies with a file unfinished, and the file goes: its objects are pruned all the same', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    files.write(`${ROOT}/kept.yaml`, aRun('kept'))
    await start()
    files.replace(`${ROOT}/b.yaml`, `${aRun('a', { image: 'two' })}---\n${aRun('b')}`)
    await clock.advance(100)
    expect(names()).toEqual(['a', 'b', 'kept'])
    expect(codes()).toEqual(['Claimed b.yaml'])
    const snapshot = store.serialize()
    await source.stop()
    store.close()
    files.remove(`${ROOT}/b.yaml`)
    open(snapshot)
    source = aSource()
    await start()
    expect(names().filter(isDeleting)).toEqual(['b'])
  })

  test('dies between any two transactions of a large folder and loses or doubles nothing', async () => {
    writeMany(450)
    const images: Uint8Array[] = []
    store.subscribe(() => images.push(store.serialize()))
    await start()
    expect(images.length).toBeGreaterThan(1)
    await source.stop()
    for (const image of images) {
      store.close()
      open(image)
      source = aSource()
      await start()
      expect(store.objects.count('Run')).toBe(450)
      expect(changes.filter((change) => !change.startsWith('ADDED'))).toEqual([])
      await source.stop()
    }
  })

  test('finds an object changed by someone else between its decision and its write, and decides again', async () => {
    files.write(`${ROOT}/p.yaml`, aPool('main', 1))
    await start()
    await source.stop()
    const pool = { kind: 'WorkPool', namespace: 'default', name: 'main' } as const
    const others = new Set(['in time'])
    const contested: SqliteStore = {
      ...store,
      transaction(write) {
        if (others.delete('in time')) {
          const uid = store.objects.get(pool)?.metadata.uid ?? ''
          store.transaction(() => store.objects.setStatus(pool, uid, { active: 1 }))
        }
        return store.transaction(write)
      },
    }
    files.replace(`${ROOT}/p.yaml`, aPool('main', 2))
    source = aSource({ store: contested })
    await source.start()
    while (others.size > 0) await clock.advance(1)
    expect(get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
    await restart()
    expect(get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 2 })
  })

  test('that cannot write changes nothing, says so, and tries again', async () => {
    await start()
    let isFull = true
    const broken: SqliteStore = {
      ...store,
      transaction(write) {
        if (isFull) throw new Error('disk full')
        return store.transaction(write)
      },
    }
    const failing = aSource({ store: broken })
    files.replace(`${ROOT}/a.yaml`, aRun('a'))
    const report = driven(failing.runOnce())
    expect(await report).toMatchObject({ ok: false })
    expect(codes()).toEqual(['Folder '])
    isFull = false
    expect((await driven(failing.runOnce())).ok).toBe(true)
    expect(names()).toEqual(['a'])
  })

  test('runs once and reports what it did', async () => {
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    files.write(`${ROOT}/b.yaml`, 'kind: [')
    const report = await driven(source.runOnce())
    expect(report).toMatchObject({ source: ROOT, ok: true, created: 1, pruned: 0 })
    expect(report.problems.map(({ code }) => code)).toEqual(['InvalidYaml'])
    expect(names()).toEqual(['a'])
  })

  test('marks Runs that it brings for as long as it is told to, and no others', async () => {
    let annotations: Record<string, string> = { 'example.com/recovery': 'true' }
    files.write(`${ROOT}/a.yaml`, aRun('a'))
    source = aSource({ runAnnotations: () => annotations })
    await start()
    annotations = {}
    files.replace(`${ROOT}/b.yaml`, aRun('b'))
    await clock.advance(100)
    expect(get('a')?.metadata.annotations).toHaveProperty('example.com/recovery')
    expect(get('b')?.metadata.annotations).not.toHaveProperty('example.com/recovery')
  })
})

describe('the event log', () => {
  const told = () =>
    store.eventLog
      .after(0, 100)
      .map(({ event, payload }) => ({ event: event.replace('capstan.source.', ''), payload }))

  test('tells each revision that was applied with what it changed, and nothing of quiet looks', async () => {
    files.write(`${ROOT}/a.yaml`, aPool('a', 1))
    files.write(`${ROOT}/b.yaml`, aPool('b', 1))
    await start()
    await clock.advance(60_000)
    const counts = { created: 2, updated: 0, replaced: 0, pruned: 0 }
    expect(told()).toEqual([
      { event: 'applied', payload: { ...counts, revision: expect.any(String) } },
    ])
    files.replace(`${ROOT}/a.yaml`, aPool('a', 2))
    await clock.advance(60_000)
    await restart()
    expect(told().slice(1)).toMatchObject([{ event: 'applied', payload: { updated: 1 } }])
    expect(store.eventLog.after(0, 1)[0]).toMatchObject({
      namespace: 'default',
      resource: { 'capstan.resource.id': `capstan.source.${ROOT}`, 'capstan.resource.name': ROOT },
    })
  })

  test('tells a problem with its place, and never the line with its values', async () => {
    files.write(`${ROOT}/bad.yaml`, 'kind: [secret-value')
    await start()
    await clock.advance(60_000)
    const problem = told().filter(({ event }) => event === 'problem')
    expect(problem).toMatchObject([{ payload: { code: 'InvalidYaml', file: 'bad.yaml', line: 1 } }])
    expect(JSON.stringify(problem)).not.toContain('secret-value')
  })

  test('tells what is held once, and what goes after the approval', async () => {
    for (let index = 0; index < 30; index += 1) {
      files.write(`${ROOT}/r${index}.yaml`, aPool(`r${index}`, 1))
    }
    await start()
    for (let index = 0; index < 20; index += 1) files.remove(`${ROOT}/r${index}.yaml`)
    await clock.advance(60_000)
    const held = told().filter(({ event }) => event === 'held')
    expect(held).toMatchObject([{ payload: { reason: 'TooMany', count: 20 } }])
    source.approve()
    await clock.advance(60_000)
    expect(told().filter(({ event }) => event === 'held')).toHaveLength(1)
    expect(told().at(-1)).toMatchObject({ event: 'applied', payload: { pruned: 20 } })
    expect(names('WorkPool')).toHaveLength(10)
  })
})
