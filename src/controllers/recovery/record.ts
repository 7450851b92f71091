import { heldReason } from '../../kinds/held.ts'
import { keyOf, WIRE } from '../../kinds/meta.ts'
import type { Run } from '../../kinds/run.ts'
import type { LaunchProofs } from '../../store/launch-log-lines.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import { placeKey, unfinishedRuns } from './places.ts'

/** Under this identity key stands why recovery is under way; empty when it is over. */
const RECOVERY_KEY = 'recovery'
/** Empty where no run can be held: looking for one means looking at every unfinished run. */
const EVER_RECOVERED_KEY = 'ever-recovered'
/** Set while nothing in the data directory says which instance this controller was before. */
const ANY_INSTANCE_KEY = 'recovery-any-instance'
/** `no` once runs may have been launched that neither the database nor the launch log know. */
const WHOLE_KEY = 'launches-whole'
/** Places where launches may have left since the data directory is new, a JSON list of placeKey. */
const ADMITTED_KEY = 'probe-admitted'
/** For people: what keeps recovery from its end. */
const SILENCE_KEY = 'recovery-silence'

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

function wasLaunchedSince({ metadata }: Run, { proofs, launches = 0 }: SinceDatabase): boolean {
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
 * held, but no launch leaves to a place before it has answered (RecoveryPart.beforeLaunch).
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
export function heldRuns(store: Store): readonly Run[] {
  if (!store.identity.get(EVER_RECOVERED_KEY)) return []
  const noted = store.upkeep.unfinishedRunsNoting(WIRE.annotationHeld)
  return unfinishedRuns(store, noted).filter(({ metadata }) => heldReason(metadata) !== undefined)
}

/** Nobody knows whether this controller has run before; see beginProbe. */
export function isProbing(store: Store): boolean {
  return store.identity.get(RECOVERY_KEY) === PROBE_REASON
}

/** Tasks of every instance of this name may be ours. */
export function isAnyInstanceOurs(store: Store): boolean {
  return store.identity.get(ANY_INSTANCE_KEY) === 'yes'
}

/** Where launches may have left although nobody knows yet whether this controller has run before. */
export function admittedPlaces(store: Store): ReadonlySet<string> {
  const text = store.identity.get(ADMITTED_KEY)
  return new Set(text ? (JSON.parse(text) as readonly string[]) : [])
}

/** In a transaction that is on disk before the first launch leaves. */
export function admitPlaces(store: Store, keys: Iterable<string>): void {
  const all = new Set([...admittedPlaces(store), ...keys])
  store.identity.set(ADMITTED_KEY, JSON.stringify([...all]))
}

/** What keeps recovery from its end; empty while nothing does. */
export function recoverySilence(store: Store): string {
  return store.identity.get(SILENCE_KEY) ?? ''
}

export function noteSilence(store: Store, text: string): void {
  if (recoverySilence(store) === text) return
  store.transaction(() => store.identity.set(SILENCE_KEY, text))
}

/**
 * ECS knows more than the database: from here on this is a recovery like any other. A run is held unless one of
 * its launches has left, or may have.
 */
export function turnIntoRecovery(store: Store): void {
  store.identity.set(RECOVERY_KEY, TRACES_REASON)
  store.identity.set(WHOLE_KEY, 'no')
  const admitted = admittedPlaces(store)
  for (const run of unfinishedRuns(store)) {
    const { uid, annotations = {} } = run.metadata
    const isFromFolder = annotations[WIRE.annotationContentHash] !== undefined
    const rows = store.attempts.ofRun(uid)
    if (!isFromFolder || rows.some((row) => mayHaveLeft(row, admitted))) continue
    store.attempts.deleteOfRun(uid)
    hold(store, run, TRACES_REASON)
  }
}

/** Whether the launch of an attempt may have reached ECS since the data directory is new. */
export function mayHaveLeft(
  { phase, account, cluster }: AttemptRow,
  admitted: ReadonlySet<string>,
): boolean {
  return phase !== 'Intent' || admitted.has(placeKey(account, cluster))
}

/** Every place has answered, or was passed over: what is proven goes on. */
export function endRecovery(
  store: Store,
  proofs: LaunchProofs | undefined,
  seenAlive: ReadonlySet<string>,
): void {
  // The log of a directory that is new says nothing of what was launched before it.
  const proven = isLaunchHistoryWhole(store) && proofs?.whole === true ? proofs : undefined
  for (const run of heldRuns(store)) {
    const { uid } = run.metadata
    const hasRows = store.attempts.ofRun(uid).length > 0
    const neverLaunched = proven !== undefined && !hasRows && !proven.launched.has(uid)
    if (seenAlive.has(uid) || neverLaunched) release(store, run)
  }
  const isHeld = heldRuns(store).length > 0
  if (isHeld) store.identity.set(WHOLE_KEY, 'no')
  else store.identity.set(EVER_RECOVERED_KEY, '')
  for (const key of [RECOVERY_KEY, ANY_INSTANCE_KEY, ADMITTED_KEY, SILENCE_KEY]) {
    store.identity.set(key, '')
  }
}

/** An approval is of what was known then: it lets nothing pass that is held from now on. */
function hold(store: Store, run: Run, reason: string): void {
  annotate(store, run, {
    [WIRE.annotationHeld]: reason,
    [WIRE.annotationApproved]: undefined,
  })
}

function release(store: Store, run: Run): void {
  annotate(store, run, { [WIRE.annotationHeld]: undefined })
}

function annotate(
  store: Store,
  run: Run,
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
