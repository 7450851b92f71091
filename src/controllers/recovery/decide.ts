import type { TaskSnapshot } from '../../aws/ports.ts'
import { WIRE } from '../../kinds/meta.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { AttemptLogs } from '../../store/followed-logs.ts'
import type { AttemptRow } from '../../store/types.ts'
import { clientTokenOf, startedByOf, type TryKey } from '../attempt-identity.ts'

/** Who the database says it is, and what stands beside it. */
export interface Evidence {
  readonly database: {
    readonly instanceId: string
    /** Before this start raised it; 0 for a database that was never used. */
    readonly epoch: number
    /** Launches that it has counted. */
    readonly launches: number
  }
  /** What the identity file of the data directory says; undefined: there is none. */
  readonly file: { readonly instanceId: string; readonly epoch: number } | undefined
  /** What the last line of the launch log says; undefined: there is none, or it cannot be read. */
  readonly log: { readonly instanceId: string; readonly sequence: number } | undefined
  /** Whether ECS may hold tasks from before the data directory was made. */
  readonly mayHaveRun: boolean
}

export type Verdict =
  /** The database holds all that was done. */
  | { readonly type: 'Trust' }
  /** What was done since is to be found out first. */
  | { readonly type: 'Recover'; readonly reason: string }
  /** Nothing is known, and probably nothing was done: it is to be found out whether. */
  | { readonly type: 'Probe' }
  /** Only a person can tell which of the two is right. */
  | { readonly type: 'Refuse'; readonly why: string }

interface Case extends Evidence {
  readonly isNew: boolean
  /** Whose data directory it is, as far as what stands beside the database says. */
  readonly owner: string | undefined
  /** Launches that the log has and the database has not. */
  readonly missing: number
}

/** First match wins. */
const RULES: readonly {
  readonly matches: (evidence: Case) => boolean
  readonly verdict: (evidence: Case) => Verdict
  readonly because: string
}[] = [
  {
    matches: ({ isNew, owner }) => isNew && owner !== undefined,
    verdict: () =>
      recover(
        'the database of this data directory was lost: it is new, and what stands beside it is not',
      ),
    because: 'nothing but a loss makes a new database in a used directory',
  },
  {
    matches: ({ isNew, mayHaveRun }) => isNew && mayHaveRun,
    verdict: () => ({ type: 'Probe' }),
    because: 'the whole directory may have been lost; ECS still knows for a while',
  },
  {
    matches: ({ isNew, owner }) => isNew || owner === undefined,
    verdict: () => ({ type: 'Trust' }),
    because: 'a first start, or the first one that keeps an identity file',
  },
  {
    matches: ({ database, owner }) => owner !== database.instanceId,
    verdict: ({ database, owner }) => ({
      type: 'Refuse',
      why: `it belongs to another controller (instance ${database.instanceId}; this data directory is that of instance ${owner})`,
    }),
    because: 'the tasks of its runs may have an owner who lives; two would stop and repeat them',
  },
  {
    matches: ({ database, file }) => database.epoch < (file?.epoch ?? 0),
    verdict: ({ database, file }) =>
      recover(
        `the database is an older copy: it was last used at start ${database.epoch}, the data directory at start ${file?.epoch}`,
      ),
    because: 'every start counts in both',
  },
  {
    matches: ({ missing }) => missing > 0,
    verdict: ({ missing }) =>
      recover(
        `the database is an older copy, or lost its newest commits: ${missing} launches of the launch log are not in it`,
      ),
    because: 'a launch is committed before its line is written, and sent after',
  },
]

function recover(reason: string): Verdict {
  return { type: 'Recover', reason }
}

/** Whether the database holds what was done, by what stands beside it. */
export function judgeDatabase(evidence: Evidence): Verdict {
  const { database, file, log } = evidence
  const owner = file?.instanceId ?? log?.instanceId
  const missing = log?.instanceId === database.instanceId ? log.sequence - database.launches : 0
  const isNew = database.epoch === 0
  const known = { ...evidence, isNew, owner, missing }
  return RULES.find(({ matches }) => matches(known))?.verdict(known) ?? { type: 'Trust' }
}

/** Tries that are compared with a task's startedBy: more than a run has ever had refused in a row by far. */
const MAX_TRIES = 200

/** Hashes that are made for one task, half a second: an array of 10,000 is searched up to its 20th try. */
const MAX_CANDIDATES = 200_000

/**
 * The row of a task that ECS still knows, made from nothing but its tags and startedBy. Undefined when
 * it cannot be proven to be what its tags say: startedBy is a hash of the run's uid, the attempt and the
 * try, so nobody writes a right one by accident.
 */
export function adoptedRow(
  task: TaskSnapshot,
  run: {
    readonly uid: string
    readonly namespace: string
    readonly name: string
    /** Number of tasks of an array; absent for a plain run. */
    readonly array?: number | undefined
  },
  context: {
    readonly account: string
    readonly cluster: string
    readonly workPool: string
    readonly containerName: string
    readonly logs?: AttemptLogs | undefined
    readonly epoch: number
    readonly nowMs: number
  },
): AttemptRow | undefined {
  if (task.tags[WIRE.tagRunUid] !== run.uid) return undefined
  const number = Number(task.tags[WIRE.tagAttempt])
  if (!Number.isSafeInteger(number) || number < 1) return undefined
  const key = findTry(task.startedBy, { runUid: run.uid, number, indexes: run.array ?? 1 })
  if (!key) return undefined
  return {
    ...key,
    namespace: run.namespace,
    runName: run.name,
    clientToken: clientTokenOf(key),
    startedBy: startedByOf(key),
    account: context.account,
    cluster: context.cluster,
    workPool: context.workPool,
    containerName: context.containerName,
    taskDefinitionArn: task.taskDefinitionArn,
    // Never sent again: the task exists.
    body: '{}',
    ...(context.logs && { logs: context.logs }),
    phase: 'Launched',
    epoch: context.epoch,
    createdAtMs: task.createdAtMs ?? context.nowMs,
    sends: 0,
    taskArn: task.taskArn,
    clusterArn: task.clusterArn,
    version: task.version,
    observation: task as unknown as JsonObject,
    observedAtMs: context.nowMs,
  }
}

/** First tries first: nearly all tasks are of one. */
function findTry(
  startedBy: string | undefined,
  { runUid, number, indexes }: { readonly runUid: string; number: number; indexes: number },
): TryKey | undefined {
  const tries = Math.min(MAX_TRIES, Math.ceil(MAX_CANDIDATES / indexes))
  for (let count = 1; count <= tries; count += 1) {
    for (let index = 0; index < indexes; index += 1) {
      const key: TryKey = { runUid, index, number, try: count }
      if (startedByOf(key) === startedBy) return key
    }
  }
  return undefined
}
