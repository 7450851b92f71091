import { fillInText } from '../../kinds/automation-template.ts'
import type { Action } from '../../kinds/generated.ts'
import type { Json, JsonObject } from '../../lib/json.ts'

/** Discord refuses longer messages; the other services cut by themselves at far more. */
const DISCORD_LIMIT = 2_000

const DEFAULT_SUBJECT = '{{ automation.name }}: {{ resource.name }} {{ resource.state-name }}'
const DEFAULT_BODY = '{{ event.name }} {{ resource.state-message }}'

type Render = (action: Action, values: JsonObject) => JsonObject

/** One service's idea of a message, by `format`. What is filled in can neither address people nor make links. */
const FORMATS: Readonly<Record<NonNullable<Action['format']>, Render>> = {
  Slack(action, values) {
    const { subject, body } = texts(action, values, escapeSlack)
    return { text: [subject && `*${subject}*`, body].filter(Boolean).join('\n') }
  },
  MicrosoftTeams(action, values) {
    const { subject, body } = texts(action, values)
    const block = (text: string, more: JsonObject = {}): JsonObject => ({
      type: 'TextBlock',
      text,
      wrap: true,
      ...more,
    })
    const content = {
      type: 'AdaptiveCard',
      $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
      version: '1.4',
      body: [block(subject, { weight: 'Bolder', size: 'Medium' }), block(body)],
    }
    const contentType = 'application/vnd.microsoft.card.adaptive'
    return { type: 'message', attachments: [{ contentType, content }] }
  },
  Discord(action, values) {
    const { subject, body } = texts(action, values)
    const content = [subject && `**${subject}**`, body].filter(Boolean).join('\n')
    return { content: content.slice(0, DISCORD_LIMIT), allowed_mentions: { parse: [] } }
  },
  Generic(action, values) {
    const { subject, body } = texts(action, values)
    const { automation, firing, event, run } = values
    return { subject, body, ...present({ automation, firing, event, run }) }
  },
}

export function renderMessage(action: Action, values: JsonObject): JsonObject {
  const { secrets: _, ...told } = values
  return FORMATS[action.format ?? 'Generic'](action, told)
}

function texts(
  action: Action,
  values: JsonObject,
  escape?: (text: string) => string,
): { readonly subject: string; readonly body: string } {
  const scope = { values, ...(escape && { escape }) }
  return {
    subject: fillInText(action.subject ?? DEFAULT_SUBJECT, scope).trim(),
    body: fillInText(action.body ?? DEFAULT_BODY, scope).trim(),
  }
}

/** Slack's three characters that begin something: a mention, a link, an entity. */
function escapeSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}

function present(values: JsonObject): JsonObject {
  const entries = Object.entries(values).filter(
    (entry): entry is [string, Json] => entry[1] !== undefined,
  )
  return Object.fromEntries(entries)
}
