import type { AutomationSpec } from './generated.ts'
import type { CapstanObject, CommonStatus } from './meta.ts'

export type Automation = CapstanObject<AutomationSpec, AutomationStatus>

/** Written by controllers/automation alone. Times are RFC 3339, UTC. */
export interface AutomationStatus extends CommonStatus {
  readonly lastFiredTime?: string
  readonly lastResolvedTime?: string
  /** How often it fired since it was created. */
  readonly fired?: number
  /** What the last action that failed answered. */
  readonly lastError?: string
}
