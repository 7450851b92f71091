import { expect } from 'vitest'
import { type CapstanObject, type Kind, keyOf, WIRE } from '../../src/kinds/meta.ts'
import { FolderSource, type FolderSourceOptions } from '../../src/source/controller.ts'
import { createLoader } from '../../src/source/load.ts'
import type { SourceProblem } from '../../src/source/problem.ts'
import type { SqliteStore } from '../../src/store/open.ts'
import type { Change } from '../../src/store/types.ts'
import { FakeClock } from './fake-clock.ts'
import { MemoryFiles } from './memory-files.ts'
import { recordingLog } from './recording-log.ts'
import { openTestStore } from './test-store.ts'
import { validator } from './validator.ts'

export const ROOT = '/srv/manifests'

export function describeChange({ type, kind, name }: Change): string {
  return `${type} ${kind}/${name}`
}

interface Written {
  readonly image?: string
  readonly annotations?: Readonly<Record<string, string>>
  readonly namespace?: string
  readonly more?: string
}

export function aRun(
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

export function aPool(name: string, limit: number): string {
  return `apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata:\n  name: ${name}\nspec:\n  concurrencyLimit: ${limit}\n`
}

type Different = Partial<FolderSourceOptions> & { readonly version?: string }

/** A folder source over files in memory and a store, in time that the test moves. */
export class FolderWorld {
  readonly clock = new FakeClock()
  readonly files = new MemoryFiles(this.clock)
  store: SqliteStore
  source: FolderSource
  problems: readonly SourceProblem[] = []
  /** Committed changes of objects since `changes` was emptied. */
  changes: string[] = []
  readonly #sources: FolderSource[] = []

  constructor() {
    this.files.mkdir(ROOT)
    this.store = this.#newStore()
    this.source = this.aSource()
  }

  async close(): Promise<void> {
    await Promise.all(this.#sources.map((each) => each.stop()))
    await this.clock.advance(10)
    expect(this.clock.pendingTimers).toBe(0)
    this.store.close()
  }

  /** A database in place of the one there was, which the caller has closed. */
  open(snapshot?: Uint8Array): void {
    this.store = this.#newStore(snapshot)
  }

  #newStore(snapshot?: Uint8Array): SqliteStore {
    const store = openTestStore(snapshot)
    this.changes = []
    store.subscribe((batch) => this.changes.push(...batch.map(describeChange)))
    return store
  }

  aSource(different: Different = {}): FolderSource {
    const { version = '1', ...options } = different
    this.problems = []
    const made = new FolderSource({
      root: ROOT,
      store: this.store,
      files: this.files,
      clock: this.clock,
      watch: this.files.watch,
      log: recordingLog(),
      loader: createLoader({ validator, defaultNamespace: 'default', version }),
      runAnnotations: () => ({}),
      report: (all) => {
        this.problems = all
      },
      ...options,
    })
    this.#sources.push(made)
    return made
  }

  /** The process dies and starts again on what was committed. */
  async restart(different: Different = {}): Promise<void> {
    const snapshot = this.store.serialize()
    await this.source.stop()
    this.store.close()
    this.open(snapshot)
    this.source = this.aSource(different)
    await this.start()
  }

  /** Starts, and lets everything that is there settle. */
  async start(): Promise<void> {
    await this.source.start()
    await this.clock.advance(2_000)
  }

  get(name: string, kind: Kind = 'Run', namespace = 'default'): CapstanObject | undefined {
    return this.store.objects.get({ kind, namespace, name })
  }

  names(kind: Kind = 'Run'): readonly string[] {
    return this.store.objects.list({ kind }).map(({ metadata }) => metadata.name)
  }

  isDeleting(name: string): boolean {
    return this.get(name)?.metadata.deletionTimestamp !== undefined
  }

  /** The end of something that waits on the clock. */
  async driven<T>(promise: Promise<T>): Promise<T> {
    const pending = new Set([promise])
    const ended = promise.finally(() => pending.clear())
    while (pending.size > 0) await this.clock.advance(10)
    return ended
  }

  /** What the Run controller does when the task of a deleted Run is seen STOPPED. */
  finishDeletion(name: string, ran = true): void {
    const run = this.get(name)
    if (!run) throw new Error(`there is no Run ${name}`)
    const { uid, namespace } = run.metadata
    this.store.transaction(() => {
      if (ran) {
        this.store.history.put({
          uid,
          namespace,
          name,
          attempts: 1,
          stateType: 'CANCELLED',
          stateName: 'Cancelled',
          createdAtMs: 1,
          finishedAtMs: this.clock.nowMs(),
        })
      }
      this.store.objects.removeFinalizer(keyOf(run), uid, WIRE.finalizerTask)
    })
  }

  writeMany(count: number): void {
    for (let index = 0; index < count; index += 1)
      this.files.replace(`${ROOT}/r${index}.yaml`, aRun(`r${index}`))
  }

  codes(): readonly string[] {
    return this.problems.map(({ code, file }) => `${code} ${file}`)
  }
}
