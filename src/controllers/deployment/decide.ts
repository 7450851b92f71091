import { isTrue, setCondition } from '../../kinds/conditions.ts'
import type { DeploymentStatus } from '../../kinds/deployment.ts'
import { keyOf } from '../../kinds/meta.ts'
import { isFinalState } from '../../kinds/run.ts'
import { defined } from '../../lib/defined.ts'
import { isoTime, parseIsoTime } from '../../lib/instant.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { EventInput } from '../../store/types.ts'
import { failuresInARow, surplusRuns } from './ended.ts'
import { MAX_ACTIVE_NAMES, MAX_REMOVALS } from './limits.ts'
import { decideSchedules, type ScheduleStep } from './schedules.ts'
import type { DeploymentPlan, DeploymentWorld } from './world.ts'

/**
 * Everything that is decided about a deployment, from values alone. Deciding again after the plan was
 * applied creates nothing: how far each schedule was dealt with is part of the status, and the status is
 * written in the transaction that creates the runs.
 */
export function decideDeployment(world: DeploymentWorld, nowMs: number): DeploymentPlan {
  const { deployment } = world
  const { spec, status, metadata } = deployment
  const isSuspended = spec.suspend === true || metadata.deletionTimestamp !== undefined
  const resumed = !isSuspended && isTrue(status?.conditions, 'Suspended')
  const countFrom = resumed ? isoTime(nowMs) : status?.failuresCountedFrom
  const failures = failuresInARow(world, parseIsoTime(countFrom))
  const pauses = !isSuspended && failures >= (spec.pauseAfterFailures ?? Number.POSITIVE_INFINITY)
  const step = isSuspended || pauses ? NOTHING_DUE : decideSchedules(world, resumed, nowMs)
  const event = eventOf(world)
  const events = step.notices.map(({ type, reason, message }) => event(type, reason, message))
  if (pauses) events.push(event('Warning', 'PausedAfterFailures', pauseSentence(world, failures)))
  events.push(...problemEvents(world, step, event))
  const remove = surplusRuns(world)
  return {
    create: step.create,
    remove,
    suspend: pauses,
    status: statusOf(world, {
      step,
      failures,
      countFrom,
      isSuspended: isSuspended || pauses,
      nowMs,
    }),
    events,
    outcome: outcomeOf(remove, step, nowMs),
  }
}

/** The removal of a finished run wakes nobody, so a deployment that removed as many as it may looks for more by itself. */
function outcomeOf(
  remove: DeploymentPlan['remove'],
  { wakeMs }: ScheduleStep,
  nowMs: number,
): Outcome {
  if (remove.length === MAX_REMOVALS) return requeueAfter(0)
  return wakeMs === undefined ? awaitChange() : requeueAfter(Math.max(0, wakeMs - nowMs))
}

const NOTHING_DUE: ScheduleStep = {
  create: [],
  states: [],
  wakeMs: undefined,
  nextMs: [],
  problems: [],
  notices: [],
}

type MakeEvent = (type: EventInput['type'], reason: string, message: string) => EventInput

function eventOf({ deployment }: DeploymentWorld): MakeEvent {
  const regarding = { ...keyOf(deployment), uid: deployment.metadata.uid }
  return (type, reason, message) => ({ regarding, type, reason, message })
}

function pauseSentence({ deployment }: DeploymentWorld, failures: number): string {
  const { name } = deployment.metadata
  return `Suspended after ${failures} failed ${failures === 1 ? 'run' : 'runs in a row'}; go on with: capstan resume deployment/${name}`
}

/** A wrong schedule is told once for each generation. */
function problemEvents(
  { deployment }: DeploymentWorld,
  { problems }: ScheduleStep,
  event: MakeEvent,
): readonly EventInput[] {
  const known = deployment.status?.observedGeneration === deployment.metadata.generation
  return known ? [] : problems.map((problem) => event('Warning', 'InvalidSchedule', problem))
}

interface StatusInput {
  readonly step: ScheduleStep
  readonly failures: number
  readonly countFrom: string | undefined
  readonly isSuspended: boolean
  readonly nowMs: number
}

function statusOf(world: DeploymentWorld, input: StatusInput): DeploymentStatus {
  const { deployment, runs, ended } = world
  const { step, failures } = input
  const before = deployment.status
  const active = runs.filter(({ stateType }) => !isFinalState(stateType)).map(({ key }) => key.name)
  const created = step.create.map(({ metadata }) => metadata.name)
  const completedMs = ended.find(({ stateType }) => stateType === 'COMPLETED')?.finishedAtMs
  const lastMs = Math.max(...step.states.map((one) => parseIsoTime(one.lastScheduleTime) ?? 0), 0)
  return defined({
    observedGeneration: deployment.metadata.generation,
    nextScheduleTimes: step.nextMs.map(isoTime),
    lastScheduleTime: lastMs === 0 ? before?.lastScheduleTime : isoTime(lastMs),
    lastSuccessfulTime:
      completedMs === undefined ? before?.lastSuccessfulTime : isoTime(completedMs),
    active: [...active, ...created].toSorted().slice(0, MAX_ACTIVE_NAMES),
    taskDefinitionArn: world.registeredAhead ?? newestUsed(runs) ?? before?.taskDefinitionArn,
    consecutiveFailures: failures,
    failuresCountedFrom: input.countFrom,
    schedules: input.isSuspended ? (before?.schedules ?? []) : step.states,
    conditions: conditions(world, input),
  })
}

function newestUsed(runs: DeploymentWorld['runs']): string | undefined {
  return runs
    .filter(({ taskDefinitionArn }) => taskDefinitionArn !== undefined)
    .toSorted((a, b) => a.createdAt.localeCompare(b.createdAt))
    .at(-1)?.taskDefinitionArn
}

function conditions(
  { deployment }: DeploymentWorld,
  { step, isSuspended, nowMs }: StatusInput,
): NonNullable<DeploymentStatus['conditions']> {
  const observedGeneration = deployment.metadata.generation
  const problem = step.problems.join(' ')
  const isWrong = problem !== ''
  const list = setCondition(
    deployment.status?.conditions ?? [],
    {
      type: 'Ready',
      status: isWrong ? 'False' : 'True',
      reason: isWrong ? 'InvalidSchedule' : 'Accepted',
      message: problem,
      observedGeneration,
    },
    nowMs,
  )
  const suspended = setCondition(
    list,
    {
      type: 'Suspended',
      status: isSuspended ? 'True' : 'False',
      reason: isSuspended ? 'Suspended' : 'Open',
      message: isSuspended ? 'No run is started by schedule or trigger.' : '',
      observedGeneration,
    },
    nowMs,
  )
  if (!isWrong && !suspended.some(({ type }) => type === 'Stalled')) return suspended
  return setCondition(
    suspended,
    {
      type: 'Stalled',
      status: isWrong ? 'True' : 'False',
      reason: isWrong ? 'InvalidSchedule' : 'Progressing',
      message: problem,
      observedGeneration,
    },
    nowMs,
  )
}
