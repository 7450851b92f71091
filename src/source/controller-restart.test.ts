import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { aPool, aRun, describeChange, ROOT } from '../../test/world/folder-source.ts'
import { MemoryFiles } from '../../test/world/memory-files.ts'
import { recordingLog } from '../../test/world/recording-log.ts'
import { openTestStore } from '../../test/world/test-store.ts'
import { validator } from '../../test/world/validator.ts'
import { type CapstanObject, type Kind } from '../kinds/meta.ts'
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

/** The end of something that waits on the clock. */
async function driven<T>(promise: Promise<T>): Promise<T> {
  const pending = new Set([promise])
  const ended = promise.finally(() => pending.clear())
  while (pending.size > 0) await clock.advance(10)
  return ended
}

function writeMany(count: number): void {
  for (let index = 0; index < count; index += 1)
    files.replace(`${ROOT}/r${index}.yaml`, aRun(`r${index}`))
}

function codes(): readonly string[] {
  return problems.map(({ code, file }) => `${code} ${file}`)
}

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
