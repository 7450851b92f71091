import type { TemplateSpec } from '../../kinds/generated.ts'
import { DEFAULT_TEMPLATE } from '../../kinds/merge.ts'

/** The deadlines of a run in milliseconds; Infinity where the template sets none. */
export interface Deadlines {
  /** From launch to RUNNING. */
  readonly startMs: number
  /** From RUNNING to the end of an attempt. */
  readonly attemptMs: number
  /** From the first launch to the end of the run. */
  readonly activeMs: number
}

/** Deadlines of a template. A run whose template cannot be resolved any more keeps the defaults. */
export function deadlinesOf(template: TemplateSpec | undefined): Deadlines {
  const { taskStartTimeoutSeconds } = { ...DEFAULT_TEMPLATE, ...template }
  return {
    startMs: taskStartTimeoutSeconds * 1000,
    attemptMs: toMs(template?.attemptDeadlineSeconds),
    activeMs: toMs(template?.activeDeadlineSeconds),
  }
}

function toMs(seconds: number | undefined): number {
  return seconds === undefined ? Number.POSITIVE_INFINITY : seconds * 1000
}
