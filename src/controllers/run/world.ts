import type { NetworkFacts, TaskDefinitionSnapshot } from '../../aws/ports.ts'
import type { TemplateSpec } from '../../kinds/generated.ts'
import type { Run, RunStatus } from '../../kinds/run.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import type { DefinitionRow } from '../../store/definitions.ts'
import type { AttemptRow, EventInput, HistoryRow, StopCause } from '../../store/types.ts'
import type { ClosedWindow } from '../launch-windows.ts'
import type { Signs } from '../leases.ts'
import type { Turn } from '../line.ts'
import { isLive } from '../live-attempt.ts'
import type { WantedDefinition } from '../registration.ts'

/** The template of one attempt after merging and rendering, or what is wrong with it. */
export type Resolved =
  | {
      readonly type: 'Valid'
      readonly template: TemplateSpec
      readonly warnings: readonly string[]
    }
  | { readonly type: 'Invalid'; readonly problems: readonly string[] }
  /** Something that the run names does not exist yet. */
  | { readonly type: 'Missing'; readonly what: string }

/** Everything that a decision about one run may look at. Values only: no clock, no store, no calls. */
export interface RunWorld {
  readonly run: Run
  /** Pure and memoised: the template of attempt `number`. */
  readonly resolve: (number: number) => Resolved
  readonly workPool: {
    readonly name: string
    /** A sentence when it launches nothing. */
    readonly suspended: string | undefined
    /** What runs is stopped, to go on when the pool launches again. */
    readonly isDrained: boolean
    /** The run's queue there. */
    readonly queue: string
  }
  readonly deployment: string | undefined
  /** Rows of this run, ordered by index, number, try. */
  readonly attempts: readonly AttemptRow[]
  readonly account: { readonly id: string; readonly region: string }
  readonly facts: Facts
  /** What the run fails at again and again, as a sentence. */
  readonly trouble?: string | undefined
  /** When this process last asked ECS about the task of an attempt; undefined: not yet. Epoch milliseconds. */
  readonly lookedAtMs: (attempt: AttemptRow) => number | undefined
  /**
   * Milliseconds since the task of an attempt was launched, by a clock that nobody sets; undefined: an earlier
   * process launched it.
   */
  readonly ageMs: (attempt: AttemptRow) => number | undefined
  readonly heartbeat: HeartbeatFacts
  /** What another reconcile has read of a VPC lately, or of the default VPC. Pure lookup. */
  readonly network: (vpcId: string | undefined) => NetworkFacts | undefined
  /** Registered revision with this canonical hash, if the registry knows one. Pure lookup. */
  readonly definition: (family: string, hash: string) => DefinitionRow | undefined
  readonly admission: Admission
  readonly controller: { readonly name: string; readonly epoch: number; readonly instance: string }
}

/** What tasks are told about their heartbeats, and what was heard of them. Pure lookups. */
export interface HeartbeatFacts {
  /** Where tasks that are launched now can beat; undefined: nowhere. */
  readonly url: string | undefined
  /** The run's own token, which opens the heartbeat intake and nothing else. */
  readonly token: () => string
  /** Undefined while silence says nothing. */
  readonly signs: (attempt: AttemptRow) => Signs | undefined
}

/** What other objects have to say about a launch. Pure lookups, made when they are asked. */
export interface Admission {
  /** What other runs do matters to none of the answers but `turn`. */
  readonly isIndependent: boolean
  readonly dependencies: () => Dependencies
  /** The pool's windows. */
  readonly closed: (nowMs: number) => ClosedWindow | undefined
  /** Names of newer runs that have this one's place; undefined while it may stay. */
  readonly replacedBy: () => string | undefined
  /** By the limits of the pool, the queue and the deployment. */
  readonly turn: (nowMs: number) => Turn
}

/** How far the runs are that a run depends on. */
export type Dependencies =
  | { readonly type: 'Met' }
  | {
      readonly type: 'Waits'
      readonly why: string
      readonly stalled?: { readonly reason: string; readonly message: string }
    }
  /** One of them ended in a way that the run does not accept. */
  | { readonly type: 'Broken'; readonly why: string }

/** What was read from AWS during this reconcile; grows by one answer per step. */
export interface Facts {
  /** By the name or ARN that was asked for; null: ECS does not know it. */
  readonly definitions: Readonly<Record<string, TaskDefinitionSnapshot | null>>
  readonly network: NetworkFacts | undefined
  /** Why ECS does not take what was to be registered, or the name of what was to be read. */
  readonly refusal?: string | undefined
}

export const NO_FACTS: Facts = { definitions: {}, network: undefined }

/** A change of the database that belongs to the same transaction as the status. */
export type Write =
  | { readonly type: 'InsertAttempt'; readonly row: AttemptRow }
  | {
      readonly type: 'UpdateAttempt'
      readonly clientToken: string
      readonly changes: Partial<AttemptRow>
    }
  | { readonly type: 'PutHistory'; readonly row: HistoryRow }
  | { readonly type: 'DeleteObject' }
  | { readonly type: 'ReleaseObject' }

/** One call to AWS. It is made after the plan's writes are committed; its answer is the next world's. */
export type Call =
  | { readonly type: 'DescribeDefinition'; readonly taskDefinition: string }
  | { readonly type: 'ReadNetwork'; readonly vpcId: string | undefined }
  | ({ readonly type: 'RegisterDefinition' } & WantedDefinition)
  | { readonly type: 'RunTask'; readonly attempt: AttemptRow }
  /** Find out by listing whether an intent that is too old to be sent again ever became a task. */
  | { readonly type: 'SettleIntent'; readonly attempt: AttemptRow }
  | { readonly type: 'StopTask'; readonly attempt: AttemptRow; readonly cause: StopCause }

/** What to do about one run now: commit `writes`, `status` and `events` in one transaction, then `call`. */
export interface RunPlan {
  readonly writes: readonly Write[]
  readonly status: RunStatus
  readonly events: readonly EventInput[]
  readonly call: Call | undefined
  /** Calls that are made together with it: each for another index of an array. */
  readonly more?: readonly Call[]
  /** The task must be looked at before anything is decided about it: what is known of it is too old. */
  readonly lookFirst?: boolean
  /**
   * Nothing is left to be done until the run changes, or an attempt of it, or the spec of what its template is
   * merged from: it is over, or a switch of one of these keeps it from launching.
   */
  readonly settled?: boolean
  /** When to look again if there is no call. */
  readonly outcome: Outcome
}

/** The first live attempt; the only one of a plain run. */
export function liveAttempt(attempts: readonly AttemptRow[]): AttemptRow | undefined {
  return attempts.find(isLive)
}

/** At most one per index. */
export function liveAttempts(attempts: readonly AttemptRow[]): readonly AttemptRow[] {
  return attempts.filter(isLive)
}
