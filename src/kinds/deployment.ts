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
  /** Failures before this time do not count: when it was last resumed. */
  readonly failuresCountedFrom?: string
  /** How far each active schedule has been dealt with. */
  readonly schedules?: readonly ScheduleStatus[]
}

/** Times up to `handledUntil` were started, were missed for good, or passed while nothing was to be started. */
export interface ScheduleStatus {
  /** Slug, or the place in the list. */
  readonly name: string
  /** Hash of what decides its times; a schedule that is changed starts afresh. */
  readonly definition: string
  readonly handledUntil: string
  /** The scheduled time of its newest run. */
  readonly lastScheduleTime?: string
}
