import type { JsonObject } from '../lib/json.ts'
import type { AutomationStatus } from './automation.ts'
import type { Condition } from './conditions.ts'
import type { DeploymentStatus, ScheduleStatus } from './deployment.ts'
import type { CommonStatus, Kind } from './meta.ts'
import {
  type ArrayStatus,
  type AttemptStatus,
  type HeartbeatStatus,
  OUTCOME_CLASSES,
  type RunState,
  type RunStatus,
  STATE_TYPES,
} from './run.ts'
import type { QuotaUsed, WorkPoolStatus, WorkQueueStatus } from './workpool.ts'

/**
 * What the statuses hold, for `explain`: people look there for what `wait --for=jsonpath` can name. Nothing
 * is checked against it, since only controllers write statuses. The types see to it that no member is missing.
 */

type Members<Status> = { readonly [Name in keyof Required<Status>]: JsonObject }

const text = (description: string): JsonObject => ({ type: 'string', description })
const integer = (description: string): JsonObject => ({ type: 'integer', description })
const number = (description: string): JsonObject => ({ type: 'number', description })
const word = (words: readonly string[], description: string): JsonObject => ({
  ...text(description),
  enum: words,
})
const time = (description: string): JsonObject => ({ ...text(description), format: 'date-time' })
const texts = (description: string): JsonObject => ({
  type: 'array',
  description,
  items: { type: 'string' },
})
function object<Status>(description: string, properties: Members<Status>): JsonObject {
  return { type: 'object', description, properties }
}
const list = (description: string, items: JsonObject): JsonObject => ({
  type: 'array',
  description,
  items,
})

const COMMON: Members<CommonStatus> = {
  observedGeneration: integer('The generation of the object that this status speaks of.'),
  conditions: list(
    'What is true of the object, each with its reason.',
    object<Condition>('One thing that is true of the object, or not.', {
      type: text('What it says: Complete, Failed, Ready, Stalled and the like.'),
      status: word(['True', 'False', 'Unknown'], 'Whether it is so.'),
      reason: text('Why, in one word.'),
      message: text('Why, in a sentence.'),
      lastTransitionTime: time('When status changed last.'),
      observedGeneration: integer('The generation of the object that it speaks of.'),
    }),
  ),
}

const ATTEMPT: Members<AttemptStatus> = {
  index: integer('Of an array: which of its tasks.'),
  number: integer('Number of the attempt, from 1.'),
  clientToken: text('Token that RunTask was called with: the same token never launches twice.'),
  startedBy: text('startedBy of the task in ECS.'),
  taskArn: text('The task.'),
  clusterArn: text('The cluster that the task is in.'),
  taskDefinitionArn: text('The task definition revision that it runs.'),
  launchType: text('Launch type, or FARGATE_SPOT.'),
  launchedAt: time('When RunTask was called.'),
  startedAt: time('When the task was RUNNING.'),
  stoppedAt: time('When the task was STOPPED.'),
  stopCode: text('Why it stopped, as ECS says it.'),
  stoppedReason: text('The same as a sentence of ECS.'),
  exitCode: integer('Exit code of the container.'),
  class: word(OUTCOME_CLASSES, 'What kind of end it was: retry.rules name it.'),
  logStream: text('Its stream in CloudWatch Logs.'),
  containers: texts(
    'Names of all containers, the run’s own first; absent where it is the only one.',
  ),
  lastLines: texts('Last lines of its output.'),
}

