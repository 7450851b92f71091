import type { ObservedTask } from '../../aws/ports.ts'
import { classifyStop } from '../../aws/stop-reason.ts'
import { findCondition } from '../../kinds/conditions.ts'
import { wishOf } from '../../kinds/run-wish.ts'
import { awaitChange, type Outcome, requeueAfter, soonest } from '../../runtime/outcome.ts'
import type { AttemptRow, StopCause } from '../../store/types.ts'
import { type Deadlines, deadlinesOf } from './deadlines.ts'
import { isTokenSafe } from './launch-age.ts'
import { judgeLease } from './lease.ts'
import { LOOK_RETRY_MS, MISSING_GRACE_MS, STOP_RESEND_MS } from './limits.ts'
import { stoppedBy, taskOf } from './state.ts'
import type { Call, RunWorld } from './world.ts'

/** What a run with a living attempt needs next. */
export type LiveStep =
  /** The attempt is over: record `changes`, then decide what follows. */
  | { readonly type: 'Ended'; readonly changes: Partial<AttemptRow> }
  | {
      readonly type: 'Act'
      readonly call: Call
      readonly changes: Partial<AttemptRow>
      /** When to repeat the call if its effect is not seen. */
      readonly outcome: Outcome
      readonly unresponsive?: string
    }
  | {
      readonly type: 'Watch'
      readonly outcome: Outcome
      readonly lookFirst?: boolean
      /** The task is alive and silent: a sentence about it. */
      readonly unresponsive?: string
    }

/** Decides about the one row of a run that is Intent or Launched. */
export function decideLiveStep(world: RunWorld, attempt: AttemptRow, nowMs: number): LiveStep {
  if (attempt.phase === 'Intent') return decideIntent(attempt, nowMs)
  const task = taskOf(attempt)
  if (task?.lastStatus === 'STOPPED') return ended(attempt, task, nowMs)
  const goneMs = goneAtMs(attempt)
  if (nowMs >= goneMs && hasLooked(world, attempt, goneMs)) return gone(attempt, task, nowMs)
  const wish = attempt.stopCause ?? wishedStop(world)
  if (wish !== undefined) return stop(attempt, wish, nowMs)
  const struck = struckDeadline(world, attempt, task, nowMs)
  if (struck !== undefined) return judge(world, attempt, struck, nowMs)
  if (nowMs >= goneMs) return LOOK_FIRST
  return listen(world, attempt, nowMs)
}

/** No deadline has passed; what remains is whether the task gives signs of life. */
function listen(world: RunWorld, attempt: AttemptRow, nowMs: number): LiveStep {
  const task = taskOf(attempt)
  const outcome = nextDeadline(world, attempt, task, nowMs)
  const signs = world.heartbeat.signs(attempt)
  const lease = judgeLease({ attempt, task, signs })
  switch (lease.type) {
    case 'NoLease':
      return { type: 'Watch', outcome }
    case 'Kept': {
      const judgeAgain = soonest(outcome, requeueAfter(lease.dueInMs))
      return {
        type: 'Watch',
        outcome: judgeAgain,
        ...(!signs?.isHeard && stillUnresponsive(world)),
      }
    }
    case 'LookFirst':
      return LOOK_FIRST
    case 'Broken': {
      const unresponsive = lease.message
      if (lease.onMissed === 'Notify') return { type: 'Watch', outcome, unresponsive }
      return { ...stop(attempt, 'HeartbeatLost', nowMs), unresponsive }
    }
  }
}

/**
 * An intent may or may not have become a task. While its token is certainly alive the same body goes
 * out again: ECS answers with the task that exists, or makes it. Later it is only looked for, because
 * a token that died would launch a second task. A cancelled intent is sent too: only the answer
 * proves what there is to stop.
 */
function decideIntent(attempt: AttemptRow, nowMs: number): LiveStep {
  const type = isTokenSafe(attempt, nowMs) ? 'RunTask' : 'SettleIntent'
  const sent = { sentAtMs: nowMs, sends: attempt.sends + 1 }
  const changes = type === 'RunTask' ? sent : {}
  return { type: 'Act', call: { type, attempt }, changes, outcome: awaitChange() }
}

function ended(attempt: AttemptRow, task: ObservedTask, nowMs: number): LiveStep {
  const verdict = classifyStop(task, {
    containerName: attempt.containerName,
    ...(attempt.stopCause !== undefined && { stoppedByUs: stoppedBy(attempt.stopCause) }),
  })
  return {
    type: 'Ended',
    changes: {
      phase: 'Stopped',
      outcomeClass: verdict.class,
      outcomeMessage: verdict.message,
      endedAtMs: task.stoppedAtMs ?? nowMs,
      ...(verdict.exitCode !== undefined && { exitCode: verdict.exitCode }),
    },
  }
}

/**
 * MISSING soon after launch means "not visible yet"; only when it lasts is the task beyond ECS's memory.
 * The instant from which on a look that finds nothing is believed; Infinity for a task that was seen last.
 */
function goneAtMs({ missingSinceMs }: AttemptRow): number {
  return missingSinceMs === undefined ? Number.POSITIVE_INFINITY : missingSinceMs + MISSING_GRACE_MS
}

/**
 * Nothing is judged by what was true long ago: the controller may have been away while the task started,
 * ended, or came into sight. Only a look at ECS after the deadline counts.
 */
function hasLooked(world: RunWorld, attempt: AttemptRow, sinceMs: number): boolean {
  const lookedAtMs = world.lookedAtMs(attempt)
  return lookedAtMs !== undefined && lookedAtMs >= sinceMs
}

const LOOK_FIRST: LiveStep = {
  type: 'Watch',
  lookFirst: true,
  outcome: requeueAfter(LOOK_RETRY_MS),
}

