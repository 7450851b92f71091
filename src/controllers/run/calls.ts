import { LOCAL_CODES } from '../../aws/error-texts.ts'
import {
  AwsError,
  classifyError,
  classifyFailure,
  type ErrorClassification,
} from '../../aws/errors.ts'
import {
  type AwsAccount,
  DESCRIBE_TASKS_LIMIT,
  type RunTaskBody,
  type TaskSnapshot,
} from '../../aws/ports.ts'
import { assertNever } from '../../lib/assert.ts'
import type { Clock } from '../../lib/clock.ts'
import { RetryableError } from '../../lib/errors.ts'
import type { ReconcileContext } from '../../runtime/controller.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import type { DefinitionRegistrar } from '../registrar.ts'
import { type AttemptNews, attemptRecord, taskCallRecord, taskRecord } from '../run-records.ts'
import { subjectOfAttempt } from '../run-subject.ts'
import { observationOf, recordObservation } from './observation.ts'
import { stopTaskReason } from './state.ts'
import type { Call, Facts } from './world.ts'

export interface CallDeps {
  readonly store: Store
  readonly accounts: AccountBook
  readonly registrar: DefinitionRegistrar
  readonly clock: Clock
}

/** Of the reconcile that makes the call. */
export type CallContext = Pick<ReconcileContext, 'signal' | 'pause'>

/** What a call has brought. */
export interface Answer {
  /** About definitions and networks: for the next world. */
  readonly facts?: Partial<Facts>
  /** Stores what was learnt about a task; to be called inside a transaction, before anything else is decided. */
  readonly record?: () => void
}

/**
 * Makes one call of a plan. Throws RetryableError for everything that time may mend; a definite refusal is
 * recorded on the attempt and is no error.
 */
export async function makeCall(
  deps: CallDeps,
  account: AwsAccount,
  call: Call,
  context: CallContext,
): Promise<Answer> {
  const { signal } = context
  switch (call.type) {
    case 'DescribeDefinition': {
      const { taskDefinition } = call
      const found = await retryable(account.ecs.describeTaskDefinition(taskDefinition, signal))
      return { facts: { definitions: { [taskDefinition]: found ?? null } } }
    }
    case 'ReadNetwork':
      return { facts: { network: await retryable(account.network.read(call.vpcId, signal)) } }
    case 'RegisterDefinition':
      await retryable(deps.registrar.ensure(account, call, signal))
      return {}
    case 'RunTask':
      return runTask(deps, accountOf(deps, call.attempt), call.attempt, context)
    case 'SettleIntent':
      return settle(deps, accountOf(deps, call.attempt), call.attempt, signal)
    case 'StopTask':
      return stopTask(deps, call, context)
    default:
      return assertNever(call)
  }
}

/** An attempt belongs to the account that it was frozen for, wherever its pool points now. */
function accountOf(deps: CallDeps, attempt: AttemptRow): AwsAccount {
  const account = deps.accounts.byId(attempt.account)
  if (!account)
    throw new RetryableError(`No settings are known for AWS account ${attempt.account}.`)
  return account
}

/**
 * Sends the frozen body. Crash windows: the row is committed and on disk before the call, so a crash
 * after it finds the row in Intent and sends the same body with the same token; ECS answers with the task that
 * is there.
 */
async function runTask(
  deps: CallDeps,
  account: AwsAccount,
  attempt: AttemptRow,
  { signal, pause }: CallContext,
): Promise<Answer> {
  await deps.store.durable()
  // All who waited for the sync go on in one turn.
  await pause()
  const sent = await send(account, attempt, signal)
  if (sent.type === 'Task') return launched(deps, attempt, { ...sent, operation: 'RunTask' })
  if (sent.type === 'TooEarly') {
    // Its token has not begun to age, nor has the time that the run may take.
    const changes = { createdAtMs: deps.clock.nowMs() }
    deps.store.transaction(() => deps.store.attempts.update(attempt.clientToken, changes), 'Later')
    throw new RetryableError(sent.known.advice)
  }
  return refused(deps, { account, attempt, known: sent.known }, signal)
}

type Sent =
  | { readonly type: 'Task'; readonly taskArn: string; readonly task: TaskSnapshot | undefined }
  | { readonly type: 'Refusal'; readonly known: ErrorClassification }
  /** Neither this request nor an earlier one has left. */
  | { readonly type: 'TooEarly'; readonly known: ErrorClassification }

