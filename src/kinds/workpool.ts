import type { WorkPoolSpec } from './generated.ts'
import type { CapstanObject, CommonStatus } from './meta.ts'

export type WorkPool = CapstanObject<WorkPoolSpec, WorkPoolStatus>

/** What the pool's tasks take together. */
export interface QuotaUsed {
  readonly tasks: number
  readonly vcpu: number
  readonly memoryGiB: number
}

export interface WorkQueueStatus {
  readonly name: string
  readonly active: number
  readonly queued: number
}

/** Written by controllers/workpool alone. */
export interface WorkPoolStatus extends CommonStatus {
  /** Tasks that are launched or running. */
  readonly active?: number
  /** Runs that wait to be launched. */
  readonly queued?: number
  /** The same as `active`: what the scale subresource shows. */
  readonly replicas?: number
  readonly quotaUsed?: QuotaUsed
  readonly queues?: readonly WorkQueueStatus[]
}

/** The queue that every pool has, also where its spec names none. */
export const DEFAULT_QUEUE = 'default'
