import { describe, expect, test } from 'vitest'
import type { Json } from '../lib/json.ts'
import { parseFaultPlan } from './fault-plan.ts'

const THROTTLE = { operation: 'RunTask', probability: 0.5, fault: { type: 'throttle' } }

describe('a fault plan', () => {
  test.each<[string, Json]>([
    ['a list', [THROTTLE]],
    ['a map', { rules: [THROTTLE] }],
    ['nothing', []],
    ['every operation', [{ operation: '*', fault: { type: 'reset', effect: 'after' } }]],
    ['other services', [{ operation: 'GetLogEvents', fault: { type: 'delay', delayMs: 10 } }]],
    [
      'every condition',
      [{ ...THROTTLE, calls: [1, 3], inputContains: 'x', limit: 2, fromMs: 0, untilMs: 1_000 }],
    ],
    ['capacity', [{ operation: 'RunTask', fault: { type: 'capacity', keep: 1, reason: 'AGENT' } }]],
    ['no field', [{ operation: 'RunTask', fault: { type: 'neverStart' } }]],
  ])('is %s', (_, value) => {
    const rules = Array.isArray(value) ? value : (value as { rules: Json })['rules']
    expect(parseFaultPlan(value)).toEqual({ ok: true, plan: { rules } })
  })

  test.each<[Json, string]>([
    ['x', 'a fault plan is a list of rules, or a map with rules'],
    [{}, 'a fault plan is a list of rules, or a map with rules'],
    [Array(101).fill(THROTTLE), 'a fault plan has at most 100 rules'],
    [[5], 'rules[0] must be a map with operation and fault'],
    [[{ fault: { type: 'throttle' } }], 'rules[0].operation is missing: one of *, CreateCluster'],
    [[{ operation: 'RunTask' }], 'rules[0].fault is missing: a map'],
    [[{ ...THROTTLE, operation: 'RunTsk' }], 'rules[0].operation is "RunTsk" and must be RunTask'],
    [
      [THROTTLE, { ...THROTTLE, probabilty: 1 }],
      'rules[1].probabilty is unknown; did you mean probability?',
    ],
    [[{ ...THROTTLE, probability: 2 }], 'rules[0].probability is 2 and must be a number from 0'],
    [[{ ...THROTTLE, calls: [0] }], 'rules[0].calls is [0] and must be a list of numbers of calls'],
    [[{ ...THROTTLE, limit: -1 }], 'rules[0].limit is -1 and must be a whole number from 0'],
    [
      [{ ...THROTTLE, fault: { type: 'throtle' } }],
      'rules[0].fault.type is "throtle" and must be throttle',
    ],
    [
      [{ ...THROTTLE, fault: { type: 'delay' } }],
      'rules[0].fault.delayMs is missing: a whole number from 0 to 86400000',
    ],
    [
      [{ ...THROTTLE, fault: { type: 'reset', effect: 'never' } }],
      'rules[0].fault.effect is "never" and must be one of before, after',
    ],
    [[{ ...THROTTLE, fault: { type: 'neverStart', x: 1 } }], 'rules[0].fault.x is unknown'],
    [[{ ...THROTTLE, fault: { type: 'constructor' } }], 'must be one of throttle, serverError'],
  ])('%j is refused: %s', (value, problem) => {
    expect(parseFaultPlan(value)).toEqual({ ok: false, problem: expect.stringContaining(problem) })
  })
})
