import type { AwsAccounts } from '../../src/aws/ports.ts'
import { type Assembly, createAssembly } from '../../src/controllers/assembly.ts'
import { LOCAL_PACE, type ObserverPace } from '../../src/controllers/run/observer-schedule.ts'
import type { RunObject } from '../../src/controllers/run/world.ts'
import type { EmulatorConfig } from '../../src/emulator/config.ts'
import type { DriverTask } from '../../src/emulator/drivers/driver.ts'
import { type Behaviour, createNoneDriver } from '../../src/emulator/drivers/none.ts'
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import type { FaultPlan } from '../../src/emulator/faults.ts'
import type { RunSpec, WorkPoolSpec } from '../../src/kinds/generated.ts'
import { API_VERSION, type Kind, WIRE } from '../../src/kinds/meta.ts'
import { isoTime } from '../../src/lib/instant.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { uuidV5 } from '../../src/lib/names.ts'
import type { Log } from '../../src/runtime/logger.ts'
import { silentLog } from '../../src/runtime/logger.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'
import type { AttemptRow } from '../../src/store/types.ts'
import { NOON } from './builders.ts'
import { createEmulatorAccounts } from './emulator-account.ts'
import { FakeClock } from './fake-clock.ts'
import { seededRandom } from './seeded-random.ts'

export interface WorldOptions {
  readonly seed?: number
  readonly config?: Partial<EmulatorConfig>
  readonly faults?: FaultPlan
  /** What each task does; by default it runs for a second and exits with 0. */
  readonly behave?: (task: DriverTask) => Behaviour
  readonly pace?: ObserverPace
  readonly log?: Log
  /** Called at every boundary that a crash can fall on; the process dies there when it returns true. */
  readonly diesAt?: (point: Point) => boolean
  /** Called after a death by `diesAt`. */
  readonly onDeath?: () => void
}

/** Right after a commit, right before a request leaves, right before its answer is looked at. */
export type Point = `commit` | `request ${string}` | `answer ${string}`

/** A whole controller over real SQLite in memory and an emulated account, in time that the test moves. */
export class World {
  readonly clock = new FakeClock(NOON)
  readonly emulator: Emulator
  readonly #options: WorldOptions
  readonly #random
  store: SqliteStore
  #life = 0
  #assembly: Assembly | undefined
  #abort = new AbortController()