function gone(attempt: AttemptRow, task: ObservedTask | undefined, nowMs: number): LiveStep {
  const lastSeen = task === undefined ? 'was never seen' : `was last seen ${task.lastStatus}`
  return {
    type: 'Ended',
    changes: {
      phase: 'Lost',
      outcomeClass: attempt.stopCause === 'Cancel' ? 'Cancelled' : 'Unknown',
      outcomeMessage: `ECS does not know the task any more; it ${lastSeen}. Its exit code cannot be learned.`,
      endedAtMs: nowMs,
    },
  }
}

/** A restart is no sign of life: a task that was silent stays unresponsive until it is heard. */
function stillUnresponsive({ run }: RunWorld): { readonly unresponsive?: string } {
  const before = findCondition(run.status?.conditions, 'Unresponsive')
  return before?.status === 'True' ? { unresponsive: before.message } : {}
}

function stop(
  attempt: AttemptRow,
  cause: StopCause,
  nowMs: number,
): Extract<LiveStep, { type: 'Act' | 'Watch' }> {
  const requestedAtMs = attempt.stopRequestedAtMs
  // ECS has heard of it: StopTask again changes nothing, and may be denied, because it has taken the task's tags away.
  if (requestedAtMs !== undefined && taskOf(attempt)?.desiredStatus === 'STOPPED') {
    return { type: 'Watch', outcome: requeueAfter(STOP_RESEND_MS) }
  }
  const dueMs = requestedAtMs === undefined ? nowMs : requestedAtMs + STOP_RESEND_MS
  // A clock that stepped back must not make a stop wait for longer than the resend interval.
  if (dueMs > nowMs && dueMs - nowMs <= STOP_RESEND_MS) {
    return { type: 'Watch', outcome: requeueAfter(dueMs - nowMs) }
  }
  return {
    type: 'Act',
    call: { type: 'StopTask', attempt, cause },
    changes: { stopCause: cause, stopRequestedAtMs: nowMs },
    outcome: requeueAfter(STOP_RESEND_MS),
  }
}

/** Why people want the task to go. */
function wishedStop(world: RunWorld): StopCause | undefined {
  const { metadata, spec } = world.run
  if (metadata.deletionTimestamp !== undefined) return 'Delete'
  if (spec.cancel === true) return 'Cancel'
  if (wishOf(world.run)) return 'Automation'
  if (spec.suspend === true) return 'Suspend'
  if (world.admission.replacedBy() !== undefined) return 'Replace'
  return world.workPool.isDrained ? 'Drain' : undefined
}

interface Struck {
  readonly cause: StopCause
  readonly atMs: number
}

/** The first deadline that has passed as far as is known; the whole run's counts before the attempt's. */
function struckDeadline(
  world: RunWorld,
  attempt: AttemptRow,
  task: ObservedTask | undefined,
  nowMs: number,
): Struck | undefined {
  const times = deadlineTimes(world, attempt, task, nowMs)
  const deadlines: readonly Struck[] = [
    { cause: 'ActiveDeadline', atMs: times.activeMs },
    { cause: 'AttemptDeadline', atMs: times.attemptMs },
    { cause: 'StartTimeout', atMs: times.startMs },
  ]
  return deadlines.find(({ atMs }) => nowMs >= atMs)
}

/** A task that is out of sight may run: it is not stopped for not having started. */
function judge(world: RunWorld, attempt: AttemptRow, struck: Struck, nowMs: number): LiveStep {
  if (!hasLooked(world, attempt, struck.atMs)) return LOOK_FIRST
  if (struck.cause === 'StartTimeout' && attempt.missingSinceMs !== undefined) {
    return { type: 'Watch', outcome: requeueAfter(LOOK_RETRY_MS) }
  }
  return stop(attempt, struck.cause, nowMs)
}

/** The instants, epoch milliseconds, at which each deadline strikes; Infinity when it cannot. */
function deadlineTimes(
  world: RunWorld,
  attempt: AttemptRow,
  task: ObservedTask | undefined,
  nowMs: number,
): Deadlines {
  const resolved = world.resolve(attempt.number)
  const limits = deadlinesOf(resolved.type === 'Valid' ? resolved.template : undefined)
  const firstLaunchMs = world.attempts[0]?.createdAtMs ?? attempt.createdAtMs
  const startedAtMs = task?.startedAtMs
  // From the latest send, by our own clock: an earlier one may never have reached ECS, whose clock may differ.
  // The age of a task that this process launched is monotonic, so setting the clock meanwhile ends nothing.
  const ageMs = world.ageMs(attempt)
  const sentAtMs = attempt.sentAtMs ?? attempt.createdAtMs
  const launchedAtMs = ageMs === undefined ? sentAtMs : nowMs - ageMs
  const started = startedAtMs !== undefined || task?.lastStatus === 'RUNNING'
  return {
    activeMs: firstLaunchMs + limits.activeMs,
    attemptMs:
      startedAtMs === undefined ? Number.POSITIVE_INFINITY : startedAtMs + limits.attemptMs,
    startMs: started ? Number.POSITIVE_INFINITY : launchedAtMs + limits.startMs,
  }
}

function nextDeadline(
  world: RunWorld,
  attempt: AttemptRow,
  task: ObservedTask | undefined,
  nowMs: number,
): Outcome {
  const times = deadlineTimes(world, attempt, task, nowMs)
  const nextMs = Math.min(times.activeMs, times.attemptMs, times.startMs, goneAtMs(attempt))
  return nextMs === Number.POSITIVE_INFINITY
    ? awaitChange()
    : requeueAfter(Math.max(0, nextMs - nowMs))
}
