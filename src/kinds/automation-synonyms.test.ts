import { expect, test } from 'vitest'
import type { JsonObject } from '../lib/json.ts'
import { normalizeAutomationSpec, normalizeTrigger } from './automation-synonyms.ts'

const CASES: readonly (readonly [string, JsonObject, JsonObject])[] = [
  [
    'keys of the spec, the trigger and its parts',
    {
      actions_on_trigger: [],
      owner_resource: 'x',
      trigger: { type: 'compound', triggers: [{ for_each: ['a'], match_related: { a_b: 'c' } }] },
    },
    {
      actionsOnTrigger: [],
      ownerResource: 'x',
      trigger: { type: 'compound', triggers: [{ forEach: ['a'], matchRelated: { a_b: 'c' } }] },
    },
  ],
  [
    'names of actions and of their members',
    {
      actions: [
        { type: 'change-flow-run-state', state: 'CRASHED' },
        {
          type: 'run-deployment',
          deployment_id: 'd',
          job_variables: { a_b: 1 },
          schedule_after: 5,
        },
        { type: 'pause-work-pool', work_pool_id: 'p' },
      ],
    },
    {
      actions: [
        { type: 'change-run-state', state: 'CRASHED' },
        { type: 'run-deployment', deployment: 'd', variables: { a_b: 1 }, scheduleAfterSeconds: 5 },
        { type: 'suspend-work-pool', workPool: 'p' },
      ],
    },
  ],
  [
    "the user's own keys stay",
    {
      trigger: { match: { for_each: 'x' } },
      actions: [{ parameters: { a_b: { c_d: 1 } }, headers: { X_A: 'b' } }],
    },
    {
      trigger: { match: { for_each: 'x' } },
      actions: [{ parameters: { a_b: { c_d: 1 } }, headers: { X_A: 'b' } }],
    },
  ],
  [
    'words that every object of JavaScript answers to',
    { actions: [{ type: 'constructor', toString: 1 }] },
    { actions: [{ type: 'constructor', toString: 1 }] },
  ],
  [
    'both spellings stay, for the schema to refuse',
    { trigger: { for_each: [], forEach: [] } },
    { trigger: { for_each: [], forEach: [] } },
  ],
  [
    'things of the wrong sort are left alone',
    { actions: 'x', trigger: 5 },
    { actions: 'x', trigger: 5 },
  ],
]

test.each(CASES)('%s', (_, spec, expected) => {
  expect(normalizeAutomationSpec(spec)).toEqual(expected)
})

test.each(CASES)('twice is once: %s', (_, spec) => {
  const once = normalizeAutomationSpec(spec)
  expect(normalizeAutomationSpec(once)).toEqual(once)
})

test('a trigger by itself', () => {
  expect(normalizeTrigger({ for_each: ['a'] })).toEqual({ forEach: ['a'] })
  expect(normalizeTrigger('x')).toBe('x')
})
