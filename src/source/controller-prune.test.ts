import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { aRun, describeChange, ROOT } from '../../test/world/folder-source.ts'
import { fileError, MemoryFiles } from '../../test/world/memory-files.ts'
import { recordingLog } from '../../test/world/recording-log.ts'
import { openTestStore } from '../../test/world/test-store.ts'
import { validator } from '../../test/world/validator.ts'
import { type CapstanObject, type Kind, WIRE } from '../kinds/meta.ts'
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

function writeMany(count: number): void {
  for (let index = 0; index < count; index += 1)
    files.replace(`${ROOT}/r${index}.yaml`, aRun(`r${index}`))
}

function codes(): readonly string[] {
  return problems.map(({ code, file }) => `${code} ${file}`)
}

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
