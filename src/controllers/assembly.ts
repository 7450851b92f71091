import { taskSizeOf } from '../aws/definition-sizes.ts'
import type { AwsAccounts } from '../aws/ports.ts'
import type { TemplateSpec } from '../kinds/generated.ts'
import { KINDS, type Kind, parseKey, renderKey } from '../kinds/meta.ts'
import type { ResolveChecks } from '../kinds/resolve.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import {
  type Controller,
  type ControllerOptions,
  type ControllerStats,
  createController,
  type ReconcileContext,
} from '../runtime/controller.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { WorkQueue } from '../runtime/workqueue.ts'
import type { AttemptRow, Store } from '../store/types.ts'
import { type AccountBook, createAccountBook } from './accounts.ts'
import type { OutputOfEveryTask } from './attempt-logs.ts'
import { createAutomationReconciler } from './automation/controller.ts'
import { createAutomations } from './automation/part.ts'
import type { WebhookPort } from './automation/perform.ts'
import { clockWatch } from './clock-watch.ts'
import { createDeploymentReconciler } from './deployment/controller.ts'
import { createFullLook, unsettleForeign } from './full-look.ts'
import { createHeartbeats, type HeartbeatSettings, type Heartbeats } from './heartbeat/heartbeat.ts'
import { createNextDefinitionReader, type ReadNextDefinition } from './next-definition.ts'
import { OwnCommits } from './own-commits.ts'
import { createRegistrar, type DefinitionRegistrar } from './registrar.ts'
import { createRunReconciler, type RunControllerDeps } from './run/controller.ts'
import { createFirstLooks } from './run/first-looks.ts'
import type { ObserveDeps } from './run/observe.ts'
import type { ObserverPace } from './run/observer-schedule.ts'
import { createResolver, templateOf } from './run/resolve.ts'
import { TaskObserver } from './run/task-observer.ts'
import { RunLines } from './run-lines.ts'
import { upkeepParts } from './upkeep.ts'
import { type WakeSources, wakesOf } from './wake.ts'
import { createWorkPoolReconciler } from './workpool/controller.ts'

export interface AssemblyDeps {
  readonly store: Store
  readonly aws: AwsAccounts
  readonly checks: ResolveChecks
  readonly clock: Clock
  readonly random: Random
  /** Capstan's own version. */
  readonly version: string
  readonly log: Log
  readonly pace: ObserverPace
  /** Where the endpoint keeps the output of tasks without log settings; undefined against AWS. */
  readonly outputOfEveryTask?: OutputOfEveryTask | undefined
  readonly controller: { readonly name: string; readonly epoch: number; readonly instance: string }
  readonly heartbeat: HeartbeatSettings
  /** How automations reach the world outside; undefined: they send no webhooks. */
  readonly webhooks?: WebhookPort | undefined
  /** See RunControllerDeps.decide. */
  readonly decideRun?: RunControllerDeps['decide']
}

export interface Assembly {
  /** In starting order. */
  readonly parts: readonly Part[]
  readonly observer: TaskObserver
  readonly accounts: AccountBook
  readonly heartbeats: Heartbeats
  /** The merged and rendered template of a run; an empty one where it cannot be resolved. */
  readonly templateOf: (run: Parameters<typeof templateOf>[2]) => TemplateSpec
  /** Looks at every object again. */
  readonly wakeAll: () => void
  /** Whether automations are done with everything that has happened so far. */
  automationsIdle(): boolean
  stats(): Readonly<Record<Kind, ControllerStats>>
}

/**
 * Reconciles at the same time, per kind. Runs wait for AWS most of the time, so there are many of them;
 * the other kinds only read and write the store.
 */
const WORKERS: Readonly<Record<Kind, number>> = {
  Run: 64,
  WorkPool: 1,
  Deployment: 1,
  Automation: 1,
}

type Reconcile = (key: string, context: ReconcileContext) => Promise<Outcome>
type Reconciler = Pick<ControllerOptions, 'reconcile' | 'together'>

/** All controllers over one store: a queue each, woken by what is committed. */
export function createAssembly(deps: AssemblyDeps): Assembly {
  const { store, clock } = deps
  const queues = byKind(() => new WorkQueue(clock))
  const accounts = createAccountBook(store, deps.aws)
  const lines = new RunLines({
    store,
    sizeOf: (run) => taskSizeOf(templateOf(store, deps.checks, run)),
  })
  const wake = ({ namespace, runName }: AttemptRow): void =>
    queues.Run.add(renderKey({ kind: 'Run', namespace, name: runName }), { priority: 'High' })
  const heartbeats = createHeartbeats({ ...deps, accounts, settings: deps.heartbeat, wake })
  const observer = new TaskObserver({ ...deps, accounts, wake, onLook: heartbeats.looked })
  const observe = observeDeps(deps, { accounts, heartbeats, lines, observer })
  const registrar = createRegistrar(deps)
  const nextDefinition = createNextDefinitionReader({ ...deps, accounts })
  const own = new OwnCommits()
  const reconcilers = createReconcilers(deps, {
    observe,
    observer,
    registrar,
    nextDefinition,
    own,
    queues,
  })
  const waker = wakerPart({ ...deps, lines, own }, queues)
  const automations = createAutomations({
    ...deps,
    wakeAutomation: (key) => queues.Automation.add(renderKey(key)),
  })
  const controllers = createControllers(deps, queues, reconcilers)
  return {
    parts: [
      linesPart(lines),
      heartbeats.part,
      observerPart(observer),
      ...KINDS.map((kind) => controllers[kind]),
      waker.part,
      clockWatch({ ...deps, onStep: waker.wakeAll }),
      automations,
      ...upkeepParts({
        ...deps,
        accounts,
        wake,
        registrar,
        nextDefinition,
        wakeDeployment: (key) => queues.Deployment.add(renderKey(key)),
      }),
    ],
    observer,
    accounts,
    heartbeats,
    templateOf: (run) => templateOf(store, deps.checks, run),
    wakeAll: waker.wakeAll,
    automationsIdle: () => automations.isIdle(),
    stats: () => byKind((kind) => controllers[kind].stats()),
  }
}

