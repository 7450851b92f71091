import type { OutcomeClass } from '../kinds/run.ts'
import type { ObservedTask } from './ports.ts'
import { STOP_RULES, type StopFacts } from './stop-rules.ts'
import { parseStopReason, type StoppedByUs } from './stop-text.ts'

export interface StopContext {
  /** The container whose exit code is the run's. */
  readonly containerName: string
  /** Why Capstan stopped the task, if it did. Left out, a reason text of Capstan's own counts. */
  readonly stoppedByUs?: StoppedByUs | undefined
}

export interface StopClassification {
  readonly class: OutcomeClass
  /** Exit code of the run's container; absent when ECS gave none. */
  readonly exitCode?: number
  /** A sentence for people; holds AWS's own words where there are any. */
  readonly message: string
}

/** Why a STOPPED task ended. The first matching row of STOP_RULES decides; nothing is ever thrown. */
export function classifyStop(task: ObservedTask, context: StopContext): StopClassification {
  const facts = stopFacts(task, context)
  const rule = STOP_RULES.find((candidate) => candidate.when(facts))
  const message = rule?.message(facts) ?? 'The task ended for a reason that ECS did not tell.'
  const outcome = { class: rule?.class ?? 'Unknown', message } as const
  return facts.exitCode === undefined ? outcome : { ...outcome, exitCode: facts.exitCode }
}

/** Faults on the way to RUNNING that usually pass: retried a few times even without a retry rule. */
export function isTransientStart(outcome: OutcomeClass): boolean {
  return outcome === 'ImagePullTransient' || outcome === 'Network'
}

/** What the rules look at, taken from a task. */
export function stopFacts(task: ObservedTask, context: StopContext): StopFacts {
  const container = task.containers.find((candidate) => candidate.name === context.containerName)
  const others = task.containers.filter((candidate) => candidate !== container)
  const stoppedReason = task.stoppedReason ?? ''
  const containerReason = container?.reason ?? ''
  const otherReasons = others.map((other) => other.reason ?? '').filter((reason) => reason !== '')
  return {
    containerName: context.containerName,
    stopCode: task.stopCode,
    by: context.stoppedByUs ?? parseStopReason(stoppedReason),
    exitCode: container?.exitCode,
    stoppedReason,
    containerReason,
    reasons: [stoppedReason, containerReason, ...otherReasons].join('\n'),
    failedSidecar: others.find((other) => (other.exitCode ?? 0) !== 0),
  }
}
