import type { ScheduleStatus } from '../../kinds/deployment.ts'
import type { Schedule } from '../../kinds/generated.ts'
import { scheduledName, scheduledUid, scheduleName } from '../../kinds/scheduled-run.ts'
import { isoTime, parseIsoTime } from '../../lib/instant.ts'
import { canonicalJson } from '../../lib/json.ts'
import { sha256 } from '../../lib/names.ts'
import { jitterMs, type Recurrence } from '../../lib/schedule/recurrence.ts'
import type { EventInput, NewObject } from '../../store/types.ts'
import { dueTimes, missedSentence } from './due.ts'
import { MAX_CREATES, NEXT_TIMES } from './limits.ts'
import { newScheduledRun } from './new-run.ts'
import type { DeploymentWorld } from './world.ts'

/** What all schedules of a deployment come to. */
export interface ScheduleStep {
  readonly create: readonly NewObject[]
  readonly states: readonly ScheduleStatus[]
  /** When to look again, epoch milliseconds; undefined when no time is left. */
  readonly wakeMs: number | undefined
  readonly nextMs: readonly number[]
  readonly problems: readonly string[]
  readonly notices: readonly Pick<EventInput, 'type' | 'reason' | 'message'>[]
}

interface Live {
  readonly spec: Schedule
  readonly state: ScheduleStatus
  readonly recurrence: Recurrence
  readonly jitterMs: number
}

/**
 * Starts what is due, schedule by schedule. `resumedNow` says that nothing was to be started until now:
 * times that passed meanwhile are nobody's loss.
 */
export function decideSchedules(
  world: DeploymentWorld,
  resumedNow: boolean,
  nowMs: number,
): ScheduleStep {
  const { live, problems } = readSchedules(world, resumedNow, nowMs)
  const create = new Map<string, NewObject>()
  const notices: ScheduleStep['notices'][number][] = []
  const states: ScheduleStatus[] = []
  let isFull = false
  for (const schedule of live) {
    const due = dueTimes(
      schedule.spec,
      schedule.recurrence,
      schedule.state,
      nowMs - schedule.jitterMs,
    )
    if (due.startMs.length + create.size > MAX_CREATES && create.size > 0) {
      isFull = true
      states.push(schedule.state)
      continue
    }
    if (due.missedMs !== undefined) {
      const message = missedSentence(schedule.state.name, due, schedule.spec)
      notices.push({ type: 'Warning', reason: 'MissedSchedule', message })
    }
    for (const ms of due.startMs) startOne(world, schedule, { ms, nowMs, create, notices })
    states.push(stateAfter(schedule.state, due.handledUntilMs, due.startMs.at(-1)))
  }
  const nextMs = nextStarts(live, states)
  const wakeMs = isFull ? nowMs : nextMs[0]
  return { create: [...create.values()], states, wakeMs, nextMs, problems, notices }
}

/** Two schedules with the same time make one run, and a time that was made before makes none. */
function startOne(
  { deployment, isMade, isTaken }: DeploymentWorld,
  { spec, state }: Live,
  {
    ms,
    nowMs,
    create,
    notices,
  }: {
    readonly ms: number
    readonly nowMs: number
    readonly create: Map<string, NewObject>
    readonly notices: ScheduleStep['notices'][number][]
  },
): void {
  const uid = scheduledUid(deployment.metadata.uid, ms)
  if (create.has(uid) || isMade(uid)) return
  const name = scheduledName(deployment.metadata.name, ms)
  if (isTaken(name)) {
    const message = `No run was started for ${isoTime(ms)}: another Run has its name, ${name}.`
    notices.push({ type: 'Warning', reason: 'NameTaken', message })
    return
  }
  create.set(uid, newScheduledRun(deployment, { name: state.name, spec }, ms, nowMs))
}

function readSchedules(
  { deployment, read }: DeploymentWorld,
  resumedNow: boolean,
  nowMs: number,
): { readonly live: readonly Live[]; readonly problems: readonly string[] } {
  const { metadata, spec, status } = deployment
  const known = new Map((status?.schedules ?? []).map((one) => [one.definition, one]))
  const problems: string[] = []
  const live = (spec.schedules ?? []).flatMap((schedule, index): readonly Live[] => {
    if (schedule.active === false) return []
    const name = scheduleName(schedule, index)
    const found = read(schedule)
    if (found.type === 'Invalid') {
      problems.push(`Schedule ${name}: ${found.problem}.`)
      return []
    }
    const definition = definitionOf(schedule)
    const before = resumedNow ? undefined : known.get(definition)
    // A new deployment has been there since its creation, a changed schedule since now.
    const since = status === undefined ? metadata.creationTimestamp : isoTime(nowMs)
    const state = { handledUntil: since, ...before, name, definition }
    const jitter = jitterMs(schedule.jitterSeconds ?? 0, metadata.uid)
    return [{ spec: schedule, state, recurrence: found.recurrence, jitterMs: jitter }]
  })
  return { live, problems }
}

/** What decides the times of a schedule: a change of parameters or limits alone is no new schedule. */
function definitionOf({ slug, cron, interval, rrule, timezone, anchorDate }: Schedule): string {
  const text = canonicalJson({ slug, cron, interval, rrule, timezone, anchorDate })
  return sha256(text).slice(0, 16)
}

function stateAfter(
  state: ScheduleStatus,
  handledUntilMs: number,
  lastMs: number | undefined,
): ScheduleStatus {
  const isMoved = parseIsoTime(state.handledUntil) !== handledUntilMs
  return {
    ...state,
    handledUntil: isMoved ? isoTime(handledUntilMs) : state.handledUntil,
    ...(lastMs !== undefined && { lastScheduleTime: isoTime(lastMs) }),
  }
}

/** The next starts over all schedules, jitter included, soonest first. They follow from the states, so that time alone changes nothing. */
function nextStarts(live: readonly Live[], states: readonly ScheduleStatus[]): readonly number[] {
  const all = live.flatMap(({ recurrence, jitterMs: jitter }, index) => {
    const fromMs = parseIsoTime(states[index]?.handledUntil) ?? 0
    return recurrence.between(fromMs, Number.POSITIVE_INFINITY, NEXT_TIMES).map((ms) => ms + jitter)
  })
  return [...new Set(all)].toSorted((a, b) => a - b).slice(0, NEXT_TIMES)
}
