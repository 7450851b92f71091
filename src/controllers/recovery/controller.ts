import type { TaskDefinitionSnapshot, TaskSnapshot } from '../../aws/ports.ts'
import type { TemplateSpec } from '../../kinds/generated.ts'
import { keyOf, WIRE } from '../../kinds/meta.ts'
import { sleep } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import type { Part } from '../../runtime/manager.ts'
import type { LaunchProofs } from '../../store/launch-log-lines.ts'
import type { Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import type { ChoreDeps } from '../chore.ts'
import { adoptTask, isLive, runOfTask } from './adopt.ts'
import {
  listedPlaces,
  listTasks,
  namedPlaces,
  type Place,
  type RunObject,
  unfinishedRuns,
} from './places.ts'

/** Under this identity key stands why recovery is under way; empty when it is over. */
const RECOVERY_KEY = 'recovery'
/** Empty where no run can be held: looking for one means looking at every unfinished run. */
const EVER_RECOVERED_KEY = 'ever-recovered'
/** Set while nothing in the data directory says which instance this controller was before. */
const ANY_INSTANCE_KEY = 'recovery-any-instance'
/** `no` once runs may have been launched that neither the database nor the launch log know. */
const WHOLE_KEY = 'launches-whole'
/** How often it is looked whether the folders have been read, and how soon a failed listing is repeated. */
const POLL_MS = 20
const RETRY_MS = 10_000

/** Why runs are held while ECS is asked whether this controller has run before. */
const PROBE_REASON =
  'the data directory is new, and ECS is being asked whether this controller has run before'
const TRACES_REASON = 'ECS holds tasks of this controller, and the database is new'

export function recoveryUnderWay(store: Store): string | undefined {
  return store.identity.get(RECOVERY_KEY) || undefined
}

/** Whether a run that the launch log does not name was never launched; see LaunchLogHeader. */
export function isLaunchHistoryWhole(store: Store): boolean {
  return store.identity.get(WHOLE_KEY) !== 'no'
}

/** What is known of the time since the database was last written. */
export interface SinceDatabase {
  readonly proofs?: LaunchProofs | undefined
  /** Launches that the database had counted. */
  readonly launches?: number
}

/**
 * Begins recovery, in one transaction with whatever the caller wraps around it: from here on it goes on
 * across restarts until every folder has been read. Unfinished runs are held, because what they did
 * since the database was last written is not in it: with a launch log those that it names as launched
 * since, without one all of them. What it names as ended has run.
 */
export function beginRecovery(store: Store, reason: string, since: SinceDatabase = {}): void {
  store.identity.set(RECOVERY_KEY, reason)
  store.identity.set(EVER_RECOVERED_KEY, 'yes')
  const isWhole = since.proofs?.whole === true
  if (!isWhole) store.identity.set(WHOLE_KEY, 'no')
  for (const run of unfinishedRuns(store)) {
    if (isWhole && !wasLaunchedSince(run, since)) continue
    hold(store, run, reason)
  }
  restoreHistory(store, since.proofs)
}

function wasLaunchedSince(
  { metadata }: RunObject,
  { proofs, launches = 0 }: SinceDatabase,
): boolean {
  return (proofs?.launched.get(metadata.uid) ?? 0) > launches
}

function restoreHistory(store: Store, proofs: LaunchProofs | undefined): void {
  for (const run of proofs?.ended.values() ?? []) {
    const isKnown = store.history.get(run.uid) ?? store.objects.getByUid(run.uid)
    if (!isKnown) store.history.put(run)
  }
}

/**
 * As beginRecovery, where nothing says that anything was lost: unless ECS knows better, nothing was. No run is
 * held, but no launch leaves before it is known (RecoveryPart.probe).
 */
export function beginProbe(store: Store): void {
  store.identity.set(RECOVERY_KEY, PROBE_REASON)
  store.identity.set(ANY_INSTANCE_KEY, 'yes')
  store.identity.set(EVER_RECOVERED_KEY, 'yes')
}

/** Annotations of Runs that folders bring while recovery is under way. */
export function annotationsInRecovery(store: Store): Readonly<Record<string, string>> {
  const reason = recoveryUnderWay(store)
  return reason === undefined || reason === PROBE_REASON ? {} : { [WIRE.annotationHeld]: reason }
}

/** Runs that are held and not approved. */
export function heldRuns(store: Store): readonly RunObject[] {
  if (!store.identity.get(EVER_RECOVERED_KEY)) return []
  const noted = store.upkeep.unfinishedRunsNoting(WIRE.annotationHeld)
  return unfinishedRuns(store, noted).filter(isHeld)
}

function isHeld({ metadata }: RunObject): boolean {
  const { [WIRE.annotationHeld]: held, [WIRE.annotationApproved]: approved } =
    metadata.annotations ?? {}
  return held !== undefined && approved === undefined
}

export interface RecoveryDeps extends ChoreDeps {
  readonly accounts: AccountBook
  readonly controller: { readonly name: string; readonly epoch: number; readonly instance: string }
  /** Whether every folder has been read once. */
  readonly foldersRead: () => boolean
  /** The merged and rendered template of a run; an empty one where it cannot be resolved. */
  readonly templateOf: (run: RunObject) => TemplateSpec
  /** What the launch log said when recovery began. */
  readonly proofs?: LaunchProofs | undefined
}

/** What the listings have shown so far. */
interface Found {
  adopted: number
  /** Tasks that carry this controller's name, whosever they are. */
  traces: number
  /** Runs that have a living task: what they did last is known. */
  readonly seenAlive: Set<string>
  /** Instances of the same name that are not this one. */
  readonly foreign: Set<string>
}

/**
 * Once the folders are read: finds by listing what ECS still knows of the runs that are held, adopts it, and
 * lets those runs go on. What it cannot prove stays held until a person approves it. Launches nothing.
 */
export function createRecovery(deps: RecoveryDeps): RecoveryPart {
  const stopped = new AbortController()
  const isProbe = recoveryUnderWay(deps.store) === PROBE_REASON
  let working: Promise<void> = Promise.resolve()
  let settleProbe: (outcome: ProbeOutcome) => void = () => {}
  const probe = isProbe
    ? new Promise<ProbeOutcome>((resolve) => {
        settleProbe = resolve
      })
    : undefined
  return {
    name: 'recovery',
    probe,
    start() {
      if (recoveryUnderWay(deps.store) === undefined) return
      working = recover(deps, stopped.signal).then(
        ({ traces }) => settleProbe(traces === 0 ? 'Clean' : 'Traces'),
        (error: unknown) => {
          if (!stopped.signal.aborted) deps.log.error('recovery failed', { error })
        },
      )
    },
    async stop() {
      stopped.abort(new Error('the program is stopping'))
      await working
      settleProbe('Stopped')
    },
  }
}

/** `Traces`: what was about to be launched has to be decided anew. */
export type ProbeOutcome = 'Clean' | 'Traces' | 'Stopped'

export interface RecoveryPart extends Part {
  /** Resolves when it is known whether this controller has run before; undefined where that is no question. */
  readonly probe: Promise<ProbeOutcome> | undefined
}

async function recover(deps: RecoveryDeps, signal: AbortSignal): Promise<Found> {
  const { store, clock, log } = deps
  const reason = recoveryUnderWay(store)
  const isProbe = reason === PROBE_REASON
  log[isProbe ? 'info' : 'warn']('recovery', { reason })
  while (!deps.foldersRead()) await sleep(clock, POLL_MS, signal)
  const found: Found = { adopted: 0, traces: 0, seenAlive: new Set(), foreign: new Set() }
  await visitAll(deps, found, signal)
  store.transaction(() => (isProbe ? endProbe(deps, found) : endRecovery(deps, found)))
  const held = heldRuns(store)
  if (isProbe && found.traces === 0) {
    log.info('no trace of an earlier life in ECS')
    return found
  }
  log.warn('recovery is over', { adopted: found.adopted, held: held.length })
  if (found.foreign.size > 0) {
    log.warn(
      'ECS holds tasks of other controllers of this name: they are left alone; give this one another name with --name if they are alive',
      { instances: [...found.foreign] },
    )
  }
  if (held.length > 0) {
    log.warn('held runs wait for approval: capstan approve run/NAME', {
      runs: held
        .slice(0, MAX_LOGGED)
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    })
  }
  return found
}

/** Held runs that are named in the log; all of them carry the condition Held. */
const MAX_LOGGED = 20

/** Until ECS has answered for every place: without its answer nothing is proven. One silent account keeps no other waiting. */
async function visitAll(deps: RecoveryDeps, found: Found, signal: AbortSignal): Promise<void> {
  const named = await namedPlaces(deps)
  let open: readonly (Place | 'Others')[] = [...named, 'Others']
  while (open.length > 0) {
    const failed: (Place | 'Others')[] = []
    for (const place of open) {
      try {
        if (place === 'Others') {
          for (const other of await listedPlaces(named, signal))
            await visit(deps, found, other, signal)
        } else await visit(deps, found, place, signal)
      } catch (error) {
        signal.throwIfAborted()
        const cluster = place === 'Others' ? undefined : place.cluster
        deps.log.warn('tasks could not be listed for recovery', {
          cluster,
          error: errorMessage(error),
        })
        failed.push(place)
      }
    }
    open = failed
    if (open.length > 0) await sleep(deps.clock, RETRY_MS, signal)
  }
}

async function visit(
  deps: RecoveryDeps,
  found: Found,
  place: Place,
  signal: AbortSignal,
): Promise<void> {
  const { store, controller } = deps
  const tasks = await listTasks(place, signal)
  const ours = tasks.filter(({ tags }) => tags[WIRE.tagController] === controller.name)
  found.traces += ours.length
  const wanted = ours.filter((task) => runOfTask(store, task) !== undefined)
  const definitions = await describeAll(place, wanted, signal)
  store.transaction(() => {
    for (const task of ours) {
      const definition = definitions.get(task.taskDefinitionArn)
      consider(deps, found, { place, task, definition })
    }
  })
}

/** One call per revision: where the output goes, and which container counts, stands in there alone. */
async function describeAll(
  { account }: Place,
  tasks: readonly TaskSnapshot[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TaskDefinitionSnapshot>> {
  const found = new Map<string, TaskDefinitionSnapshot>()
  for (const arn of new Set(tasks.map(({ taskDefinitionArn }) => taskDefinitionArn))) {
    const definition = await account.ecs.describeTaskDefinition(arn, signal)
    if (definition) found.set(arn, definition)
  }
  return found
}

function consider(deps: RecoveryDeps, found: Found, at: Parameters<typeof adoptTask>[2]): void {
  const { store, controller, clock } = deps
  const { task } = at
  const instance = task.tags[WIRE.tagInstance]
  if (instance !== controller.instance) {
    if (instance !== undefined) found.foreign.add(instance)
    if (store.identity.get(ANY_INSTANCE_KEY) !== 'yes') return
  }
  const run = runOfTask(store, task)
  if (!run) return
  const before = store.attempts.ofRun(run.metadata.uid).length
  const row = adoptTask({ ...deps, nowMs: clock.nowMs() }, run, at)
  if (!row) return
  const rows = store.attempts.ofRun(run.metadata.uid)
  if (rows.length > before) found.adopted += 1
  const { array = 1 } = run.spec
  const indexes = new Set(rows.filter(isLive).map(({ index }) => index))
  // Of an array every index must be accounted for: the others may have ended and been forgotten.
  if (isLive(row) && indexes.size === array) found.seenAlive.add(run.metadata.uid)
}

/** Nothing was there: all runs are new. Else this is a recovery like any other, and no intent has left yet. */
function endProbe(deps: RecoveryDeps, found: Found): void {
  const { store } = deps
  if (found.traces === 0) {
    finish(store)
    return
  }
  store.identity.set(WHOLE_KEY, 'no')
  for (const run of unfinishedRuns(store)) {
    const { uid, annotations = {} } = run.metadata
    const isFromFolder = annotations[WIRE.annotationContentHash] !== undefined
    const rows = store.attempts.ofRun(uid)
    if (!isFromFolder || rows.some(({ phase }) => phase !== 'Intent')) continue
    store.attempts.deleteOfRun(uid)
    hold(store, run, TRACES_REASON)
  }
  endRecovery(deps, found)
}

function endRecovery({ store, proofs }: RecoveryDeps, { seenAlive }: Found): void {
  for (const run of heldRuns(store)) {
    const { uid } = run.metadata
    const hasRows = store.attempts.ofRun(uid).length > 0
    const neverLaunched = proofs?.whole === true && !hasRows && !proofs.launched.has(uid)
    if (seenAlive.has(uid) || neverLaunched) release(store, run)
  }
  if (heldRuns(store).length > 0) store.identity.set(WHOLE_KEY, 'no')
  finish(store)
}

function finish(store: Store): void {
  if (heldRuns(store).length === 0) store.identity.set(EVER_RECOVERED_KEY, '')
  store.identity.set(RECOVERY_KEY, '')
  store.identity.set(ANY_INSTANCE_KEY, '')
}

/** An approval is of what was known then: it lets nothing pass that is held from now on. */
function hold(store: Store, run: RunObject, reason: string): void {
  annotate(store, run, {
    [WIRE.annotationHeld]: reason,
    [WIRE.annotationApproved]: undefined,
  })
}

function release(store: Store, run: RunObject): void {
  annotate(store, run, { [WIRE.annotationHeld]: undefined })
}

function annotate(
  store: Store,
  run: RunObject,
  changes: Readonly<Record<string, string | undefined>>,
): void {
  const current = store.objects.get(keyOf(run))
  if (!current) return
  const merged = Object.entries({ ...current.metadata.annotations, ...changes })
  const annotations = Object.fromEntries(
    merged.filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  store.objects.update({ ...current, metadata: { ...current.metadata, annotations } })
}
