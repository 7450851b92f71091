import { type Assembly, type AssemblyDeps, createAssembly } from '../../src/controllers/assembly.ts'
import type { OutputOfEveryTask } from '../../src/controllers/attempt-logs.ts'
import type { WebhookPort } from '../../src/controllers/automation/perform.ts'
import type { Heartbeats } from '../../src/controllers/heartbeat/heartbeat.ts'
import { LOCAL_PACE, type ObserverPace } from '../../src/controllers/run/observer-schedule.ts'
import type { EmulatorConfig } from '../../src/emulator/config.ts'
import type { DriverTask } from '../../src/emulator/drivers/driver.ts'
import { type Behaviour, createNoneDriver } from '../../src/emulator/drivers/none.ts'
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import type { FaultPlan } from '../../src/emulator/faults.ts'
import { stoppedAtMs } from '../../src/emulator/task-state.ts'
import type { Automation } from '../../src/kinds/automation.ts'
import type { Deployment } from '../../src/kinds/deployment.ts'
import type {
  AutomationSpec,
  DeploymentSpec,
  RunSpec,
  WorkPoolSpec,
} from '../../src/kinds/generated.ts'
import { API_VERSION, type Kind, WIRE } from '../../src/kinds/meta.ts'
import type { Run } from '../../src/kinds/run.ts'
import type { WorkPool } from '../../src/kinds/workpool.ts'
import { renderTime } from '../../src/lib/instant.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { uuidV5 } from '../../src/lib/names.ts'
import type { Log } from '../../src/runtime/logger.ts'
import { silentLog } from '../../src/runtime/logger.ts'
import type { Part } from '../../src/runtime/manager.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'
import type { AttemptRow } from '../../src/store/types.ts'
import { NOON } from './builders.ts'
import { EMPTY_DATABASE } from './empty-database.ts'
import { createEmulatorAccounts } from './emulator-account.ts'
import { FakeClock, settlePromises } from './fake-clock.ts'
import { type Distortion, Life, type Point } from './life.ts'
import { seededRandom } from './seeded-random.ts'

export interface WorldOptions {
  readonly seed?: number
  readonly config?: Partial<EmulatorConfig>
  readonly faults?: FaultPlan
  /** What each task does; by default it runs for a second and exits with 0. */
  readonly behave?: (task: DriverTask) => Behaviour
  readonly pace?: ObserverPace
  /** Whether a beat to this URL is lost on its way. */
  readonly losesBeat?: (url: string) => boolean
  readonly outputOfEveryTask?: OutputOfEveryTask
  readonly log?: Log
  /** Where webhooks go; by default the controller sends none. */
  readonly webhooks?: WebhookPort
  /** Called at every boundary that a crash can fall on; the process dies there when it returns true. */
  readonly diesAt?: (point: Point, detail: unknown) => boolean
  /** Called after a death by `diesAt`. */
  readonly onDeath?: () => void
  readonly distortions?: readonly Distortion[]
  /** See RunControllerDeps.decide. */
  readonly decideRun?: AssemblyDeps['decideRun']
  /** The database to begin with, as `serialize` gave it: opening it is cheaper than making one. */
  readonly snapshot?: Uint8Array
  /** False: a dying process leaves its database handle to the next one, which is cheaper. */
  readonly reopens?: boolean
  /** How promises settle; see FakeClock. */
  readonly settle?: () => Promise<void>
  /** What the process does before anything else of it starts. */
  readonly prelude?: (life: Life) => void
  /** What runs in the process beside the controllers, started after them; made anew in each life. */
  readonly companions?: (life: Life) => readonly Part[]
}

/** Where tasks of these worlds beat, and the key of their tokens. */
const HEARTBEAT = { key: new Uint8Array(32).fill(7), url: () => 'http://127.0.0.1:4000' }

/** A whole controller over real SQLite in memory and an emulated account, in time that the test moves. */
export class World {
  readonly clock: FakeClock
  readonly emulator: Emulator
  readonly #options: WorldOptions
  readonly #random
  store: SqliteStore
  #life: Life | undefined
  #parts: readonly Part[] = []
  #heartbeats: Heartbeats | undefined
  #assembly: Assembly | undefined

  constructor(options: WorldOptions = {}) {
    this.#options = options
    this.clock = new FakeClock(NOON, options.settle)
    this.#random = seededRandom(options.seed ?? 1)
    const behave = options.behave ?? (() => ({ runMs: 1_000, exitCode: 0 }))
    this.emulator = createEmulator({
      clock: this.clock.undisturbed,
      random: seededRandom((options.seed ?? 1) + 1),
      driver: createNoneDriver((_, task) => behave(task), {
        clock: this.clock.undisturbed,
        beat: ({ environment }) => this.#beat(environment),
      }),
      ...(options.config && { config: options.config }),
      ...(options.faults && { faults: options.faults }),
    })
    this.store = this.#openStore(options.snapshot)
  }