/** Throws RetryableError while it is not known whether a task exists. */
async function send(account: AwsAccount, attempt: AttemptRow, signal: AbortSignal): Promise<Sent> {
  try {
    const answer = await account.ecs.runTask(JSON.parse(attempt.body) as RunTaskBody, signal)
    const [task] = answer.tasks
    const [failure] = answer.failures
    if (task) return { type: 'Task', taskArn: task.taskArn, task }
    if (failure) return { type: 'Refusal', known: classifyFailure(failure.reason, failure.detail) }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const known = classifyError(error)
    const [existing] = error.resourceIds
    if (known.verdict === 'Conflict' && existing !== undefined) {
      return { type: 'Task', taskArn: existing, task: undefined }
    }
    if (DEFINITE.includes(known.verdict)) return { type: 'Refusal', known }
    if (error.code === LOCAL_CODES.tooEarly) return { type: 'TooEarly', known }
    throw new RetryableError(known.advice, { cause: error })
  }
  throw new RetryableError('RunTask answered with neither a task nor a failure.')
}

/** Verdicts that say: this call launched nothing, and sending it again is no use. */
const DEFINITE: readonly string[] = ['Terminal', 'NotFound', 'Capacity', 'QuotaVcpu', 'Conflict']

/** A reported failure is no proof that no task exists (apache/airflow#16150): look before the try counts as refused. */
async function refused(
  deps: CallDeps,
  refusal: {
    readonly account: AwsAccount
    readonly attempt: AttemptRow
    readonly known: ErrorClassification
  },
  signal: AbortSignal,
): Promise<Answer> {
  const { account, attempt, known } = refusal
  const existing = known.verdict === 'Terminal' ? undefined : await find(account, attempt, signal)
  if (existing !== undefined) return launched(deps, attempt, { taskArn: existing })
  const { store, clock } = deps
  store.transaction(() => {
    // Meanwhile the orphan sweep may have found the task that an earlier send made.
    if (store.attempts.byClientToken(attempt.clientToken)?.phase !== 'Intent') return
    const goesOn = known.verdict === 'NotFound' && forgetRevision(store, attempt)
    settleAttempt(deps, attempt, 'refused', {
      phase: 'Refused',
      ...(!goesOn && { outcomeClass: known.class }),
      outcomeMessage: known.advice,
      endedAtMs: clock.nowMs(),
    })
  })
  return {}
}

/**
 * Someone deregistered the revision. One of our own is registered again, and a try without a class is
 * nobody's failure: the attempt number stays. False when the revision is not ours, or when registering
 * again has not helped before.
 */
function forgetRevision(store: Store, attempt: AttemptRow): boolean {
  const row = store.definitions.byArn(attempt.taskDefinitionArn)
  if (!row) return false
  if (row.status === 'ACTIVE') store.definitions.put({ ...row, status: 'INACTIVE' })
  const before = store.attempts
    .ofRun(attempt.runUid)
    .filter(({ phase, outcomeClass }) => phase === 'Refused' && outcomeClass === undefined)
  return (
    before.filter((one) => one.index === attempt.index && one.number === attempt.number).length <
    MAX_REGISTRATIONS
  )
}

/** Each leaves a revision behind, and a definition that keeps vanishing is somebody's will. */
const MAX_REGISTRATIONS = 3

/** The token may be dead by now, so the body is never sent again: the task is found by its startedBy, or nothing can be said. */
async function settle(
  deps: CallDeps,
  account: AwsAccount,
  attempt: AttemptRow,
  signal: AbortSignal,
): Promise<Answer> {
  const existing = await find(account, attempt, signal)
  if (existing !== undefined) return launched(deps, attempt, { taskArn: existing })
  const { store, clock } = deps
  store.transaction(() => {
    if (store.attempts.byClientToken(attempt.clientToken)?.phase !== 'Intent') return
    settleAttempt(deps, attempt, 'lost', {
      phase: 'Lost',
      outcomeClass: 'Unknown',
      outcomeMessage:
        'Whether this launch became a task cannot be proven any more, so it is not repeated.',
      endedAtMs: clock.nowMs(),
    })
  })
  return {}
}

