import type { TaskSnapshot } from '../aws/ports.ts'
import {
  type EventLabels,
  HEARTBEAT_EVENT,
  LABEL,
  type NewEventRecord,
  RESOURCE_PREFIX,
  resourceId,
} from '../kinds/event.ts'
import type { RunState } from '../kinds/run.ts'
import type { JsonObject } from '../lib/json.ts'
import type { AttemptRow } from '../store/types.ts'
import { type RunSubject, runLabels } from './run-subject.ts'

/** What the log keeps of runs, attempts and tasks. Pure: one function for each kind of event. */

/** Prefect's own limit on this label. */
const MESSAGE_LIMIT = 100_000

export interface Transition {
  readonly from: RunState | undefined
  readonly to: RunState
  /** Attempts so far. */
  readonly runCount: number
}

/** `capstan.run.<state name>`, with the labels and the payload of Prefect's flow run events. */
export function stateRecord(
  subject: RunSubject,
  { from, to, runCount }: Transition,
  nowMs: number,
): NewEventRecord {
  return {
    ...ofRun(subject, nowMs),
    event: `${RESOURCE_PREFIX.run}${to.name}`,
    resource: {
      ...runResource(subject),
      'capstan.run-count': String(runCount),
      'capstan.state-message': (to.message ?? '').slice(0, MESSAGE_LIMIT),
      'capstan.state-name': to.name,
      'capstan.state-timestamp': to.timestamp,
      'capstan.state-type': to.type,
    },
    related: subject.related,
    payload: {
      intended: { from: from?.type ?? null, to: to.type },
      initial_state: from ? stateJson(from) : null,
      validated_state: stateJson(to),
    },
  }
}

function stateJson({ type, name, message }: RunState): JsonObject {
  return { type, name, ...(message !== undefined && { message }) }
}

/** A sign of life that did not come as an event of its own. */
export function heartbeatRecord(
  subject: RunSubject,
  payload: JsonObject,
  nowMs: number,
): NewEventRecord {
  return {
    ...ofRun(subject, nowMs),
    event: HEARTBEAT_EVENT,
    resource: runResource(subject),
    related: subject.related,
    payload,
  }
}

/** What became of an attempt: `capstan.attempt.launched`. */
export type AttemptNews = 'launched' | 'refused' | 'lost' | 'ended'

export function attemptRecord(
  subject: RunSubject,
  news: AttemptNews,
  attempt: AttemptRow,
  nowMs: number,
): NewEventRecord {
  const { clientToken, number, runName } = attempt
  return {
    ...ofRun(subject, nowMs),
    event: `${RESOURCE_PREFIX.attempt}${news}`,
    resource: {
      [LABEL.id]: resourceId('attempt', clientToken),
      [LABEL.name]: `${runName}, attempt ${number}`,
    },
    related: [runLabels(subject), ...subject.related],
    payload: attemptJson(attempt),
  }
}

function attemptJson(attempt: AttemptRow): JsonObject {
  const { index, number, outcomeClass, outcomeMessage, exitCode, stopCause } = attempt
  return {
    index,
    attempt: number,
    try: attempt.try,
    cluster: attempt.cluster,
    taskDefinitionArn: attempt.taskDefinitionArn,
    ...(attempt.taskArn !== undefined && { taskArn: attempt.taskArn }),
    ...(outcomeClass !== undefined && { class: outcomeClass }),
    ...(outcomeMessage !== undefined && { message: outcomeMessage }),
    ...(exitCode !== undefined && { exitCode }),
    ...(stopCause !== undefined && { stopCause }),
  }
}

/** `capstan.task.running`: what ECS says of a task has changed. Prefect's ECS observer says the same of its tasks. */
export function taskRecord(
  subject: RunSubject,
  task: TaskSnapshot,
  attempt: AttemptRow,
  nowMs: number,
): NewEventRecord {
  const { lastStatus, stopCode, stoppedReason } = task
  return {
    ...ofRun(subject, nowMs),
    event: `${RESOURCE_PREFIX.task}${lastStatus.toLowerCase()}`,
    resource: taskResource(task.taskArn, attempt),
    related: [runLabels(subject), ...subject.related],
    payload: {
      lastStatus,
      attempt: attempt.number,
      ...(attempt.index > 0 && { index: attempt.index }),
      ...(stopCode !== undefined && { stopCode }),
      ...(stoppedReason !== undefined && { stoppedReason }),
    },
  }
}

/** `capstan.ecs.RunTask`, `capstan.ecs.StopTask`: what Capstan did to a task of a run, after ECS has said so. */
export function taskCallRecord(
  subject: RunSubject,
  call: {
    readonly operation: 'RunTask' | 'StopTask'
    readonly taskArn: string
    readonly attempt: AttemptRow
  },
  nowMs: number,
): NewEventRecord {
  const { operation, taskArn, attempt } = call
  const { stopCause } = attempt
  return {
    ...ofRun(subject, nowMs),
    event: `capstan.ecs.${operation}`,
    resource: taskResource(taskArn, attempt),
    related: [runLabels(subject), ...subject.related],
    payload: {
      attempt: attempt.number,
      try: attempt.try,
      ...(attempt.index > 0 && { index: attempt.index }),
      ...(operation === 'StopTask' && stopCause !== undefined && { cause: stopCause }),
    },
  }
}

function taskResource(taskArn: string, { cluster, taskDefinitionArn }: AttemptRow): EventLabels {
  return {
    [LABEL.id]: resourceId('task', taskArn.split('/').at(-1) ?? taskArn),
    'ecs.taskArn': taskArn,
    'ecs.cluster': cluster,
    'ecs.taskDefinitionArn': taskDefinitionArn,
  }
}

function runResource({ uid, name }: RunSubject): EventLabels {
  return { [LABEL.id]: resourceId('run', uid), [LABEL.name]: name }
}

function ofRun(
  { uid, namespace }: RunSubject,
  nowMs: number,
): Pick<NewEventRecord, 'occurredAtMs' | 'receivedAtMs' | 'namespace' | 'runUid'> {
  return { occurredAtMs: nowMs, receivedAtMs: nowMs, namespace, runUid: uid }
}