function observeDeps(
  deps: AssemblyDeps,
  shared: {
    readonly accounts: AccountBook
    readonly heartbeats: Heartbeats
    readonly lines: RunLines
    readonly observer: TaskObserver
  },
): ObserveDeps {
  const { accounts, heartbeats, lines, observer } = shared
  return {
    ...deps,
    accounts,
    lines,
    heartbeat: {
      leases: heartbeats.monitor,
      url: deps.heartbeat.url,
      tokenOf: heartbeats.tokenOf,
      lookedAgoMs: (attempt) => observer.lookedAgoMs(attempt),
    },
    lookedAtMs: (attempt) => observer.lookedAtMs(attempt),
    knownForMs: (attempt) => observer.knownForMs(attempt),
    resolve: createResolver(deps.checks),
  }
}

/** What does the work of each kind. */
function createReconcilers(
  deps: AssemblyDeps,
  shared: {
    readonly observe: ObserveDeps
    readonly observer: TaskObserver
    readonly registrar: DefinitionRegistrar
    readonly nextDefinition: ReadNextDefinition
    readonly own: OwnCommits
    readonly queues: Readonly<Record<Kind, WorkQueue>>
  },
): Readonly<Record<Kind, Reconciler>> {
  const { observe, observer, registrar, nextDefinition, own, queues } = shared
  const { lines } = observe
  const run: RunControllerDeps = {
    ...deps,
    ...observe,
    observer,
    registrar,
    own,
    ...(deps.decideRun && { decide: deps.decideRun }),
  }
  const reconcileWorkPool = createWorkPoolReconciler({
    ...deps,
    own,
    lines,
    wakeRun: (key) => queues.Run.add(renderKey(key)),
  })
  return {
    Run: {
      reconcile: afterReading(lines, createRunReconciler(run)),
      together: createFirstLooks(run),
    },
    WorkPool: { reconcile: afterReading(lines, reconcileWorkPool) },
    Deployment: { reconcile: createDeploymentReconciler({ ...deps, nextDefinition, own }) },
    Automation: { reconcile: createAutomationReconciler(deps) },
  }
}

/** Reads the waiting line that the reconcile will ask about: a long one takes a second. */
function afterReading(lines: RunLines, reconcile: Reconcile): Reconcile {
  return async (key, context) => {
    const reading = lines.read(parseKey(key), context.pause)
    if (reading) await reading
    return reconcile(key, context)
  }
}

function createControllers(
  { clock, random, log }: AssemblyDeps,
  queues: Readonly<Record<Kind, WorkQueue>>,
  reconcilers: Readonly<Record<Kind, Reconciler>>,
): Readonly<Record<Kind, Controller>> {
  return byKind((kind) =>
    createController({
      name: kind,
      queue: queues[kind],
      workers: WORKERS[kind],
      ...reconcilers[kind],
      clock,
      random,
      log,
    }),
  )
}

function byKind<T>(make: (kind: Kind) => T): Readonly<Record<Kind, T>> {
  return {
    WorkPool: make('WorkPool'),
    Deployment: make('Deployment'),
    Run: make('Run'),
    Automation: make('Automation'),
  }
}

/** Starts before everything that decides: a waiting line that missed a commit would be wrong. */
function linesPart(lines: RunLines): Part {
  return { name: 'run lines', start: () => lines.start(), stop: () => lines.stop() }
}

function observerPart(observer: TaskObserver): Part {
  return { name: 'task observer', start: () => observer.start(), stop: () => observer.stop() }
}

/** Subscribes before it queues what is there, so that no change falls in between. */
function wakerPart(
  sources: WakeSources & { readonly version: string; readonly clock: Clock },
  queues: Readonly<Record<Kind, WorkQueue>>,
): { readonly part: Part; readonly wakeAll: () => void } {
  const { store, clock } = sources
  const look = createFullLook({
    store,
    clock,
    add: (key, priority) => queues[key.kind].add(renderKey(key), { priority }),
  })
  let unsubscribe = (): void => {}
  let fail: (error: unknown) => void = () => {}
  const wakeAll = (): void => look.begin(fail)
  const part: Part = {
    name: 'wake-ups',
    start(_signal, failed) {
      fail = failed
      unsubscribe = store.subscribe((changes) => {
        for (const wake of changes.flatMap((change) => wakesOf(sources, change))) {
          const queue = queues[wake.key.kind]
          if (wake.isUrgent) queue.add(renderKey(wake.key), { priority: 'High' })
          else queue.addAfter(renderKey(wake.key), wake.delayMs)
        }
      })
      unsettleForeign(store, sources.version)
      wakeAll()
    },
    stop() {
      look.stop()
      unsubscribe()
    },
  }
  return { part, wakeAll }
}
