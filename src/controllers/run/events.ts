import { findCondition, isTrue } from '../../kinds/conditions.ts'
import { keyOf } from '../../kinds/meta.ts'
import type { OutcomeClass, RunState, RunStatus } from '../../kinds/run.ts'
import type { AttemptRow, EventInput } from '../../store/types.ts'
import { taskOf } from './state.ts'
import { CALL_FAILED, toldTrouble } from './status.ts'
import type { RunWorld } from './world.ts'

interface After {
  readonly status: RunStatus
  readonly rows: readonly AttemptRow[]
  readonly ended: OutcomeClass | undefined
  readonly warnings: readonly string[]
}

/** Events of a decision: one for the run's state where it changed, one for each attempt that ended, one for each warning. */
export function transitionEvents(world: RunWorld, after: After): readonly EventInput[] {
  const regarding = { ...keyOf(world.run), uid: world.run.metadata.uid }
  const event = (type: EventInput['type'], reason: string, message: string): EventInput => ({
    regarding,
    type,
    reason,
    message,
  })
  return [
    ...after.warnings.map((message) => event('Warning', 'TemplateWarning', message)),
    ...endedAttempts(world, after).map((row) => attemptEnded(world, row, event)),
    ...unresponsiveEvent(world, after, event),
    ...stateEvent(world, after, event),
    ...troubleEvent(world, after, event),
  ]
}

type Make = (type: EventInput['type'], reason: string, message: string) => EventInput

function endedAttempts(world: RunWorld, after: After): readonly AttemptRow[] {
  const before = new Map(world.attempts.map((row) => [row.clientToken, row.outcomeClass]))
  return after.rows.filter(
    (row) => row.outcomeClass !== undefined && before.get(row.clientToken) !== row.outcomeClass,
  )
}

function attemptEnded(world: RunWorld, row: AttemptRow, event: Make): EventInput {
  const index = world.run.spec.array === undefined ? '' : ` of index ${row.index}`
  const type = row.outcomeClass === 'Success' ? 'Normal' : 'Warning'
  const exit = row.exitCode === undefined ? '' : ` with exit code ${row.exitCode}`
  const text = `Attempt ${row.number}${index} ended${exit}: ${row.outcomeClass}. ${row.outcomeMessage ?? ''}`
  return event(type, 'AttemptEnded', text.trim())
}

/** No event when the end of the task takes the condition away: that has an event of its own. */
function unresponsiveEvent(world: RunWorld, { status }: After, event: Make): readonly EventInput[] {
  const was = isTrue(world.run.status?.conditions, 'Unresponsive')
  const now = findCondition(status.conditions, 'Unresponsive')
  if (now === undefined || was === (now.status === 'True')) return []
  if (now.status === 'True') return [event('Warning', now.reason, now.message)]
  if (now.reason !== 'HeartbeatReceived') return []
  return [event('Normal', now.reason, 'The task gives signs of life again.')]
}

/** One event for all failures in a row: the condition says what the latest of them was. */
function troubleEvent(world: RunWorld, { status }: After, event: Make): readonly EventInput[] {
  const trouble = toldTrouble(status)
  const isNews = trouble !== undefined && toldTrouble(world.run.status) === undefined
  return isNews ? [event('Warning', CALL_FAILED, trouble)] : []
}

/** Final states that are bad news. */
const BAD: readonly RunState['type'][] = ['FAILED', 'CRASHED']

function stateEvent(world: RunWorld, after: After, event: Make): readonly EventInput[] {
  const before = world.run.status?.state
  const { state } = after.status
  if (state === undefined) return []
  if (before?.type === state.type && before.name === state.name) return []
  const detail = detailOf(after)
  const message = detail ? `${state.name}: ${detail}` : `${state.name}.`
  const bad = BAD.includes(state.type)
  return [
    event(bad ? 'Warning' : 'Normal', bad ? (after.ended ?? state.name) : state.name, message),
  ]
}

function detailOf({ status, rows }: After): string {
  const task = rows.at(-1)
  const taskIs = task?.endedAtMs === undefined ? taskText(task) : ''
  return status.state?.message ?? status.whyPending ?? taskIs
}

function taskText(row: AttemptRow | undefined): string {
  if (row?.taskArn === undefined) return ''
  return `task ${row.taskArn.split('/').at(-1)} is ${taskOf(row)?.lastStatus ?? 'launched'}`
}
