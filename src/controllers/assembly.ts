import { taskSizeOf } from '../aws/definition-sizes.ts'
import type { AwsAccounts } from '../aws/ports.ts'
import { KINDS, type Kind, renderKey } from '../kinds/meta.ts'
import type { ResolveChecks } from '../kinds/resolve.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import {
  type ControllerStats,
  createController,
  type ReconcileContext,
} from '../runtime/controller.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import type { Outcome } from '../runtime/outcome.ts'
import { WorkQueue } from '../runtime/workqueue.ts'
import type { AttemptRow, Store } from '../store/types.ts'
import { createAcceptanceReconciler } from './acceptance.ts'
import { type AccountBook, createAccountBook } from './accounts.ts'
import type { OutputOfEveryTask } from './attempt-logs.ts'
import { clockWatch } from './clock-watch.ts'
import { createDeploymentReconciler } from './deployment/controller.ts'
import { createRunReconciler, type RunControllerDeps } from './run/controller.ts'
import type { ObserveDeps } from './run/observe.ts'
import type { ObserverPace } from './run/observer-schedule.ts'
import { createRegistrar } from './run/registrar.ts'
import { resolveSources, templateOf } from './run/resolve.ts'
import { TaskObserver } from './run/task-observer.ts'
import { RunLines } from './run-lines.ts'
import { upkeepParts } from './upkeep.ts'
import { startKeys, wakesOf } from './wake.ts'
import { createWorkPoolReconciler } from './workpool/controller.ts'

export interface AssemblyDeps {
  readonly store: Store
  readonly aws: AwsAccounts
  readonly checks: ResolveChecks
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly pace: ObserverPace
  /** Where output is found that no log settings name; undefined against AWS. */
  readonly outputOfEveryTask?: OutputOfEveryTask | undefined
  readonly controller: { readonly name: string; readonly epoch: number }
  /** See RunControllerDeps.decide. */
  readonly decideRun?: RunControllerDeps['decide']
}

export interface Assembly {
  /** In starting order. */
  readonly parts: readonly Part[]
  readonly observer: TaskObserver
  readonly accounts: AccountBook
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

/** All controllers over one store: a queue each, woken by what is committed. */
export function createAssembly(deps: AssemblyDeps): Assembly {
  const { store, clock, random, log } = deps
  const queues = byKind(() => new WorkQueue(clock))
  const accounts = createAccountBook(store, deps.aws)
  const lines = new RunLines({
    store,
    sizeOf: (run) => taskSizeOf(templateOf(store, deps.checks, run)),
  })
  const observe: ObserveDeps = {
    ...deps,
    accounts,
    lookedAtMs: (attempt) => observer.lookedAtMs(attempt),
    resolve: (sources, attempt) => resolveSources(deps.checks, sources, attempt),
    lines,
  }
  const wake = ({ namespace, runName }: AttemptRow): void =>
    queues.Run.add(renderKey({ kind: 'Run', namespace, name: runName }))
  const observer = new TaskObserver({ ...deps, accounts, wake })
  const reconcilers: Readonly<Record<Kind, Reconcile>> = {
    Run: createRunReconciler({
      ...deps,
      ...observe,
      observer,
      registrar: createRegistrar(deps),
      ...(deps.decideRun && { decide: deps.decideRun }),
    }),
    WorkPool: createWorkPoolReconciler({
      ...deps,
      lines,
      wakeRun: (key) => queues.Run.add(renderKey(key)),
    }),
    Deployment: createDeploymentReconciler(deps),
    Automation: createAcceptanceReconciler(deps, NOT_ACTED_ON.Automation),
  }
  const controllers = byKind((kind) =>
    createController({
      name: kind,
      queue: queues[kind],
      workers: WORKERS[kind],
      reconcile: reconcilers[kind],
      clock,
      random,
      log,
    }),
  )
  return {
    parts: [
      linesPart(lines),
      observerPart(observer),
      ...KINDS.map((kind) => controllers[kind]),
      wakerPart({ store, lines }, queues),
      clockWatch({ ...deps, onStep: () => wakeAll(store, queues) }),
      ...upkeepParts({ ...deps, accounts, wake }),
    ],
    observer,
    accounts,
    stats: () => byKind((kind) => controllers[kind].stats()),
  }
}

/** What does not happen yet for kinds that are only stored, in words for their status. */
const NOT_ACTED_ON = {
  Automation: 'Stored and shown; its trigger is not evaluated yet.',
} as const

function byKind<T>(make: (kind: Kind) => T): Readonly<Record<Kind, T>> {
  return {
    WorkPool: make('WorkPool'),
    Deployment: make('Deployment'),
    Run: make('Run'),
    Automation: make('Automation'),
  }
}

/** Before everything that decides: a line that misses a commit would be wrong. */
function linesPart(lines: RunLines): Part {
  return { name: 'run lines', start: () => lines.start(), stop: () => lines.stop() }
}

function observerPart(observer: TaskObserver): Part {
  return { name: 'task observer', start: () => observer.start(), stop: () => observer.stop() }
}

/** Subscribes before it queues what is there, so that no change falls in between. */
function wakerPart(
  sources: { readonly store: Store; readonly lines: RunLines },
  queues: Readonly<Record<Kind, WorkQueue>>,
): Part {
  const { store } = sources
  let unsubscribe = (): void => {}
  return {
    name: 'wake-ups',
    start() {
      unsubscribe = store.subscribe((changes) => {
        for (const { key, delayMs } of changes.flatMap((change) => wakesOf(sources, change))) {
          queues[key.kind].addAfter(renderKey(key), delayMs)
        }
      })
      wakeAll(store, queues)
    },
    stop: () => unsubscribe(),
  }
}

function wakeAll(store: Store, queues: Readonly<Record<Kind, WorkQueue>>): void {
  for (const key of startKeys(store, KINDS)) {
    queues[key.kind].add(renderKey(key), { priority: 'Low' })
  }
}