  /** Starts the controller and lets it look at everything once. */
  async start(): Promise<void> {
    await this.boot()
    await this.clock.advance(0)
  }

  /** Starts the controller; it does its first work when time moves. */
  async boot(): Promise<void> {
    const { log = silentLog, pace = LOCAL_PACE, decideRun, outputOfEveryTask } = this.#options
    const { webhooks } = this.#options
    const life = this.#beginLife()
    this.#life = life
    this.#options.prelude?.(life)
    if (life.isOver) return
    const epoch = this.store.transaction(() => this.store.identity.raiseEpoch())
    const assembly = createAssembly({
      store: life.store,
      aws: life.aws,
      checks: { template: () => [], values: () => [] },
      clock: life.clock,
      random: this.#random,
      version: 'test',
      log: life.mortalLog(log),
      pace,
      controller: { name: 'default', epoch, instance: this.store.identity.instanceId() },
      heartbeat: HEARTBEAT,
      ...(decideRun && { decideRun }),
      outputOfEveryTask,
      ...(webhooks && { webhooks: { ...webhooks, sender: life.mortal(webhooks.sender) } }),
    })
    this.#heartbeats = assembly.heartbeats
    this.#assembly = assembly
    this.#heartbeats.monitor.hear()
    const { signal } = new AbortController()
    this.#parts = [...assembly.parts, ...(this.#options.companions?.(life) ?? [])]
    for (const part of this.#parts) {
      if (life.isOver) return
      await startIn(life, () =>
        part.start(signal, (error) => {
          throw error
        }),
      )
    }
  }

  #at(point: Point, detail: unknown): void {
    if (!this.#options.diesAt?.(point, detail)) return
    this.crash()
    this.#options.onDeath?.()
  }