const RUN: Members<RunStatus> = {
  ...COMMON,
  state: object<RunState>('Where the run is.', {
    type: word(STATE_TYPES, 'State type, as Prefect has it.'),
    name: text('Refines the type: AwaitingRetry is SCHEDULED, TimedOut is FAILED.'),
    message: text('Why, in a sentence.'),
    timestamp: time('When the run came into this state.'),
  }),
  attempts: list('Tasks of the run, oldest first.', object('One task of the run.', ATTEMPT)),
  identifier: text('<cluster>::<task ARN> of the latest attempt.'),
  exitCode: integer('Exit code of the container in the latest attempt.'),
  statusCode: integer('The exit code; -1 when the container gave none. Only after the end.'),
  whyPending: text('What a run that has no task yet is waiting for.'),
  array: object<ArrayStatus>('Of an array: where its tasks are.', {
    tasks: integer('Tasks of the array.'),
    active: integer('Tasks that are launched or running.'),
    succeeded: integer('Tasks that completed.'),
    failed: integer('Tasks that failed for good.'),
    waiting: integer('Tasks that are launched as soon as there is room.'),
    completedIndexes: text('Indexes that completed, in ranges: 1,3-5.'),
    failedIndexes: text('Indexes that failed, in ranges.'),
  }),
  heartbeat: object<HeartbeatStatus>('Where the run owes signs of life: what was heard.', {
    index: integer('Of an array: the living task that was silent for longest.'),
    attempt: integer('The attempt that it speaks of.'),
    frequencySeconds: integer('How often a beat is due.'),
    windowSeconds: integer('Silence for longer than this is too long.'),
    source: word(['Http', 'ContainerHealth', 'Logs'], 'What counts as a beat.'),
    onMissed: word(['Crash', 'Notify'], 'What follows from silence.'),
    lastBeatAt: time('When it was heard last; some seconds old at times.'),
    deadlineAt: time('When the task counts as silent if nothing more is heard.'),
  }),
  rerun: object<NonNullable<RunStatus['rerun']>>('The last wish to run again.', {
    text: text('Value of the annotation capstan.dev/rerun that was acted on.'),
    fromAttempt: integer('The first attempt that counts since.'),
  }),
  startTime: time('When the first task was launched.'),
  completionTime: time('When the run ended.'),
}

const DEPLOYMENT: Members<DeploymentStatus> = {
  ...COMMON,
  nextScheduleTimes: texts('The next starts over all active schedules, soonest first.'),
  lastScheduleTime: time('The scheduled time of the newest run that was made for one.'),
  lastSuccessfulTime: time('When the newest run that completed ended.'),
  active: texts('Names of the runs that are not over.'),
  taskDefinitionArn: text('The task definition revision that its next task runs.'),
  consecutiveFailures: integer('Failed runs in a row, for pauseAfterFailures.'),
  failuresCountedFrom: time('Failures before it do not count: when it was last resumed.'),
  schedules: list(
    'How far each active schedule has been dealt with.',
    object<ScheduleStatus>('One schedule.', {
      name: text('Slug, or the place in the list.'),
      definition: text('Hash of what decides its times.'),
      handledUntil: time('Times up to this one were started, or were missed for good.'),
      lastScheduleTime: time('The scheduled time of its newest run.'),
    }),
  ),
}

const WORK_POOL: Members<WorkPoolStatus> = {
  ...COMMON,
  active: integer('Tasks that are launched or running.'),
  queued: integer('Runs that wait to be launched.'),
  replicas: integer('The same as active, for the scale subresource.'),
  quotaUsed: object<QuotaUsed>('What the tasks of the pool take together.', {
    tasks: integer('Tasks.'),
    vcpu: number('vCPUs.'),
    memoryGiB: number('Memory in GiB.'),
  }),
  queues: list(
    'Each queue of the pool.',
    object<WorkQueueStatus>('One queue.', {
      name: text('Name of the queue.'),
      active: integer('Tasks that are launched or running.'),
      queued: integer('Runs that wait to be launched.'),
    }),
  ),
}

const AUTOMATION: Members<AutomationStatus> = {
  ...COMMON,
  fired: integer('Firings since it was created.'),
  lastFiredTime: time('When it fired last.'),
  lastResolvedTime: time('When a trigger that had fired was satisfied after all.'),
  lastError: text('What went wrong with the newest action that failed.'),
}

const STATUS = 'Written by the controller; ignored in a manifest.'

export const STATUS_SCHEMAS: Readonly<Record<Kind, JsonObject>> = {
  WorkPool: object(STATUS, WORK_POOL),
  Deployment: object(STATUS, DEPLOYMENT),
  Run: object(STATUS, RUN),
  Automation: object(STATUS, AUTOMATION),
}
