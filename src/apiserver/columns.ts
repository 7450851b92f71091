import { isFinalState } from '../kinds/run.ts'
import { renderAge } from '../lib/age.ts'
import { parseIsoTime } from '../lib/instant.ts'
import { textAt, valueAt, type WireObject } from './wire.ts'

export type Cell = string | number | boolean | null

/** What a cell may need besides the object. */
export interface CellContext {
  readonly nowMs: number
  /** The work pool that a run of a deployment belongs to; undefined when the deployment is gone. */
  workPoolOfDeployment(namespace: string, deployment: string): string | undefined
}

/** A printer column. Those with priority 1 show with `-o wide` only. */
export interface Column {
  readonly name: string
  readonly type: 'string' | 'integer' | 'boolean' | 'date'
  readonly description: string
  readonly priority: 0 | 1
  /** JSON path of the value, for readers of the CustomResourceDefinition. */
  readonly jsonPath: string
  cell(object: WireObject, context: CellContext): Cell
}

/** On the Pod of an attempt: which ECS task it stands for. */
export const TASK_ARN_ANNOTATION = 'capstan.dev/task-arn'

const NAME_COLUMN = textColumn('Name', 'metadata.name', 'Name of the object')
export const AGE_COLUMN: Column = {
  ...dateColumn('Age', 'metadata.creationTimestamp', 'Time since the object was created'),
  cell: (object, { nowMs }) => ageSince(object.metadata.creationTimestamp, nowMs),
}

export const RUN_COLUMNS: readonly Column[] = [
  NAME_COLUMN,
  textColumn('State', 'status.state.name', 'State of the run'),
  { ...textColumn('Exit', 'status.exitCode', 'Exit code of the container'), cell: exitCell },
  { ...textColumn('Pool', 'spec.workPool', 'Work pool that the run belongs to'), cell: poolCell },
  AGE_COLUMN,
  wide({
    ...integerColumn('Attempts', 'status.attempts', 'Tasks launched so far'),
    cell: (run) => listAt(run, 'status.attempts').length,
  }),
  wide({
    ...textColumn('Task', 'status.identifier', 'Id of the latest ECS task'),
    cell: (run) => taskId(run),
  }),
  wide({
    ...textColumn('Reason', 'status.state.message', 'Why the run is in its state'),
    cell: (run) => textAt(run, 'status.whyPending') || textAt(run, 'status.state.message'),
  }),
]

export const WORK_POOL_COLUMNS: readonly Column[] = [
  NAME_COLUMN,
  integerColumn('Limit', 'spec.concurrencyLimit', 'Most runs at one time'),
  integerColumn('Active', 'status.active', 'Runs that hold a slot'),
  integerColumn('Queued', 'status.queued', 'Runs that wait for a slot'),
  AGE_COLUMN,
]

export const DEPLOYMENT_COLUMNS: readonly Column[] = [
  NAME_COLUMN,
  {
    ...textColumn('Pool', 'spec.workPool', 'Work pool of its runs'),
    cell: (deployment) => textAt(deployment, 'spec.workPool') || 'default',
  },
  {
    ...textColumn('Suspend', 'spec.suspend', 'Whether its schedules are suspended'),
    type: 'boolean',
    cell: (deployment) => valueAt(deployment, 'spec.suspend') === true,
  },
  {
    ...dateColumn('Next', 'status.nextScheduleTimes.0', 'Time until the next scheduled run'),
    cell: (deployment, { nowMs }) =>
      timeUntil(textAt(deployment, 'status.nextScheduleTimes.0'), nowMs),
  },
  AGE_COLUMN,
]

export const AUTOMATION_COLUMNS: readonly Column[] = [
  NAME_COLUMN,
  {
    ...textColumn('Enabled', 'spec.enabled', 'Whether the trigger is evaluated'),
    type: 'boolean',
    cell: (automation) => valueAt(automation, 'spec.enabled') !== false,
  },
  dateColumn('Last-Fired', 'status.lastFiredTime', 'Time since the trigger fired last'),
  AGE_COLUMN,
]

export const NAMESPACE_COLUMNS: readonly Column[] = [
  NAME_COLUMN,
  textColumn('Status', 'status.phase', 'Active, or Terminating while its contents go'),
  AGE_COLUMN,
]

