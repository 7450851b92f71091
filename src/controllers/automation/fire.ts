import type { JsonObject } from '../../lib/json.ts'
import { uuidV5 } from '../../lib/names.ts'
import type { TriggerSourceRow } from '../../store/automations.ts'
import type { EventInput, Store } from '../../store/types.ts'
import type { Firing } from './bucket.ts'
import { contextOf } from './context.ts'
import { MAX_FIRINGS_PER_WINDOW, MAX_QUEUED_ACTIONS, RATE_WINDOW_MS } from './limits.ts'
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
  const actions = firing.type === 'Triggered' ? source.onTrigger : source.onResolve
  const { type, window } = firing
  const id = uuidV5('Firing', source.id, source.definition, type, window)
  const isTriggered = type === 'Triggered'
  store.automations.putSource({
    ...rated,
    ...(isTriggered ? { fired: row.fired + 1, lastFiredAtMs: nowMs } : { lastResolvedAtMs: nowMs }),
  })
  tell(store, source, { type: 'Normal', reason: type, message: sentenceOf(source, firing) }, nowMs)
  const room = MAX_QUEUED_ACTIONS - store.automations.countQueued(source.id)
  if (actions.length > room) {
    tell(store, source, backlogWarning(source, room), nowMs)
  }
  const context = contextOf(store, source, { ...firing, id })
  return actions.slice(0, Math.max(0, room)).map((action, position) =>
    store.automations.queue({
      source: source.id,
      firing: id,
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
  const message = `Actions of ${title} are dropped: ${MAX_QUEUED_ACTIONS - Math.max(0, room)} wait already. Look at status.lastError.`
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
