import { fillInText } from '../../kinds/automation-template.ts'
import type { Action } from '../../kinds/generated.ts'
import { WIRE } from '../../kinds/meta.ts'
import { isFinalState, type Run, type StateType } from '../../kinds/run.ts'
import { lifeOf, type RunWish, renderWish } from '../../kinds/run-wish.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { Act, ActionInput } from './action.ts'
import { endOfChain, renderChain } from './context.ts'
import { MAX_CHAIN } from './limits.ts'
import { objectRelated } from './records.ts'
import { type ActionResult, done, failed, skipped } from './result.ts'
import { findRun } from './target.ts'

/**
 * Actions on runs. None of them writes a status: they say what is wanted where the run's own controller
 * reads it, and that one stops the task first.
 */
export const cancelRun: Act = onRun((input, run) => {
  if (isOver(run)) return overAlready(run)
  if (run.spec.cancel === true)
    return skipped(`Run ${run.metadata.name} is being cancelled already.`)
  return change(input, run, { spec: { cancel: true }, said: 'is being cancelled' })
})

export const suspendRun: Act = onRun((input, run) => {
  if (isOver(run)) return overAlready(run)
  if (run.spec.suspend === true) return skipped(`Run ${run.metadata.name} is suspended already.`)
  return change(input, run, { spec: { suspend: true }, said: 'was suspended' })
})

export const resumeRun: Act = onRun((input, run) => {
  if (isOver(run)) return overAlready(run)
  if (run.spec.suspend !== true) return skipped(`Run ${run.metadata.name} is not suspended.`)
  return change(input, run, { spec: { suspend: false }, said: 'was resumed' })
})

export const rerun: Act = onRun((input, run) => {
  if (!isOver(run))
    return skipped(`Run ${run.metadata.name} is not over yet: it is ${stateOf(run)}.`)
  return change(input, run, {
    ...(run.spec.cancel === true && { spec: { cancel: false } }),
    annotations: { [WIRE.annotationRerun]: `${input.context.firing}/${input.position}` },
    said: 'runs again',
  })
})

/** Where each state can be reached from without force, and how. Every type of state stands here once. */
const WAYS: Readonly<Record<StateType, 'Cancel' | 'Suspend' | 'Resume' | 'End' | 'Never'>> = {
  SCHEDULED: 'Resume',
  // Only a task makes these true.
  PENDING: 'Never',
  RUNNING: 'Never',
  PAUSED: 'Suspend',
  CANCELLING: 'Cancel',
  CANCELLED: 'End',
  COMPLETED: 'End',
  FAILED: 'End',
  CRASHED: 'End',
}

export const changeRunState: Act = onRun((input, run) => {
  const { state, force = false } = input.action
  if (state === undefined) return failed('Nothing was changed: the action names no state.')
  switch (WAYS[state]) {
    case 'Never':
      return failed(
        `Nothing was changed: only a task makes a run ${state}. To run it again, use the action rerun.`,
      )
    case 'Cancel':
      return cancelRun(input)
    case 'Suspend':
      return suspendRun(input)
    case 'Resume':
      return isOver(run) && force ? rerun(input) : resumeRun(input)
    case 'End':
      return endAs(input, run, { type: state, force })
  }
})

/** Names of the final states, where the action gives none. */
const STATE_NAMES: Readonly<Partial<Record<StateType, string>>> = {
  CANCELLED: 'Cancelled',
  COMPLETED: 'Completed',
  FAILED: 'Failed',
  CRASHED: 'Crashed',
}

function endAs(
  input: ActionInput,
  run: Run,
  { type, force }: Pick<RunWish, 'type' | 'force'>,
): ActionResult {
  if (isOver(run) && !force) return overAlready(run)
  const { action, context } = input
  const name = action.name ?? STATE_NAMES[type] ?? type
  const message =
    action.message === undefined
      ? `Set by ${context.title}.`
      : fillInText(action.message, { values: context.values })
  const wish = { type, name, message, force, fromAttempt: lifeOf(run.status) }
  const annotations = { [WIRE.annotationEndAs]: renderWish(wish) }
  return change(input, run, { annotations, said: `is to end as ${type}` })
}

function isOver({ status }: Run): boolean {
  return isFinalState(status?.state?.type)
}

function overAlready(run: Run): ActionResult {
  return skipped(`Run ${run.metadata.name} is over already: it is ${stateOf(run)}.`)
}

function stateOf({ status }: Run): string {
  return status?.state?.type ?? 'SCHEDULED'
}

/** Finds the run and refuses chains of automations that have no end. */
function onRun(act: (input: ActionInput, run: Run) => ActionResult): Act {
  return (input) => {
    const target = findRun(input.store, input.action, input.context)
    if (target.type === 'None') return failed(`Nothing was changed: ${target.why}.`)
    return { ...act(input, target.object), about: [objectRelated(target.object)] }
  }
}

interface RunChange {
  readonly spec?: JsonObject
  readonly annotations?: Readonly<Record<string, string>>
  readonly said: string
}

function change(input: ActionInput, run: Run, wanted: RunChange): ActionResult {
  const { store, context, nowMs } = input
  const { name, annotations } = run.metadata
  if (context.chain >= MAX_CHAIN) return chainTooLong(input.action, context.chain)
  const metadata = {
    ...run.metadata,
    annotations: {
      ...annotations,
      ...wanted.annotations,
      [WIRE.annotationChain]: renderChain(context.chain + 1, nowMs),
    },
  }
  // JSON by its schema; only its type has no index signature.
  const spec = { ...(run.spec as unknown as JsonObject), ...wanted.spec }
  const { status: _, ...rest } = run
  store.objects.update({ ...rest, metadata, spec })
  return done(`Run ${name} ${wanted.said}.`)
}

export function chainTooLong({ type }: Action, length: number): ActionResult {
  return failed(`${type} was not done: ${endOfChain(length)}`)
}
