import type { DeploymentSpec } from './generated.ts'
import type { CapstanObject, CommonStatus } from './meta.ts'

export type Deployment = CapstanObject<DeploymentSpec, DeploymentStatus>

/** Written by controllers/deployment alone. Times are RFC 3339, UTC. */
export interface DeploymentStatus extends CommonStatus {
  /** The next starts over all active schedules, soonest first. */
  readonly nextScheduleTimes?: readonly string[]
  /** The scheduled time of the newest run that was made for one. */
  readonly lastScheduleTime?: string
  /** When the newest run that completed ended. */
  readonly lastSuccessfulTime?: string
  /** Names of the runs that are not in a final state. */
  readonly active?: readonly string[]
  /** The definition that its newest task ran. */
  readonly taskDefinitionArn?: string
  /** Failed runs in a row, for pauseAfterFailures. */
  readonly consecutiveFailures?: number
}

export const DEPLOYMENT_CONDITIONS = ['Ready', 'Suspended', 'Stalled', 'Reconciling'] as const
export type DeploymentCondition = (typeof DEPLOYMENT_CONDITIONS)[number]
