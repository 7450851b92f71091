import type { JsonObject } from '../lib/json.ts'
import type { Tag } from './task-record.ts'

export type StrategyItem = {
  readonly capacityProvider: string
  readonly weight: number
  readonly base: number
}

/** Plain data: the journal stores it as JSON. */
export interface Cluster {
  readonly name: string
  readonly arn: string
  status: 'ACTIVE' | 'INACTIVE'
  capacityProviders: readonly string[]
  defaultStrategy: readonly StrategyItem[]
  settings: readonly JsonObject[]
  tags: readonly Tag[]
}
