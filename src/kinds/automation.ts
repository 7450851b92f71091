import type { AutomationSpec } from './generated.ts'
import type { CapstanObject, CommonStatus } from './meta.ts'

export type Automation = CapstanObject<AutomationSpec, AutomationStatus>

/** Written by controllers/automation alone. Times are RFC 3339, UTC. */
export interface AutomationStatus extends CommonStatus {
  /** Firings since it was created. */
  readonly fired?: number
  readonly lastFiredTime?: string
  /** When a trigger that had fired was satisfied after all. */
  readonly lastResolvedTime?: string
  /** What went wrong with the newest action that failed. */
  readonly lastError?: string
}
