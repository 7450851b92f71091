import type { Deployment, DeploymentStatus } from '../../kinds/deployment.ts'
import type { Schedule } from '../../kinds/generated.ts'
import type { ObjectKey } from '../../kinds/meta.ts'
import type { RunState } from '../../kinds/run.ts'
import type { Recurrence } from '../../lib/schedule/recurrence.ts'
import type { Outcome } from '../../runtime/outcome.ts'
import type { EventInput, HistoryRow, NewObject } from '../../store/types.ts'

/** A run of the deployment, as far as the deployment looks at it. */
export interface DeploymentRun {
  readonly key: ObjectKey
  readonly stateType: RunState['type'] | undefined
  /** Made for the deployment rather than by hand: history limits count it. */
  readonly isOwned: boolean
  readonly isDeleting: boolean
  readonly createdAt: string
  readonly completedAt: string | undefined
  /** Of its newest attempt. */
  readonly taskDefinitionArn: string | undefined
}

export type ReadSchedule =
  | { readonly type: 'Valid'; readonly recurrence: Recurrence }
  | { readonly type: 'Invalid'; readonly problem: string }

/** Everything that a decision about one deployment may look at. */
export interface DeploymentWorld {
  readonly deployment: Deployment
  readonly runs: readonly DeploymentRun[]
  /** The revision that its next run will use, where that is known and registered. */
  readonly registeredAhead: string | undefined
  /** Newest end first; as many as the failure count needs. */
  readonly ended: readonly HistoryRow[]
  /** Pure and memoised. */
  readonly read: (schedule: Schedule) => ReadSchedule
  /** Whether a run with this uid was ever made. Pure lookup. */
  readonly isMade: (uid: string) => boolean
  /** Whether a run with this name is there. Pure lookup. */
  readonly isTaken: (name: string) => boolean
}

/** What to do about one deployment now, all in one transaction. */
export interface DeploymentPlan {
  readonly create: readonly NewObject[]
  readonly remove: readonly ObjectKey[]
  /** Set spec.suspend: too many failures. */
  readonly suspend: boolean
  readonly status: DeploymentStatus
  readonly events: readonly EventInput[]
  readonly outcome: Outcome
}
