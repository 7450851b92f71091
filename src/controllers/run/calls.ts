import { LOCAL_CODES } from '../../aws/error-texts.ts'
import {
  AwsError,
  classifyError,
  classifyFailure,
  type ErrorClassification,
  isNotFound,
  isRequestRefused,
} from '../../aws/errors.ts'
import {
  type AwsAccount,
  DESCRIBE_TASKS_LIMIT,
  type RunTaskBody,
  type TaskSnapshot,
} from '../../aws/ports.ts'
import { assertNever } from '../../lib/assert.ts'
import type { Clock } from '../../lib/clock.ts'
import { errorMessage, RetryableError } from '../../lib/errors.ts'
import { inChunks } from '../../lib/pages.ts'
import type { ReconcileContext } from '../../runtime/controller.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import type { DefinitionRegistrar } from '../registrar.ts'
import { type AttemptNews, attemptRecord, taskCallRecord, taskRecord } from '../run-records.ts'
import { subjectOfAttempt } from '../run-subject.ts'
import { noneIfGone } from './no-cluster.ts'
import { observationOf, recordObservation } from './observation.ts'
import { stopTaskReason } from './state.ts'
import type { Call, Facts } from './world.ts'

export interface CallDeps {
  readonly store: Store
  readonly accounts: AccountBook
  readonly registrar: DefinitionRegistrar
  readonly clock: Clock
}

/** What a call needs of the reconcile that makes it. */
export type CallContext = Pick<ReconcileContext, 'signal' | 'pause'>

/** What a call has told. */
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
      return refusable(account.ecs.describeTaskDefinition(taskDefinition, signal), (found) => ({
        definitions: { [taskDefinition]: found ?? null },
      }))
    }
    case 'ReadNetwork':
      return { facts: { network: await retryable(account.network.read(call.vpcId, signal)) } }
    case 'RegisterDefinition':
      return refusable(deps.registrar.ensure(account, call, signal), () => ({}))
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

/** A call about a definition: the same request is refused again, so its refusal is a fact as its answer is. */
async function refusable<T>(
  call: Promise<T>,
  factsOf: (answer: T) => Partial<Facts>,
): Promise<Answer> {
  try {
    return { facts: factsOf(await call) }
  } catch (error) {
    if (isRequestRefused(error)) return { facts: { refusal: explain(error) } }
    throw new RetryableError(explain(error), { cause: error })
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
  // Everyone who waited for the same sync resumes in one turn.
  await pause()
  const sentMs = deps.clock.monotonicMs()
  const sent = await send(account, attempt, signal)
  if (sent.type === 'Task') return launched(deps, attempt, { ...sent, operation: 'RunTask' })
  if (sent.type === 'TooEarly') {
    // Nothing has left: neither the token's age nor the run's deadlines count from before now.
    const changes = { createdAtMs: deps.clock.nowMs() }
    deps.store.transaction(() => deps.store.attempts.update(attempt.clientToken, changes), 'Later')
    throw new RetryableError(sent.known.advice)
  }
  return refused(deps, { ...sent, account, attempt, sentMs }, signal)
}

type Sent =
  | { readonly type: 'Task'; readonly taskArn: string; readonly task: TaskSnapshot | undefined }
  | {
      readonly type: 'Refusal'
      readonly known: ErrorClassification
      /** Of this call; the last one was refused. */
      readonly requests: number
    }
  /** Neither this request nor an earlier one has left. */
  | { readonly type: 'TooEarly'; readonly known: ErrorClassification }

/** Throws RetryableError while it is not known whether a task exists. */
async function send(account: AwsAccount, attempt: AttemptRow, signal: AbortSignal): Promise<Sent> {
  try {
    const answer = await account.ecs.runTask(JSON.parse(attempt.body) as RunTaskBody, signal)
    const [task] = answer.tasks
    const [failure] = answer.failures
    if (task) return { type: 'Task', taskArn: task.taskArn, task }
    if (failure) {
      const known = classifyFailure(failure.reason, failure.detail)
      return { type: 'Refusal', known, requests: 1 }
    }
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const known = classifyError(error)
    const [existing] = error.resourceIds
    if (known.verdict === 'Conflict' && existing !== undefined) {
      return { type: 'Task', taskArn: existing, task: undefined }
    }
    if (DEFINITE.includes(known.verdict)) {
      return { type: 'Refusal', known, requests: error.requests }
    }
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
    readonly requests: number
    /** When the call began, in monotonic time. */
    readonly sentMs: number
  },
  signal: AbortSignal,
): Promise<Answer> {
  const { account, attempt, known, sentMs } = refusal
  const { store, clock } = deps
  const sends = store.attempts.byClientToken(attempt.clientToken)?.sends ?? 0
  // What is wrong with this request need not have been wrong with an earlier one: a key was taken back, a role is gone.
  const mayExist = known.verdict !== 'Terminal' || sends > 1 || refusal.requests > 1
  const onlySentMs = sends === 1 && known.verdict !== 'Conflict' ? sentMs : undefined
  const search = { account, attempt, onlySentMs }
  const existing = mayExist ? await find(deps, search, signal) : undefined
  if (existing !== undefined) return launched(deps, attempt, { taskArn: existing })
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
  const existing = await find(deps, { account, attempt, onlySentMs: undefined }, signal)
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

/** No task comes from its launch to its end in so short a time. */
const SURELY_ALIVE_MS = 5_000

interface Search {
  readonly account: AwsAccount
  readonly attempt: AttemptRow
  /** When the one call that can have made the task began, in monotonic time; undefined: there were others. */
  readonly onlySentMs: number | undefined
}

/**
 * The ARN of an attempt's task that nobody has told of. Running tasks are listed by startedBy alone; stopped ones
 * only by family, thousands at a time, so those that are no other attempt's are described and compared.
 */
async function find(
  { store, clock }: CallDeps,
  { account, attempt, onlySentMs }: Search,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { cluster, startedBy } = attempt
  const live = account.ecs.listTaskArns({ cluster, startedBy }, signal).catch(noneIfGone)
  const [running] = await retryable(live)
  if (running !== undefined) return running
  const isAlive = onlySentMs !== undefined && clock.monotonicMs() - onlySentMs < SURELY_ALIVE_MS
  if (isAlive) return undefined
  const family = familyOf(attempt.taskDefinitionArn)
  const filter = { cluster, family, desiredStatus: 'STOPPED' as const }
  const stopped = await retryable(account.ecs.listTaskArns(filter, signal).catch(noneIfGone))
  const unknown = stopped.filter((arn) => store.attempts.byTaskArn(arn) === undefined)
  for (const page of inChunks(unknown, DESCRIBE_TASKS_LIMIT)) {
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

/** Ends an attempt that has no task, and records the event. */
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

/** Asks ECS to stop a task. One that ECS no longer knows needs no stop: the observer will see that it is gone. */
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
  // The cause of the stop decides the class of the end, so it is on disk first.
  await deps.store.durable()
  await pause()
  try {
    const task = await account.ecs.stopTask(request, signal)
    if (!task) return {}
    return launched(deps, attempt, { taskArn: attempt.taskArn, task, operation: 'StopTask' })
  } catch (error) {
    if (isNotFound(error)) return {}
    throw new RetryableError(explain(error), { cause: error })
  }
}

/** Any failure of a read or of a registration is retried with backoff: its cause may be gone by then. */
async function retryable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call
  } catch (error) {
    throw new RetryableError(explain(error), { cause: error })
  }
}

function explain(error: unknown): string {
  if (error instanceof AwsError) return classifyError(error).advice
  return errorMessage(error)
}
