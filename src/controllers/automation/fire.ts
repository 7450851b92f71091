import { isAutomationNews } from '../../kinds/event.ts'
import type { Action } from '../../kinds/generated.ts'
import type { JsonObject } from '../../lib/json.ts'
import { uuidV5 } from '../../lib/names.ts'
import type { TriggerSourceRow } from '../../store/automations.ts'
import type { EventInput, Store } from '../../store/types.ts'
import type { Firing } from './bucket.ts'
import { contextOf, endOfChain, type FiringContext } from './context.ts'
import { MAX_CHAIN, MAX_FIRINGS_PER_WINDOW, MAX_QUEUED_ACTIONS, RATE_WINDOW_MS } from './limits.ts'
import { actionRecord, firingRecord } from './records.ts'
import { failed } from './result.ts'
import type { TriggerSource } from './source.ts'

/**
 * Notes a firing: counts it, tells of it, and queues its actions. Within the transaction that writes what
 * made it fire; returns the ids of the actions that are to be done now.
 */
export function fire(
  store: Store,
  source: TriggerSource,
  firing: Firing,
  nowMs: number,
): readonly number[] {
  const row = store.automations.source(source.id)
  if (!row) return []
  const rated = countRate(row, nowMs)
  if (rated.rateCount > MAX_FIRINGS_PER_WINDOW) return throttle(store, source, rated, nowMs)
  const { type, window } = firing
  const id = uuidV5('Firing', source.id, source.definition, type, window)
  const context = contextOf(store, source, { ...firing, id })
  if (isEndless(context, firing)) {
    store.automations.putSource(rated)
    const message = `Not fired: ${endOfChain(context.chain)}`
    tell(store, source, { type: 'Warning', reason: 'ChainTooLong', message }, nowMs)
    return []
  }
  const isTriggered = type === 'Triggered'
  store.automations.putSource({
    ...rated,
    ...(isTriggered ? { fired: row.fired + 1, lastFiredAtMs: nowMs } : { lastResolvedAtMs: nowMs }),
  })
  const message = sentenceOf(source, firing)
  const actions = isTriggered ? source.onTrigger : source.onResolve
  tell(store, source, { type: 'Normal', reason: type, message }, nowMs)
  store.eventLog.append([firingRecord(context, { event: firing.event, actions, message }, nowMs)])
  return queueActions(store, source, { actions, context }, nowMs)
}

function queueActions(
  store: Store,
  source: TriggerSource,
  { actions, context }: { readonly actions: readonly Action[]; readonly context: FiringContext },
  nowMs: number,
): readonly number[] {
  const room = Math.max(0, MAX_QUEUED_ACTIONS - store.automations.countQueued(source.id))
  if (actions.length > room) {
    tell(store, source, backlogWarning(source, room), nowMs)
    const result = failed(`Dropped: ${MAX_QUEUED_ACTIONS} actions wait already.`)
    const records = actions.map(({ type }, position) =>
      actionRecord(context, { type, position, result }, nowMs),
    )
    store.eventLog.append(records.slice(room))
  }
  return actions.slice(0, room).map((action, position) =>
    store.automations.queue({
      source: source.id,
      firing: context.firing,
      position,
      action: action as unknown as JsonObject,
      context: context as unknown as JsonObject,
      sends: 0,
      dueAtMs: nowMs,
    }),
  )
}

/** An event on the object that the trigger belongs to. */
export function tell(
  store: Store,
  { owner }: Pick<TriggerSource, 'owner'>,
  event: Omit<EventInput, 'regarding'>,
  nowMs: number,
): void {
  store.events.record({ regarding: owner, ...event }, nowMs)
}

function countRate(row: TriggerSourceRow, nowMs: number): TriggerSourceRow {
  const fromMs = row.rateFromMs ?? nowMs
  const isOver = nowMs - fromMs >= RATE_WINDOW_MS || nowMs < fromMs
  if (isOver) return { ...row, rateFromMs: nowMs, rateCount: 1 }
  return { ...row, rateFromMs: fromMs, rateCount: row.rateCount + 1 }
}

/** It would answer an automation at the end of a chain. Chains of runs end where a run would be changed. */
function isEndless({ chain }: FiringContext, { event }: Firing): boolean {
  return event !== undefined && isAutomationNews(event.event) && chain >= MAX_CHAIN
}

/** Told once in each window: a trigger that feeds itself would also fill the list of events. */
function throttle(
  store: Store,
  source: TriggerSource,
  row: TriggerSourceRow,
  nowMs: number,
): readonly number[] {
  const minutes = RATE_WINDOW_MS / 60_000
  const message = `More than ${MAX_FIRINGS_PER_WINDOW} firings in ${minutes} minutes: further ones are dropped until the ${minutes} minutes are over. Does its own effect trigger it again?`
  const isNews = row.rateCount === MAX_FIRINGS_PER_WINDOW + 1
  if (isNews) tell(store, source, { type: 'Warning', reason: 'Throttled', message }, nowMs)
  store.automations.putSource({
    ...row,
    ...(isNews && { lastError: message, lastErrorAtMs: nowMs }),
  })
  return []
}

function backlogWarning({ title }: TriggerSource, room: number): Omit<EventInput, 'regarding'> {
  const message = `Actions of ${title} are dropped: ${MAX_QUEUED_ACTIONS - room} wait already. Look at status.lastError.`
  return { type: 'Warning', reason: 'ActionsDropped', message }
}

function sentenceOf({ title }: TriggerSource, { type, event }: Firing): string {
  const about = event?.resource['capstan.resource.name'] ?? event?.resource['capstan.resource.id']
  const what =
    event === undefined ? '' : ` ${event.event}${about === undefined ? '' : ` of ${about}`}.`
  if (type === 'Resolved') return `Satisfied again.${what && ` By${what}`}`
  return event === undefined
    ? `Fired: what ${title} waits for did not come.`
    : `Fired.${what && ` Event:${what}`}`
}