  constructor(options: WorldOptions = {}) {
    this.#options = options
    this.#random = seededRandom(options.seed ?? 1)
    const behave = options.behave ?? (() => ({ runMs: 1_000, exitCode: 0 }))
    this.emulator = createEmulator({
      clock: this.clock.undisturbed,
      random: seededRandom((options.seed ?? 1) + 1),
      driver: createNoneDriver((_, task) => behave(task)),
      ...(options.config && { config: options.config }),
      ...(options.faults && { faults: options.faults }),
    })
    this.store = openStore({ path: ':memory:', random: this.#random, nowMs: NOON })
    this.store.transaction(() => this.store.objects.ensureNamespace('default', 'ns-uid', NOON))
  }

  /** Starts the controller and lets it look at everything once. */
  async start(): Promise<void> {
    const epoch = this.store.transaction(() => this.store.identity.raiseEpoch())
    this.#abort = new AbortController()
    this.#assembly = createAssembly({
      store: this.#storeOfThisLife(),
      aws: this.#accountsOfThisLife(),
      checks: { template: () => [], values: () => [] },
      clock: this.clock,
      random: this.#random,
      log: this.#options.log ?? silentLog,
      pace: this.#options.pace ?? LOCAL_PACE,
      controller: { name: 'default', epoch },
    })
    for (const part of this.#assembly.parts) {
      await part.start(this.#abort.signal, (error) => {
        throw error
      })
    }
    await this.clock.advance(0)
  }

  #dies(point: Point): boolean {
    if (!this.#options.diesAt?.(point)) return false
    this.crash()
    this.#options.onDeath?.()
    return true
  }

  /** The store as the controller of this life sees it: each outermost commit is a point to die at. */
  #storeOfThisLife(): SqliteStore {
    const life = this.#life
    const { store } = this
    let depth = 0
    const transaction = <T>(write: () => T): T => {
      depth += 1
      try {
        return store.transaction(write)
      } finally {
        depth -= 1
        if (depth === 0 && life === this.#life) this.#dies('commit')
      }
    }
    return Object.create(store, { transaction: { value: transaction } }) as SqliteStore
  }

  /** The process dies: memory is gone, calls under way stay unanswered, what was committed stays. */
  crash(): void {
    this.#life += 1
    this.#abort.abort(new Error('the process died'))
    const image = this.store.serialize()
    // The dead controller's objects are left behind with the old handle; nothing of theirs is reached again.
    this.store = openStore({
      path: ':memory:',
      snapshot: image,
      random: this.#random,
      nowMs: this.clock.nowMs(),
    })
  }

  async restart(): Promise<void> {
    this.crash()
    await this.start()
  }

  async stop(): Promise<void> {
    const parts = [...(this.#assembly?.parts ?? [])].reverse()
    const stopped = Promise.all(parts.map(async (part) => part.stop()))
    await this.clock.advance(0)
    await stopped
  }

  #accountsOfThisLife(): AwsAccounts {
    const life = this.#life
    const accounts = createEmulatorAccounts(this.emulator, this.clock)
    const alive = (): boolean => life === this.#life
    const account = accounts.account({})
    const ecs = new Proxy(account.ecs, {
      get: (target, name, receiver) => {
        const method: unknown = Reflect.get(target, name, receiver)
        if (typeof method !== 'function') return method
        return async (...args: readonly unknown[]) => {
          if (!alive() || this.#dies(`request ${String(name)}`)) return new Promise(() => {})
          const answer: unknown = await method
            .apply(target, args)
            .catch((error: unknown) => ({ error }))
          if (!alive() || this.#dies(`answer ${String(name)}`)) return new Promise(() => {})
          if (isThrown(answer)) throw answer.error
          return answer
        }
      },
    })
    return { account: () => ({ ...account, ecs }), close: () => {} }
  }

  /** Stores a Run as the API would. */
  addRun(name: string, spec: RunSpec, annotations: Record<string, string> = {}): RunObject {
    return this.#create('Run', name, spec, {
      finalizers: [WIRE.finalizerTask],
      annotations,
    }) as RunObject
  }

  addWorkPool(name: string, spec: WorkPoolSpec): void {
    this.#create('WorkPool', name, spec, {})
  }

  #create(kind: Kind, name: string, spec: object, meta: object): unknown {
    const metadata = {
      name,
      namespace: 'default',
      uid: uuidV5(kind, 'default', name, JSON.stringify(spec)),
      creationTimestamp: isoTime(this.clock.nowMs()),
      ...meta,
    }
    return this.store.transaction(() =>
      this.store.objects.create({
        apiVersion: API_VERSION,
        kind,
        metadata,
        spec: spec as JsonObject,
      }),
    )
  }

  run(name: string): RunObject | undefined {
    return this.store.objects.get({ kind: 'Run', namespace: 'default', name }) as
      | RunObject
      | undefined
  }

  /** Changes the spec of a Run as a client would. */
  changeRun(name: string, change: Partial<RunSpec>): void {
    const run = this.run(name)
    if (!run) throw new Error(`no run ${name}`)
    const changed = { ...run, spec: { ...run.spec, ...change } } as never
    this.store.transaction(() => this.store.objects.update(changed))
  }

  deleteRun(name: string): void {
    const key = { kind: 'Run', namespace: 'default', name } as const
    this.store.transaction(() => this.store.objects.markDeleted(key, this.clock.nowMs()))
  }

  /** `TYPE/Name` of a run's state. */
  state(name: string): string | undefined {
    const state = this.run(name)?.status?.state
    return state && `${state.type}/${state.name}`
  }

  attempts(name: string): readonly AttemptRow[] {
    const run = this.run(name)
    return run ? this.store.attempts.ofRun(run.metadata.uid) : []
  }

  calls(operation: string): number {
    return this.emulator.counters.of(operation).calls
  }

  /** Tasks ever made for a run, by its tag. */
  tasksOf(name: string): number {
    return this.emulator.ledger
      .entries()
      .filter(({ launchTags }) =>
        launchTags.some((tag) => tag.key === WIRE.tagRun && tag.value === `default/${name}`),
      ).length
  }
}

function isThrown(answer: unknown): answer is { readonly error: unknown } {
  return typeof answer === 'object' && answer !== null && 'error' in answer
}