/** Running tasks are listed by startedBy alone; stopped ones only by family, so those are described and compared. */
async function find(
  account: AwsAccount,
  attempt: AttemptRow,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { cluster, startedBy } = attempt
  const [running] = await retryable(account.ecs.listTaskArns({ cluster, startedBy }, signal))
  if (running !== undefined) return running
  const family = familyOf(attempt.taskDefinitionArn)
  const filter = { cluster, family, desiredStatus: 'STOPPED' as const }
  const stopped = await retryable(account.ecs.listTaskArns(filter, signal))
  for (let start = 0; start < stopped.length; start += DESCRIBE_TASKS_LIMIT) {
    const page = stopped.slice(start, start + DESCRIBE_TASKS_LIMIT)
    const answer = await retryable(account.ecs.describeTasks(cluster, page, signal))
    const task = answer.tasks.find((one) => one.startedBy === startedBy)
    if (task) return task.taskArn
  }
  return undefined
}

function familyOf(taskDefinitionArn: string): string {
  const resource = taskDefinitionArn.split('/').at(-1) ?? taskDefinitionArn
  return resource.split(':')[0] ?? resource
}

/** An attempt that is over without a task, and the event of it. */
function settleAttempt(
  { store, clock }: CallDeps,
  attempt: AttemptRow,
  news: AttemptNews,
  changes: Partial<AttemptRow>,
): void {
  store.attempts.update(attempt.clientToken, changes)
  const settled = { ...attempt, ...changes }
  const subject = subjectOfAttempt(store, attempt)
  store.eventLog.append([attemptRecord(subject, news, settled, clock.nowMs())])
}

interface KnownTask {
  readonly taskArn: string
  /** A repeated token may be answered with little more than the ARN; only a whole task counts as an observation. */
  readonly task?: TaskSnapshot | undefined
  /** The call that it is the answer to; absent: the task was found by listing. */
  readonly operation?: 'RunTask' | 'StopTask'
}

function launched(deps: CallDeps, attempt: AttemptRow, known: KnownTask): Answer {
  return { record: () => recordLaunched(deps, attempt, known) }
}

function recordLaunched({ store, clock }: CallDeps, attempt: AttemptRow, known: KnownTask): void {
  const { taskArn, task, operation } = known
  const nowMs = clock.nowMs()
  const seen = task && task.version >= 1 ? { ...task, taskArn } : undefined
  const isNews = store.attempts.byClientToken(attempt.clientToken)?.phase === 'Intent'
  // Nothing was seen of an intent before: what is seen now is the newest.
  const first = isNews ? seen : undefined
  store.attempts.update(attempt.clientToken, {
    phase: 'Launched',
    taskArn,
    ...(task && { clusterArn: task.clusterArn }),
    ...(first && observationOf(first, nowMs)),
  })
  const subject = subjectOfAttempt(store, attempt)
  const launch = isNews ? [attemptRecord(subject, 'launched', { ...attempt, taskArn }, nowMs)] : []
  store.eventLog.append([
    ...(operation ? [taskCallRecord(subject, { operation, taskArn, attempt }, nowMs)] : []),
    ...launch,
    ...(first ? [taskRecord(subject, first, attempt, nowMs)] : []),
  ])
  if (seen && !first) recordObservation(store, attempt, seen, nowMs)
}

/** The task is gone from ECS's point of view already: nothing is left to stop, the observer will see it. */
async function stopTask(
  deps: CallDeps,
  call: Extract<Call, { type: 'StopTask' }>,
  { signal, pause }: CallContext,
): Promise<Answer> {
  const { cause } = call
  const attempt = { ...call.attempt, stopCause: cause }
  if (attempt.taskArn === undefined) return {}
  const account = accountOf(deps, attempt)
  const request = {
    cluster: attempt.cluster,
    taskArn: attempt.taskArn,
    reason: stopTaskReason(cause),
  }
  // Why it is stopped must be known when it has stopped.
  await deps.store.durable()
  await pause()
  try {
    const task = await account.ecs.stopTask(request, signal)
    if (!task) return {}
    return launched(deps, attempt, { taskArn: attempt.taskArn, task, operation: 'StopTask' })
  } catch (error) {
    if (error instanceof AwsError && classifyError(error).verdict === 'NotFound') return {}
    throw new RetryableError(explain(error), { cause: error })
  }
}

/** Any failure of a read or of a registration is retried with backoff, unless nothing but the user can help. */
async function retryable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw new RetryableError(explain(error), { cause: error })
  }
}

function explain(error: unknown): string {
  if (error instanceof AwsError) return classifyError(error).advice
  return error instanceof Error ? error.message : String(error)
}
