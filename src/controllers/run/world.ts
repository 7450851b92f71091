import type {
  NetworkFacts,
  RegisterTaskDefinitionBody,
  TaskDefinitionSnapshot,
} from '../../aws/ports.ts'
import type { RunSpec, TemplateSpec } from '../../kinds/generated.ts'
import type { CapstanObject } from '../../kinds/meta.ts'
import type { RunStatus } from '../../kinds/run.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import type {
  AttemptRow,
  DefinitionRow,
  EventInput,
  HistoryRow,
  StopCause,
} from '../../store/types.ts'

export type RunObject = CapstanObject<RunSpec, RunStatus>

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
  readonly run: RunObject
  /** Pure and memoised: the template of attempt `number`. */
  readonly resolve: (number: number) => Resolved
  readonly workPool: { readonly name: string; readonly suspended: string | undefined }
  readonly deployment: string | undefined
  /** Rows of this run, ordered by index, number, try. */
  readonly attempts: readonly AttemptRow[]
  readonly account: { readonly id: string; readonly region: string }
  readonly facts: Facts
  /** Registered revision with this canonical hash, if the registry knows one. Pure lookup. */
  readonly definition: (family: string, hash: string) => DefinitionRow | undefined
  /** A sentence when the run has to wait for its turn, undefined when a slot is free. */
  readonly admission: string | undefined
  readonly controller: { readonly name: string; readonly epoch: number }
}

/** What was read from AWS during this reconcile; grows by one answer per step. */
export interface Facts {
  /** By the name or ARN that was asked for; null: ECS does not know it. */
  readonly definitions: Readonly<Record<string, TaskDefinitionSnapshot | null>>
  readonly network: NetworkFacts | undefined
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
  | {
      readonly type: 'RegisterDefinition'
      readonly family: string
      readonly hash: string
      readonly body: RegisterTaskDefinitionBody
      readonly autoDeregister: boolean
      readonly matchLatest: boolean
    }
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
  /** When to look again if there is no call. */
  readonly outcome: Outcome
}

/** Rows whose task may exist and was not seen to end. At most one per index. */
export function liveAttempt(attempts: readonly AttemptRow[]): AttemptRow | undefined {
  return attempts.find((row) => row.phase === 'Intent' || row.phase === 'Launched')
}