export const EVENT_COLUMNS: readonly Column[] = [
  dateColumn('Last Seen', 'lastTimestamp', 'Time since it was recorded last'),
  textColumn('Type', 'type', 'Normal or Warning'),
  textColumn('Reason', 'reason', 'Short word for what happened'),
  {
    ...textColumn('Object', 'involvedObject.name', 'What it happened to'),
    cell: (event) =>
      `${textAt(event, 'involvedObject.kind').toLowerCase()}/${textAt(event, 'involvedObject.name')}`,
  },
  textColumn('Message', 'message', 'What happened'),
  wide(integerColumn('Count', 'count', 'How often it was recorded')),
  wide(textColumn('Name', 'metadata.name', 'Name of the event')),
]

export const POD_COLUMNS: readonly Column[] = [
  NAME_COLUMN,
  {
    ...textColumn('Ready', 'status.containerStatuses.0.ready', 'Containers that are ready'),
    cell: (pod) => `${valueAt(pod, 'status.containerStatuses.0.ready') === true ? 1 : 0}/1`,
  },
  { ...textColumn('Status', 'status.phase', 'What the task is doing'), cell: podStatusCell },
  integerColumn(
    'Restarts',
    'status.containerStatuses.0.restartCount',
    'Always 0: ECS starts a new task',
  ),
  AGE_COLUMN,
  wide({
    ...textColumn('Task', 'metadata.annotations', 'ARN of the ECS task'),
    cell: (pod) => pod.metadata.annotations?.[TASK_ARN_ANNOTATION] ?? '',
  }),
]

export const CRD_COLUMNS: readonly Column[] = [
  NAME_COLUMN,
  { ...AGE_COLUMN, name: 'Created At', cell: (crd) => crd.metadata.creationTimestamp },
]

function textColumn(name: string, path: string, description: string): Column {
  return {
    name,
    type: 'string',
    description,
    priority: 0,
    jsonPath: `.${path}`,
    cell: (object) => textAt(object, path),
  }
}

function integerColumn(name: string, path: string, description: string): Column {
  return {
    ...textColumn(name, path, description),
    type: 'integer',
    cell: (object) => {
      const value = valueAt(object, path)
      return typeof value === 'number' ? value : null
    },
  }
}

/** Shows the time since; the wire carries the finished text, as Kubernetes' own tables do. */
function dateColumn(name: string, path: string, description: string): Column {
  return {
    ...textColumn(name, path, description),
    type: 'date',
    cell: (object, { nowMs }) => ageSince(textAt(object, path), nowMs),
  }
}

function wide(column: Column): Column {
  return { ...column, priority: 1 }
}

function ageSince(time: string, nowMs: number): string {
  const atMs = parseIsoTime(time)
  return atMs === undefined ? '<none>' : renderAge(Math.max(0, nowMs - atMs))
}

function timeUntil(time: string, nowMs: number): string {
  const atMs = parseIsoTime(time)
  return atMs === undefined ? '<none>' : renderAge(Math.max(0, atMs - nowMs))
}

function listAt(object: WireObject, path: string): readonly unknown[] {
  const value = valueAt(object, path)
  return Array.isArray(value) ? value : []
}

/** A run that is to run again still carries its last attempt's code; only an ended run shows one. */
function exitCell(run: WireObject): Cell {
  const stateType = valueAt(run, 'status.state.type')
  const isFinal = isFinalState(STATE_WORDS.find((word) => word === stateType))
  return isFinal ? textAt(run, 'status.exitCode') : ''
}

const STATE_WORDS = ['CANCELLED', 'COMPLETED', 'FAILED', 'CRASHED'] as const

function poolCell(run: WireObject, context: CellContext): Cell {
  const own = textAt(run, 'spec.workPool')
  if (own !== '') return own
  const deployment = textAt(run, 'spec.deployment')
  if (deployment === '') return 'default'
  return context.workPoolOfDeployment(run.metadata.namespace ?? '', deployment) ?? 'default'
}

/** The last part of the task ARN. */
function taskId(run: WireObject): string {
  return textAt(run, 'status.identifier').split('/').at(-1) ?? ''
}

/** `Completed` and `Error` come from the container's own reason, as kubectl shows real pods. */
function podStatusCell(pod: WireObject): Cell {
  return (
    textAt(pod, 'status.containerStatuses.0.state.terminated.reason') ||
    textAt(pod, 'status.containerStatuses.0.state.waiting.reason') ||
    textAt(pod, 'status.phase')
  )
}