  #beginLife(): Life {
    return new Life({
      clock: this.clock,
      store: this.store,
      aws: createEmulatorAccounts(this.emulator, this.clock),
      distortions: this.#options.distortions ?? [],
      at: (point, detail) => this.#at(point, detail),
    })
  }

  /**
   * The process dies: memory is gone, calls under way stay unanswered, what was committed stays. The
   * database is read anew from its bytes, unless the next process inherits the handle.
   */
  crash(): void {
    this.#life?.end()
    if (this.#options.reopens === false) return
    const before = this.store
    this.store = this.#openStore(before.serialize())
    // What the dead process was in the middle of may read on until its promises have settled.
    const { settle = settlePromises } = this.#options
    void settle().then(() => before.close())
  }

  #openStore(snapshot = EMPTY_DATABASE): SqliteStore {
    return openStore({
      path: ':memory:',
      random: this.#random,
      nowMs: this.clock.nowMs(),
      snapshot,
    })
  }

  /** The database is gone; the next start finds an empty one. The controller must have been stopped. */
  loseDatabase(): void {
    const nowMs = this.clock.nowMs()
    this.store = this.#openStore()
    this.store.transaction(() => this.store.objects.ensureNamespace('default', 'ns-uid', nowMs))
  }

  /** The next start finds this database. The controller must have been stopped, or have crashed. */
  exchangeDatabase(snapshot: Uint8Array): void {
    this.store = this.#openStore(snapshot)
  }

  /** Ends a world that nobody looks at any more: databases in memory are not small. */
  close(): void {
    this.#life?.end()
    this.store.close()
  }

  async restart(): Promise<void> {
    this.crash()
    await this.start()
  }

  /** A program posts a beat to where its environment says, and hears nothing of the answer. */
  #beat(environment: Readonly<Record<string, string>>): void {
    const { CAPSTAN_HEARTBEAT_URL: url = '', CAPSTAN_HEARTBEAT_TOKEN: token = '' } = environment
    if (!url.startsWith(HEARTBEAT.url()) || this.#options.losesBeat?.(url)) return
    const intake = this.heartbeats?.intake
    const runUid = intake?.verifyRunToken(token)
    const [uid, index, attempt] = url.split('/').slice(-3)
    if (!intake || runUid === undefined || runUid !== uid) return
    intake.beat(runUid, { index: Number(index), attempt: Number(attempt), source: 'Http' })
  }

  /** Of the life that was started last. */
  get assembly(): Assembly {
    if (!this.#assembly) throw new Error('the controller was never started')
    return this.#assembly
  }

  /** What listens for signs of life, while the controller runs. */
  get heartbeats(): Heartbeats | undefined {
    return this.#life?.isOver === false ? this.#heartbeats : undefined
  }

  async stop(): Promise<void> {
    const parts = this.#parts.toReversed()
    const stopped = Promise.all(parts.map(async (part) => part.stop()))
    let isOver = false
    const over = (): void => {
      isOver = true
    }
    stopped.then(over, over)
    // What is under way may wait for a real disk first, and then for its turn.
    while (!isOver) {
      await this.clock.advance(0)
      await settlePromises()
    }
    await stopped
  }

  /** Stores a Run as the API would. */
  addRun(name: string, spec: RunSpec, annotations: Record<string, string> = {}): Run {
    return this.#create('Run', name, spec, {
      finalizers: [WIRE.finalizerTask],
      annotations,
    }) as Run
  }

  addWorkPool(name: string, spec: WorkPoolSpec): void {
    this.#create('WorkPool', name, spec, {})
  }

  addDeployment(name: string, spec: DeploymentSpec): void {
    this.#create('Deployment', name, spec, {})
  }

  addAutomation(name: string, spec: AutomationSpec): void {
    this.#create('Automation', name, spec, {})
  }

  automation(name: string): Automation | undefined {
    return this.store.objects.get({ kind: 'Automation', namespace: 'default', name }) as
      | Automation
      | undefined
  }

  deployment(name: string): Deployment | undefined {
    return this.store.objects.get({ kind: 'Deployment', namespace: 'default', name }) as
      | Deployment
      | undefined
  }

  workPool(name: string): WorkPool | undefined {
    return this.store.objects.get({ kind: 'WorkPool', namespace: 'default', name }) as
      | WorkPool
      | undefined
  }

  /** Changes the spec of any object as a client would. */
  change(kind: Kind, name: string, change: object): void {
    const object = this.store.objects.get({ kind, namespace: 'default', name })
    if (!object) throw new Error(`no ${kind} ${name}`)
    const changed = { ...object, spec: { ...object.spec, ...change } as JsonObject }
    this.store.transaction(() => this.store.objects.update(changed))
  }

  /** Names of all runs, in order. */
  runNames(): readonly string[] {
    return this.store.objects.keys('Run').map(({ name }) => name)
  }

  #create(kind: Kind, name: string, spec: object, meta: object): unknown {
    const metadata = {
      name,
      namespace: 'default',
      uid: uuidV5(kind, 'default', name, JSON.stringify(spec)),
      creationTimestamp: renderTime(this.clock.nowMs()),
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

  run(name: string): Run | undefined {
    return this.store.objects.get({ kind: 'Run', namespace: 'default', name }) as Run | undefined
  }

  /** Changes the spec of a Run as a client would. */
  changeRun(name: string, change: Partial<RunSpec>): void {
    const run = this.run(name)
    if (!run) throw new Error(`no run ${name}`)
    const changed = { ...run, spec: { ...run.spec, ...change } } as never
    this.store.transaction(() => this.store.objects.update(changed))
  }

  /** Asks for another life of a finished run, as `capstan retry` does. */
  annotateRun(name: string, rerun: string): void {
    const run = this.run(name)
    if (!run) throw new Error(`no run ${name}`)
    const annotations = { ...run.metadata.annotations, [WIRE.annotationRerun]: rerun }
    const changed = { ...run, metadata: { ...run.metadata, annotations } } as never
    this.store.transaction(() => this.store.objects.update(changed))
  }

  /** Adds annotations to a Run, as a client would. */
  annotate(name: string, annotations: Readonly<Record<string, string>>): void {
    const run = this.run(name)
    if (!run) throw new Error(`no run ${name}`)
    const metadata = {
      ...run.metadata,
      annotations: { ...run.metadata.annotations, ...annotations },
    }
    this.store.transaction(() => this.store.objects.update({ ...run, metadata } as never))
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

  totalCalls(): number {
    return [...this.emulator.counters.all().values()].reduce((sum, { calls }) => sum + calls, 0)
  }

  /** Tasks that have not stopped, whatever the controller knows of them. */
  liveTasks(): readonly { readonly arn: string; readonly run: string }[] {
    const nowMs = this.clock.undisturbed.nowMs()
    return this.emulator.ledger
      .entries()
      .filter(({ task }) => (stoppedAtMs(task) ?? Number.POSITIVE_INFINITY) > nowMs)
      .map(({ task, launchTags }) => {
        const tag = launchTags.find(({ key }) => key === WIRE.tagRun)
        return { arn: task.arn, run: tag?.value.split('/').at(-1) ?? '' }
      })
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

/** A process that dies while it starts is not asked how far it came. */
async function startIn(life: Life, start: () => Promise<void> | void): Promise<void> {
  try {
    await start()
  } catch (error) {
    if (!life.isOver) throw error
  }
}
