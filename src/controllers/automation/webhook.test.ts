import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { NOON } from '../../../test/world/builders.ts'
import type { Action } from '../../kinds/generated.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { FiringContext } from './context.ts'
import { secretsOf, webhookRequest } from './webhook.ts'

const VALUES: JsonObject = {
  automation: { name: 'tell' },
  event: { name: 'capstan.run.Failed' },
  resource: { name: 'etl <1>', 'state-name': 'Failed', 'state-message': '"quoted" & <!channel>' },
  run: { name: 'etl <1>', exitCode: 3 },
}

function request(action: Partial<Action>, values: JsonObject = VALUES, secrets = {}) {
  const context = { firing: 'f-1', values } as FiringContext
  return webhookRequest(
    { type: 'call-webhook', url: 'https://a.example.com', ...action },
    { context, position: 2, secrets, nowMs: NOON },
  )
}

function bodyOf(action: Partial<Action>): unknown {
  return JSON.parse(request(action).body ?? '')
}

describe('the body of a webhook', () => {
  test('is what happened, when nothing else is said', () => {
    expect(bodyOf({})).toEqual(VALUES)
  })

  test('is none for methods without one', () => {
    expect(request({ method: 'GET' }).body).toBeUndefined()
    expect(request({ method: 'GET' }).headers).not.toHaveProperty('Content-Type')
  })

  test('is JSON of a map, with the types of what is filled in', () => {
    expect(bodyOf({ payload: { code: '{{ run.exitCode }}', text: 'run {{ run.name }}' } })).toEqual(
      {
        code: 3,
        text: 'run etl <1>',
      },
    )
  })

  test('is JSON of a text that is JSON, and plain text of any other', () => {
    expect(bodyOf({ payload: '{"m": "{{ resource.state-message }}"}' })).toEqual({
      m: '"quoted" & <!channel>',
    })
    const plain = request({ payload: 'run {{ run.name }}' })
    expect(plain.body).toBe('run etl <1>')
    expect(plain.headers['Content-Type']).toContain('text/plain')
  })

  test('nothing that is filled in can add to it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (name) => {
        const payload = '{"a": "x {{ run.name }} y", "admin": false}'
        const { body } = request({ payload }, { run: { name } })
        expect(JSON.parse(body ?? '')).toEqual({ a: `x ${name} y`, admin: false })
      }),
    )
  })
})

describe('the headers of a webhook', () => {
  test('tell a repetition by its key', () => {
    expect(request({}).headers['Idempotency-Key']).toBe('f-1/2')
  })

  test('hold secrets where they are asked for, and never a line of their own', () => {
    const headers = { Authorization: 'Bearer {{ secrets.token }}', 'X-Run': '{{ run.name }}' }
    const sent = request({ headers }, { run: { name: 'a\r\nX-Admin: 1' } }, { token: 'hush' })
    expect(sent.headers).toMatchObject({ Authorization: 'Bearer hush', 'X-Run': 'a X-Admin: 1' })
  })

  test('sign the body when a secret is named', () => {
    const signed = request({ signingSecret: 'key' }, VALUES, { key: 'hush' })
    expect(signed.headers['Capstan-Signature']).toMatch(/^t=\d+,v1=[0-9a-f]{64}$/)
    expect(request({}).headers).not.toHaveProperty('Capstan-Signature')
  })

  test('the address may be a secret', () => {
    const { url } = request({ urlSecret: 'slack' }, VALUES, {
      slack: 'https://hooks.example.com/S',
    })
    expect(url).toBe('https://hooks.example.com/S')
  })
})

test('names its secrets', () => {
  expect(
    secretsOf({
      type: 'call-webhook',
      urlSecret: 'a',
      signingSecret: 'b',
      headers: { X: '{{ secrets.c }}' },
      payload: { key: '{{ secrets.d }}' },
    }),
  ).toEqual(['a', 'b', 'c', 'd'])
})

describe('notifications', () => {
  const notify = (format: NonNullable<Action['format']>, more: Partial<Action> = {}): unknown =>
    bodyOf({ type: 'send-notification', format, ...more })

  test('Slack: what is filled in addresses nobody', () => {
    expect(notify('Slack', { subject: '<https://x|{{ run.name }}>' })).toEqual({
      text: '*<https://x|etl &lt;1&gt;>*\ncapstan.run.Failed "quoted" &amp; &lt;!channel&gt;',
    })
  })

  test('Discord: mentions are switched off, and it is cut to what Discord takes', () => {
    expect(notify('Discord', { subject: 's', body: 'x'.repeat(3_000) })).toEqual({
      content: `**s**\n${'x'.repeat(1_994)}`,
      allowed_mentions: { parse: [] },
    })
  })

  test('Microsoft Teams: an adaptive card', () => {
    expect(notify('MicrosoftTeams', { subject: 's', body: 'b' })).toMatchObject({
      type: 'message',
      attachments: [{ content: { type: 'AdaptiveCard', body: [{ text: 's' }, { text: 'b' }] } }],
    })
  })

  test('Generic: subject, body and what happened', () => {
    expect(notify('Generic')).toMatchObject({
      subject: 'tell: etl <1> Failed',
      body: 'capstan.run.Failed "quoted" & <!channel>',
      run: { name: 'etl <1>' },
    })
  })
})
