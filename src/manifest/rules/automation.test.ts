import { describe, expect, test } from 'vitest'
import { type Case, check, places } from '../../../test/world/rule-places.ts'
import type { JsonObject } from '../../lib/json.ts'

describe('Automation', () => {
  const event = { type: 'event' }
  function trigger(fields: JsonObject): JsonObject {
    return { trigger: fields }
  }
  function action(fields: JsonObject): JsonObject {
    return { trigger: event, actions: [fields] }
  }
  const cases: readonly Case[] = [
    ['a metric', trigger({ type: 'metric' }), 'NotAllowed', 'spec.trigger.type'],
    [
      'an event with parts',
      trigger({ type: 'event', triggers: [event] }),
      'Exclusive',
      'spec.trigger.triggers',
    ],
    [
      'a compound that expects',
      trigger({ type: 'compound', expect: ['a'], triggers: [event] }),
      'Exclusive',
      'spec.trigger.expect',
    ],
    [
      'a sequence that requires',
      trigger({ type: 'sequence', require: 'any', triggers: [event] }),
      'Exclusive',
      'spec.trigger.require',
    ],
    ['a compound without parts', trigger({ type: 'compound' }), 'Missing', 'spec.trigger.triggers'],
    [
      'more required than there are',
      trigger({ type: 'compound', require: 2, triggers: [event] }),
      'OutOfRange',
      'spec.trigger.require',
    ],
    [
      'some other requirement',
      trigger({ type: 'compound', require: 'most', triggers: [event] }),
      'NotAllowed',
      'spec.trigger.require',
    ],
    [
      'a short proactive window',
      trigger({ type: 'event', posture: 'Proactive', expect: ['a'], within: 9 }),
      'OutOfRange',
      'spec.trigger.within',
    ],
    [
      'a proactive trigger that expects nothing',
      trigger({ type: 'event', posture: 'Proactive' }),
      'Missing',
      'spec.trigger.expect',
    ],
    [
      'triggers five levels deep',
      trigger(
        [1, 2, 3, 4].reduce<JsonObject>(
          (inner) => ({ type: 'compound', triggers: [inner] }),
          event,
        ),
      ),
      'TooDeep',
      'spec.trigger.triggers[0].triggers[0].triggers[0].triggers[0]',
    ],
    [
      'a new state that is missing',
      action({ type: 'change-run-state' }),
      'Missing',
      'spec.actions[0].state',
    ],
    [
      'a deployment that is missing',
      action({ type: 'run-deployment' }),
      'Missing',
      'spec.actions[0].deployment',
    ],
    ['a webhook to nowhere', action({ type: 'call-webhook' }), 'Missing', 'spec.actions[0].url'],
    ['an unknown action', action({ type: 'delete-run' }), 'NotAllowed', 'spec.actions[0].type'],
    [
      'a label filter of numbers',
      trigger({ type: 'event', match: { a: 5 } }),
      'WrongType',
      'spec.trigger.match.a',
    ],
    [
      'an address and a secret with one',
      action({ type: 'call-webhook', url: 'https://a', urlSecret: 'b' }),
      'Exclusive',
      'spec.actions[0].urlSecret',
    ],
    [
      'an address that is no web address',
      action({ type: 'call-webhook', url: 'ftp://a' }),
      'InvalidFormat',
      'spec.actions[0].url',
    ],
    [
      'a header of the connection',
      action({ type: 'call-webhook', url: 'https://a', headers: { host: 'b' } }),
      'NotAllowed',
      'spec.actions[0].headers.host',
    ],
    [
      'a placeholder that stands for nothing',
      action({ type: 'call-webhook', url: 'https://a', payload: { a: '{{ runs.name }}' } }),
      'InvalidPlaceholder',
      'spec.actions[0].payload',
    ],
    [
      'a secret where it would be kept',
      action({ type: 'run-deployment', deployment: 'd', parameters: { a: '{{ secrets.b }}' } }),
      'InvalidPlaceholder',
      'spec.actions[0].parameters',
    ],
    [
      'both spellings of a key',
      trigger({ type: 'event', for_each: ['a'], forEach: ['b'] }),
      'UnknownField',
      'spec.trigger.for_each',
    ],
  ]
  test.each(cases)('%s', (_, spec, code, path) => {
    expect(places('Automation', spec)).toEqual([[code, path]])
  })

  test.each([
    [action({ type: 'run-deployment', source: 'inferred' })],
    [action({ type: 'call-webhook', urlSecret: 'b', headers: { X: '{{ secrets.c }}' } })],
    [action({ type: 'send-notification', url: 'https://a', body: '{{ flow_run.name }}' })],
    [action({ type: 'pause-deployment', deployment_id: 'd' })],
    [trigger({ type: 'event', matchRelated: [{ a: 'b' }, { c: ['d', '!e'] }] })],
    [
      trigger({
        type: 'compound',
        require: 1,
        triggers: [event, { type: 'sequence', triggers: [event] }],
      }),
    ],
  ])('%j is fine', (spec) => {
    expect(check('Automation', spec)).toEqual([])
  })
})
