import type { Action } from '../../kinds/generated.ts'
import type { Clock } from '../../lib/clock.ts'
import type { WebhookResult, WebhookSender } from '../../lib/webhook/send.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { QueuedActionRow } from '../../store/automations.ts'
import type { Store } from '../../store/types.ts'
import { LOCAL_ACTIONS } from './act.ts'
import type { FiringContext } from './context.ts'
import { tell } from './fire.ts'
import { FIRST_RESEND_MS, LONGEST_RESEND_MS, MAX_SENDS } from './limits.ts'
import { actionRecord, bareSubject } from './records.ts'
import { type ActionResult, done, failed } from './result.ts'
import { type Secrets, secretsOf, webhookRequest } from './webhook.ts'

/** How actions reach the world outside. */
export interface WebhookPort {
  readonly sender: WebhookSender
  /** The value of a secret that the operator keeps for webhooks; undefined where there is none of that name. */
  readonly readSecret: (name: string) => Promise<string | undefined>
}

export interface PerformDeps {
  readonly store: Store
  readonly clock: Clock
  readonly webhooks: WebhookPort | undefined
  /** Its status shows how the action ended. */
  readonly onEnded: (owner: FiringContext['owner']) => void
}

/**
 * Does one queued action. Changes of objects are made in the transaction that takes the action off the
 * queue: exactly once. A webhook is sent before, so that it arrives at least once, and says by its
 * idempotency key that it is the same.
 */
export async function performAction(
  deps: PerformDeps,
  id: number,
  signal: AbortSignal,
): Promise<Outcome> {
  const { store, clock } = deps
  const row = store.automations.queued(id)
  if (!row) return awaitChange()
  const waitMs = row.dueAtMs - clock.nowMs()
  // A clock that was set back must not hold it up for longer than the longest pause.
  if (waitMs > 0) return requeueAfter(Math.min(waitMs, LONGEST_RESEND_MS))
  const { action, context } = contentOf(row)
  const local = LOCAL_ACTIONS[action.type]
  if (local) {
    store.transaction(() => {
      if (!store.automations.dequeue(id)) return
      const { position } = row
      const nowMs = clock.nowMs()
      conclude(deps, row, local({ store, action, context, position, nowMs }))
    })
    deps.onEnded(context.owner)
    return awaitChange()
  }
  const result = await sendWebhook(deps, row, signal)
  if (signal.aborted) return awaitChange()
  return settle(deps, row, result)
}

/** Written by `fire` from these types, so the shapes hold; a version without records wrote no subject. */
function contentOf(row: QueuedActionRow): {
  readonly action: Action
  readonly context: FiringContext
} {
  const context = row.context as unknown as Omit<FiringContext, 'subject'>
  return {
    action: row.action as unknown as Action,
    context: { subject: bareSubject(row.source, context.owner.name), ...context },
  }
}

/** Says how an action ended, in an event and, of one that failed, in what status is made of. */
function conclude({ store, clock }: PerformDeps, row: QueuedActionRow, result: ActionResult): void {
  const { type, message } = result
  const { action, context } = contentOf(row)
  const nowMs = clock.nowMs()
  const text = `${action.type}: ${message}`
  const level = type === 'Failed' ? 'Warning' : 'Normal'
  tell(store, context, { type: level, reason: `Action${type}`, message: text }, nowMs)
  const { position } = row
  store.eventLog.append([actionRecord(context, { type: action.type, position, result }, nowMs)])
  const source = store.automations.source(row.source)
  if (type === 'Failed' && source) {
    store.automations.putSource({ ...source, lastError: text, lastErrorAtMs: nowMs })
  }
}

async function sendWebhook(
  { clock, webhooks }: PerformDeps,
  row: QueuedActionRow,
  signal: AbortSignal,
): Promise<WebhookResult> {
  const { action, context } = contentOf(row)
  if (!webhooks) return { type: 'Rejected', why: 'this controller sends no webhooks' }
  const secrets = await readSecrets(webhooks, secretsOf(action))
  if (typeof secrets === 'string') return { type: 'Rejected', why: secrets }
  const { position } = row
  const request = webhookRequest(action, { context, position, secrets, nowMs: clock.nowMs() })
  return webhooks.sender.send(request, signal)
}

/** A sentence when one is missing: names may be told, values never. */
async function readSecrets(
  { readSecret }: WebhookPort,
  names: readonly string[],
): Promise<Secrets | string> {
  const entries: (readonly [string, string])[] = []
  for (const name of names) {
    const value = await readSecret(name)
    if (value === undefined) {
      return `there is no secret ${name}: put it into a file of that name in the folder of --webhook-secrets`
    }
    entries.push([name, value])
  }
  return Object.fromEntries(entries)
}

function settle(deps: PerformDeps, row: QueuedActionRow, result: WebhookResult): Outcome {
  const { store, clock } = deps
  const sends = row.sends + 1
  const { context } = contentOf(row)
  if (result.type === 'Failed' && sends < MAX_SENDS) {
    const delayMs = Math.min(LONGEST_RESEND_MS, FIRST_RESEND_MS * 2 ** row.sends)
    store.transaction(() => {
      store.automations.postpone(row.id, sends, clock.nowMs() + delayMs)
      noteTrouble(store, row, { why: result.why, sends, nowMs: clock.nowMs() })
    })
    deps.onEnded(context.owner)
    return requeueAfter(delayMs)
  }
  store.transaction(() => {
    if (store.automations.dequeue(row.id)) conclude(deps, row, endOf(result, sends))
  })
  deps.onEnded(context.owner)
  return awaitChange()
}

/** Shown while it is tried again; a webhook that arrives at last leaves it as a trace. */
function noteTrouble(
  store: Store,
  row: QueuedActionRow,
  { why, sends, nowMs }: { readonly why: string; readonly sends: number; readonly nowMs: number },
): void {
  const source = store.automations.source(row.source)
  const lastError = `${contentOf(row).action.type}: ${why}; sent ${sends} of at most ${MAX_SENDS} times.`
  if (source) store.automations.putSource({ ...source, lastError, lastErrorAtMs: nowMs })
}

function endOf(result: WebhookResult, sends: number): ActionResult {
  const times = sends === 1 ? 'once' : `${sends} times`
  switch (result.type) {
    case 'Delivered':
      return done(`delivered with status ${result.status}.`)
    case 'Rejected':
      return failed(`${result.why}.`)
    case 'Failed':
      return failed(`given up: sent ${times}, at last ${result.why}.`)
  }
}
