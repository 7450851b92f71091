import type { LeaseTerms } from '../kinds/heartbeat.ts'
import type { CapstanObject, Kind, ObjectKey, ObjectMeta } from '../kinds/meta.ts'
import type { OutcomeClass } from '../kinds/run.ts'
import type { JsonObject } from '../lib/json.ts'
import type { AutomationStore } from './automations.ts'
import type { BeatStore } from './beats.ts'
import type { DefinitionStore } from './definitions.ts'
import type { EventLog } from './event-log.ts'
import type { AttemptLogs, FollowedLogStore } from './followed-logs.ts'
import type { NamespaceMeta, NamespaceRow } from './namespace-row.ts'
import type { ListOptions, Page, PoolPages, StoredObject, UnsettledKey } from './object-list.ts'
import type { UpkeepStore } from './upkeep.ts'

/**
 * What the rest of Capstan sees of SQLite. Everything is synchronous, because it is local; nothing in
 * here reads the clock or makes ids, because both are inputs. Writes are allowed inside
 * `transaction` only.
 */
export interface Store {
  readonly objects: ObjectStore
  readonly attempts: AttemptStore
  readonly events: EventStore
  readonly eventLog: EventLog
  readonly definitions: DefinitionStore
  readonly history: HistoryStore
  readonly sources: SourceStore
  readonly identity: IdentityStore
  readonly upkeep: UpkeepStore
  readonly followedLogs: FollowedLogStore
  readonly automations: AutomationStore
  readonly beats: BeatStore
  /**
   * Runs `write` in one BEGIN IMMEDIATE transaction: all or nothing. Nested calls join the outer one.
   * Subscribers hear of the changes after the commit, once, in order; of none if nothing changed.
   */
  transaction<T>(write: () => T, sync?: 'Now' | 'Later'): T
  /** As `transaction` of each in turn (Later), in one commit: gives what gives or throws each one's result. */
  together<T>(works: readonly (() => T)[]): readonly (() => T)[]
  /** Resolves when every commit until now would survive a loss of power. */
  durable(): Promise<void>
  /** Called after each commit that changed objects or events. Returns the unsubscribe function. */
  subscribe(listener: (changes: readonly Change[]) => void): () => void
  /** The newest resourceVersion given out. */
  resourceVersion(): number
  /** Changes after a version, oldest first. Undefined, list again: the journal begins later, or never gave it out. */
  changesSince(resourceVersion: number, limit: number): readonly Change[] | undefined
  close(): void
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED'

/** One committed change of an object or a core event. */
export interface Change {
  readonly resourceVersion: number
  readonly type: ChangeType
  /** `Event` for core/v1 events, `Namespace` for namespaces. */
  readonly kind: Kind | 'Event' | 'Namespace'
  readonly namespace: string
  readonly name: string
  readonly uid: string
  /**
   * The state after the change, the last one for DELETED (whose resourceVersion is the change's own).
   * Subscribers get it with every change of a Kind; the journal keeps it for DELETED only.
   */
  readonly object?: CapstanObject
  /** The state before a MODIFIED. Subscribers get it; the journal does not keep it. */
  readonly previous?: CapstanObject
}

/** What a writer hands in; the store adds resourceVersion. */
export type NewObject = Omit<CapstanObject, 'metadata'> & {
  readonly metadata: Omit<ObjectMeta, 'resourceVersion' | 'generation'>
}

export interface ObjectStore {
  get(key: ObjectKey): CapstanObject | undefined
  getByUid(uid: string): CapstanObject | undefined
  /** Cheaper than `get` where nothing else is asked for. */
  uidOf(key: ObjectKey): string | undefined
  list(options: ListOptions): readonly CapstanObject[]
  /** The same, for readers who pass most of it on as text. */
  listStored(options: ListOptions): readonly StoredObject[]
  count(kind: Kind, namespace?: string): number
  keys(kind: Kind): readonly ObjectKey[]
  /** Objects whose first owner reference has this uid. */
  ownedKeys(ownerUid: string): readonly ObjectKey[]
  /** Runs that are not in a final state, or are being deleted, by namespace and name; all of them without a limit. */
  unfinishedRunKeys(limit?: number): readonly ObjectKey[]
  countUnfinishedRuns(): number
  /** Runs about which something may have to be decided, by namespace and name; `page` for some at a time. */
  unsettledRunKeys(page?: Page<ObjectKey>): readonly UnsettledKey[]
  isSettled(uid: string): boolean
  /**
   * Marks a Run about which nothing is left to be decided until something changes. Any later change takes the
   * mark away: of the Run, of its attempts, of the specs that its template is merged from.
   */
  settle(uid: string): void
  /** Takes the mark from all. */
  unsettle(): void
  runKeysOfDeployment(namespace: string, deployment: string): readonly ObjectKey[]
  /** Deployments that name the pool; `default` where they name none. */
  deploymentKeysOfWorkPool(namespace: string, workPool: string): readonly ObjectKey[]
  /** Runs of a pool that are not in a final state, Deployment's runs included where the pool is the Deployment's. */
  unfinishedRunKeysOfWorkPool(namespace: string, workPool: string): readonly ObjectKey[]
  /** The same as objects, in pages. */
  readonly unfinishedRunsOfWorkPool: PoolPages
  /** Runs that name the pool, or whose deployment does; `default` where neither names one. */
  runKeysOfWorkPool(namespace: string, workPool: string): readonly ObjectKey[]
  /** Throws StoreConflict('AlreadyExists'), or 'NotFound' for an unknown namespace. Generation starts at 1. */
  create(object: NewObject): CapstanObject
  /**
   * Replaces spec and the user's part of metadata; generation grows when spec changed. Status is left
   * alone. A deleted object goes when its last finalizer does. Throws StoreConflict('NotFound') when
   * absent, 'Conflict' for another uid or, with `expectedResourceVersion`, another version.
   */
  update(object: CapstanObject, expectedResourceVersion?: string): CapstanObject
  /** Writes status alone. `uid` guards against a namesake; returns undefined when the object is gone or another one. */
  setStatus(key: ObjectKey, uid: string, status: JsonObject): CapstanObject | undefined
  /**
   * Sets deletionTimestamp; removes the row at once when no finalizer holds it. Returns the object's last
   * state, undefined when there was none. Repeating it changes nothing.
   */
  markDeleted(key: ObjectKey, nowMs: number): CapstanObject | undefined
  /** Takes a finalizer off; a deleted object without finalizers goes. */
  removeFinalizer(key: ObjectKey, uid: string, finalizer: string): void
  namespaces(): readonly NamespaceRow[]
  ensureNamespace(name: string, uid: string, nowMs: number): NamespaceRow
  /** Replaces labels and annotations; writes nothing where they are the same. */
  setNamespaceMeta(name: string, meta: NamespaceMeta): NamespaceRow
  /** One with objects takes no new ones and goes with its last: deleting them is up to the caller. */
  deleteNamespace(name: string): void
}

/** Why a write was refused; the API maps it to 404 or 409. */
export type StoreConflictReason = 'AlreadyExists' | 'NotFound' | 'Conflict'

/**
 * The life of one try of one attempt (docs/adr/0003):
 *   Intent    frozen body committed; whether ECS has seen it is not known
 *   Refused   ECS answered that it launched nothing (failures[] or a definite error)
 *   Launched  a task ARN is known and the task was not seen STOPPED
 *   Stopped   the task was seen STOPPED, or is provably gone
 *   Lost      nothing can be proven any more; never re-sent
 */
export type AttemptPhase = 'Intent' | 'Refused' | 'Launched' | 'Stopped' | 'Lost'

/** One row per (run, index, number, try). At most one of a run's rows per index is Intent or Launched. */
export interface AttemptRow {
  readonly runUid: string
  readonly namespace: string
  readonly runName: string
  /** Array index; 0 for a plain run. */
  readonly index: number
  /** 1 for the first attempt. */
  readonly number: number
  /** 1 for the first try; capacity, throttles and lost Spot raise it without raising `number`. */
  readonly try: number
  readonly clientToken: string
  readonly startedBy: string
  /** AwsAccount.id. */
  readonly account: string
  /** As configured; `default` when the template names none. */
  readonly cluster: string
  /** The WorkPool whose slot the attempt holds while it lives. */
  readonly workPool: string
  /** Its queue there; absent: the default one. */
  readonly queue?: string
  /** What the task takes of the pool's quota: CPU units and MiB. */
  readonly cpuUnits?: number
  readonly memoryMib?: number
  readonly containerName: string
  readonly taskDefinitionArn: string
  /** The frozen RunTask body, JSON text: byte for byte what is sent, each time. */
  readonly body: string
  /** Where the output goes; absent: no container writes to CloudWatch Logs and nobody follows. */
  readonly logs?: AttemptLogs
  /** The signs of life that the task owes; absent: none. */
  readonly heartbeat?: LeaseTerms
  readonly phase: AttemptPhase
  /** Fencing epoch of the controller that wrote the intent. */
  readonly epoch: number
  readonly createdAtMs: number
  /** Last time that the body was sent; absent: never. */
  readonly sentAtMs?: number
  readonly sends: number
  readonly taskArn?: string
  readonly clusterArn?: string
  /** Task `version` of the newest observation; older ones are ignored. */
  readonly version?: number
  /** The newest observation (aws/ports TaskSnapshot as JSON). */
  readonly observation?: JsonObject
  readonly observedAtMs?: number
  /** When DescribeTasks first answered MISSING without a sight of the task since. */
  readonly missingSinceMs?: number
  readonly stopCause?: StopCause
  readonly stopRequestedAtMs?: number
  readonly outcomeClass?: OutcomeClass
  readonly outcomeMessage?: string
  readonly exitCode?: number
  readonly endedAtMs?: number
  /** The end of the main container's output, for an attempt that did not succeed; empty: there is none. */
  readonly lastLines?: readonly string[]
}

/** Why Capstan itself asked for the stop; decides the class of the end. */
export const STOP_CAUSES = [
  'Cancel',
  'Delete',
  'Replace',
  'StartTimeout',
  'AttemptDeadline',
  'ActiveDeadline',
  'HeartbeatLost',
  'Suspend',
  'Drain',
  'Orphan',
  'Automation',
] as const
export type StopCause = (typeof STOP_CAUSES)[number]

export interface AttemptStore {
  /** All rows of a run, ordered by index, number, try. */
  ofRun(runUid: string): readonly AttemptRow[]
  /** Rows in Intent or Launched, ordered by createdAtMs: what the observer watches. */
  live(): readonly AttemptRow[]
  /** The same of one run, by index: of all of its tasks or of one. */
  liveOfRun(
    runUid: string,
    of: { readonly index?: number | undefined; readonly limit: number },
  ): readonly AttemptRow[]
  /** Number of Intent and Launched rows of a pool. */
  countLive(namespace: string, workPool: string): number
  /** What the Intent and Launched rows of a pool take, by queue. */
  usage(namespace: string, workPool: string): readonly PoolUse[]
  byTaskArn(taskArn: string): AttemptRow | undefined
  byClientToken(clientToken: string): AttemptRow | undefined
  /** `lastStatus` of the newest observation of the attempt's task. */
  lastStatus(clientToken: string): string | undefined
  /**
   * Unique on (run, index, number, try), on clientToken, and on (run, index) among live rows: the schema
   * refuses a second launch by itself. Throws StoreConflict('AlreadyExists').
   */
  insert(row: AttemptRow): void
  /**
   * Changes the named members of the row with this token. Members given as undefined are left alone.
   * What the intent froze (identity, body, epoch) cannot be changed. Throws StoreConflict('NotFound').
   */
  update(clientToken: string, changes: Partial<AttemptRow>): void
  /**
   * Stores an observation unless a newer or equal version is there; returns whether it was new.
   * Compare-and-set on (clientToken, version): duplicates and late answers change nothing, but any
   * sight of the task takes missingSinceMs away.
   */
  observe(clientToken: string, observation: Observation): boolean
  deleteOfRun(runUid: string): void
}

/** What the living tasks of one queue take. */
export interface PoolUse {
  readonly queue: string
  readonly tasks: number
  readonly cpuUnits: number
  readonly memoryMib: number
}

export interface Observation {
  readonly taskArn: string
  readonly clusterArn: string
  readonly version: number
  readonly snapshot: JsonObject
  readonly observedAtMs: number
}

/** A core/v1 event; equal (regarding, type, reason, message) within the window count up instead of adding rows. */
export interface EventInput {
  readonly regarding: ObjectKey & { readonly uid: string }
  readonly type: 'Normal' | 'Warning'
  /** PascalCase; a reason listed in docs/kinds. */
  readonly reason: string
  readonly message: string
}

export interface EventRow extends EventInput {
  readonly name: string
  readonly uid: string
  readonly count: number
  readonly firstAtMs: number
  readonly lastAtMs: number
  readonly resourceVersion: number
}

/** Events age out without a DELETED change: watches keep what they have seen, lists show what is left. */
export interface EventStore {
  record(event: EventInput, nowMs: number): EventRow
  /** Oldest first; with a limit, the newest ones. */
  list(filter: {
    readonly namespace?: string
    readonly regardingUid?: string
    readonly regardingKind?: string
    readonly regardingName?: string
    readonly limit?: number
  }): readonly EventRow[]
  get(namespace: string, name: string): EventRow | undefined
  /** Keeps the newest `keep` rows; returns how many went. */
  prune(keep: number): number
}

/** What stays of a finished run when its object is gone; `uid` in here means: this content has run. */
export interface HistoryRow {
  readonly uid: string
  readonly namespace: string
  readonly name: string
  readonly contentHash?: string
  readonly deployment?: string
  readonly workPool?: string
  readonly stateType: string
  readonly stateName: string
  readonly message?: string
  readonly exitCode?: number
  readonly attempts: number
  readonly createdAtMs: number
  readonly startedAtMs?: number
  readonly finishedAtMs: number
}

export interface HistoryStore {
  get(uid: string): HistoryRow | undefined
  put(row: HistoryRow): void
  /** Newest end first. */
  list(filter: {
    readonly namespace?: string
    readonly name?: string
    readonly deployment?: string
    readonly limit?: number
  }): readonly HistoryRow[]
  /**
   * Forgets runs that ended before `olderThanMs`; returns how many. Runs that a folder still names are kept
   * whatever their age and content, so that content which comes back does not run again.
   */
  prune(olderThanMs: number): number
}

/** What was read of one file: parsed once per content. `objects` and `problems` are the manifest layer's JSON. */
export interface SourceFileRow {
  readonly source: string
  readonly path: string
  /** `dev:ino:size:mtimeNs:ctimeNs`. */
  readonly stat: string
  readonly hash: string
  readonly problems: readonly JsonObject[]
}

/** An object that a source owns. */
export interface SourceObjectRow extends ObjectKey {
  readonly source: string
  readonly path: string
  readonly contentHash: string
}

export interface SourceRow {
  /** Absolute root as configured. */
  readonly id: string
  readonly revision: string
  readonly appliedAtMs: number
  /** `dev:ino` of the root when first seen. */
  readonly rootIdentity: string
  /** Prunes that wait for `capstan approve`, JSON. */
  readonly held?: JsonObject
}

export interface SourceStore {
  get(id: string): SourceRow | undefined
  put(row: SourceRow): void
  list(): readonly SourceRow[]
  /** By path. */
  files(source: string, page?: Page<SourceFileRow>): readonly SourceFileRow[]
  putFile(row: SourceFileRow): void
  removeFile(source: string, path: string): void
  objects(source: string, page?: Page<SourceObjectRow>): readonly SourceObjectRow[]
  objectsOfFile(source: string, path: string): readonly SourceObjectRow[]
  countObjects(source: string): number
  owner(key: ObjectKey): SourceObjectRow | undefined
  putObject(row: SourceObjectRow): void
  removeObject(key: ObjectKey): void
}

/** Who this database is. */
export interface IdentityStore {
  /** Random, made when the database was, or taken over from the data directory whose database was lost. */
  instanceId(): string
  takeInstanceId(id: string): void
  controllerName(): string
  setControllerName(name: string): void
  /** Grows by one at every start; fences a paused predecessor. */
  epoch(): number
  raiseEpoch(): number
  get(key: string): string | undefined
  set(key: string, value: string): void
}
