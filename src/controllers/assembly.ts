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
import type { Store } from '../store/types.ts'
import { createAcceptanceReconciler } from './acceptance.ts'
import { type AccountBook, createAccountBook } from './accounts.ts'
import { createRunReconciler } from './run/controller.ts'
import type { ObserveDeps } from './run/observe.ts'
import type { ObserverPace } from './run/observer-schedule.ts'
import { createRegistrar } from './run/registrar.ts'
import { resolveSources } from './run/resolve.ts'
import { TaskObserver } from './run/task-observer.ts'
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
  readonly controller: { readonly name: string; readonly epoch: number }
}

export interface Assembly {
  /** In starting order. */
  readonly parts: readonly Part[]
  readonly observer: TaskObserver
  readonly accounts: AccountBook
  /** What it takes to read a run's world, for readers outside of the controllers (logs). */
  readonly observe: ObserveDeps
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
  const observe: ObserveDeps = {
    ...deps,
    accounts,
    resolve: (sources, attempt) => resolveSources(deps.checks, sources, attempt),
  }
  const observer = new TaskObserver({
    ...deps,
    accounts,
    wake: ({ namespace, runName }) =>
      queues.Run.add(renderKey({ kind: 'Run', namespace, name: runName })),
  })
  const reconcilers: Readonly<Record<Kind, Reconcile>> = {
    Run: createRunReconciler({ ...deps, ...observe, observer, registrar: createRegistrar(deps) }),
    WorkPool: createWorkPoolReconciler({
      ...deps,
      wakeRun: (key) => queues.Run.add(renderKey(key)),
    }),
    Deployment: createAcceptanceReconciler(deps, NOT_ACTED_ON.Deployment),
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
      observerPart(observer),
      ...KINDS.map((kind) => controllers[kind]),
      wakerPart(store, queues),
    ],
    observer,
    accounts,
    observe,
    stats: () => byKind((kind) => controllers[kind].stats()),
  }
}

/** What does not happen yet for kinds that are only stored, in words for their status. */
const NOT_ACTED_ON = {
  Deployment:
    'Runs that name this Deployment take its pool, parameters and template. Its schedules, concurrency, triggers and history limits are not acted on yet.',
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

function observerPart(observer: TaskObserver): Part {
  return { name: 'task observer', start: () => observer.start(), stop: () => observer.stop() }
}

/** Subscribes before it queues what is there, so that no change falls in between. */
function wakerPart(store: Store, queues: Readonly<Record<Kind, WorkQueue>>): Part {
  let unsubscribe = (): void => {}
  return {
    name: 'wake-ups',
    start() {
      unsubscribe = store.subscribe((changes) => {
        for (const { key, delayMs } of changes.flatMap((change) => wakesOf(store, change))) {
          queues[key.kind].addAfter(renderKey(key), delayMs)
        }
      })
      for (const key of startKeys(store, KINDS)) {
        queues[key.kind].add(renderKey(key), { priority: 'Low' })
      }
    },
    stop: () => unsubscribe(),
  }
}
