import { fillIn, fillInText, secretsIn } from '../../kinds/automation-template.ts'
import type { Action } from '../../kinds/generated.ts'
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts'
import type { WebhookRequest } from '../../lib/webhook/send.ts'
import { SIGNATURE_HEADER, signature } from '../../lib/webhook/sign.ts'
import type { FiringContext } from './context.ts'
import { renderMessage } from './notification.ts'

/** Values of secrets by name, read from where the operator keeps them; nothing here stores them. */
export type Secrets = Readonly<Record<string, string>>

/** Names of the secrets without which the action cannot be done. */
export function secretsOf(action: Action): readonly string[] {
  const { urlSecret, signingSecret, headers, payload } = action
  const named = [urlSecret, signingSecret].filter((name) => name !== undefined)
  const used = [...secretsIn(asJson(headers)), ...secretsIn(asJson(payload))]
  return [...new Set([...named, ...used])]
}

/** Repeated with the same value when a webhook is sent again: receivers tell a repetition by it. */
const IDEMPOTENCY_HEADER = 'Idempotency-Key'

/**
 * The request of call-webhook or send-notification. Everything but the time of the signature follows
 * from the firing, so that a repetition says the same again.
 */
export function webhookRequest(
  action: Action,
  given: {
    readonly context: FiringContext
    readonly position: number
    readonly secrets: Secrets
    readonly nowMs: number
  },
): WebhookRequest {
  const { context, position, secrets, nowMs } = given
  const values = { ...context.values, secrets }
  const body = bodyOf(action, values)
  const key = action.signingSecret === undefined ? undefined : secrets[action.signingSecret]
  return {
    url: (action.urlSecret === undefined ? action.url : secrets[action.urlSecret]) ?? '',
    method: action.type === 'send-notification' ? 'POST' : (action.method ?? 'POST'),
    body: body?.text,
    headers: {
      'User-Agent': 'capstan',
      ...(body && { 'Content-Type': body.contentType }),
      ...headersOf(action.headers, values),
      [IDEMPOTENCY_HEADER]: `${context.firing}/${position}`,
      ...(key !== undefined && { [SIGNATURE_HEADER]: signature(key, body?.text ?? '', nowMs) }),
    },
  }
}

interface Body {
  readonly text: string
  readonly contentType: string
}

const JSON_TYPE = 'application/json; charset=utf-8'
const TEXT_TYPE = 'text/plain; charset=utf-8'

function bodyOf(action: Action, values: JsonObject): Body | undefined {
  if (action.type === 'send-notification') {
    return { text: JSON.stringify(renderMessage(action, values)), contentType: JSON_TYPE }
  }
  const { payload, method = 'POST' } = action
  if (payload === undefined) {
    if (method === 'GET' || method === 'DELETE') return undefined
    const { secrets: _, flow_run: __, ...told } = values
    return { text: JSON.stringify(told), contentType: JSON_TYPE }
  }
  const value = typeof payload === 'string' ? (parseJson(payload) ?? payload) : asJson(payload)
  // JSON is filled in as a value, so that nothing that is filled in can end its text and add to it.
  const filled = fillIn(value ?? null, { values })
  if (typeof value === 'string') return { text: textOf(filled), contentType: TEXT_TYPE }
  return { text: JSON.stringify(filled), contentType: JSON_TYPE }
}

function textOf(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value)
}

/** A map or a list that is written as text; other texts are what they are. */
function parseJson(text: string): Json | undefined {
  try {
    const value = JSON.parse(text) as unknown
    return isJsonObject(value) || Array.isArray(value) ? (value as Json) : undefined
  } catch {
    return undefined
  }
}

/** What is filled in is data: no line break of it may begin another header. */
function headersOf(
  headers: Action['headers'],
  values: JsonObject,
): Readonly<Record<string, string>> {
  const entries = Object.entries(headers ?? {}).flatMap(([name, text]) => {
    // biome-ignore lint/suspicious/noControlCharactersInRegex: those are what is taken out.
    const value = fillInText(String(text), { values }).replace(/[^\t\x20-\x7e\x80-\xff]+/g, ' ')
    return [[name, value.trim()] as const]
  })
  return Object.fromEntries(entries)
}

/** JSON by its schema; only its type has no index signature. */
function asJson(value: unknown): Json | undefined {
  return value as Json | undefined
}
