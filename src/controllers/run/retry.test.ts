import { describe, expect, test } from 'vitest'
import type { RetryPolicy } from '../../kinds/generated.ts'
import { OUTCOME_CLASSES, type OutcomeClass } from '../../kinds/run.ts'
import { accumulatedChange, countedAttempts, decideRetry, type EndedTry } from './retry.ts'

const NOON = Date.UTC(2026, 0, 15, 12)

function ends(...classes: readonly (OutcomeClass | Partial<EndedTry>)[]): readonly EndedTry[] {
  return classes.map((end, index) => ({
    number: index + 1,
    try: 1,
    class: typeof end === 'string' ? end : 'ExitNonZero',
    reason: 'It ended.',
    endedAtMs: NOON,
    lost: false,
    ...(typeof end === 'string' ? {} : end),
  }))
}

function times<T>(count: number, value: T): readonly T[] {
  return Array.from({ length: count }, () => value)
}

interface Case {
  readonly name: string
  readonly policy?: RetryPolicy
  readonly tries: readonly EndedTry[]
  readonly expect: 'Retry' | 'Finish'
}

const CASES: readonly Case[] = [
  { name: 'a run without tries starts', tries: [], expect: 'Retry' },
  { name: 'success is the end', policy: { limit: 3 }, tries: ends('Success'), expect: 'Finish' },
  { name: 'no retries by default', tries: ends('ExitNonZero'), expect: 'Finish' },
  { name: 'one of one', policy: { limit: 1 }, tries: ends('ExitNonZero'), expect: 'Retry' },
  {
    name: 'the limit is attempts after the first',
    policy: { limit: 1 },
    tries: ends('ExitNonZero', 'ExitNonZero'),
    expect: 'Finish',
  },
  {
    name: 'Spot is retried without a limit of the user',
    tries: ends('SpotInterruption'),
    expect: 'Retry',
  },
  {
    name: 'Spot does not use the limit up',
    policy: { limit: 1 },
    tries: ends('SpotInterruption', 'SpotInterruption', 'ExitNonZero'),
    expect: 'Retry',
  },
  {
    name: 'Spot for ever is not',
    tries: ends(...times(11, 'SpotInterruption' as const)),
    expect: 'Finish',
  },
  {
    name: 'a third transient start failure is retried',
    tries: ends(...times(3, 'Network' as const)),
    expect: 'Retry',
  },
  { name: 'a fourth is not', tries: ends(...times(4, 'Network' as const)), expect: 'Finish' },
  {
    name: 'two sorts of transient start failures share one budget',
    tries: ends('Network', 'ImagePullTransient', 'Network', 'ImagePullTransient'),
    expect: 'Finish',
  },
  {
    name: 'no rule retries a configuration error',
    policy: { rules: [{ when: { classes: ['ConfigurationError'] }, action: 'Retry', limit: 9 }] },
    tries: ends('ConfigurationError'),
    expect: 'Finish',
  },
  {
    name: 'a task stopped by someone else stays stopped',
    policy: { limit: 5 },
    tries: ends('UserStopped'),
    expect: 'Finish',
  },
  {
    name: 'unless a rule says otherwise',
    policy: { rules: [{ when: { classes: ['UserStopped'] }, action: 'Retry', limit: 1 }] },
    tries: ends('UserStopped'),
    expect: 'Retry',
  },
  {
    name: 'a task that may still run has no double',
    policy: { limit: 5 },
    tries: ends({ class: 'Unknown', lost: true }),
    expect: 'Finish',
  },
  {
    name: 'exit codes select',
    policy: { rules: [{ when: { exitCodes: [75] }, action: 'Retry', limit: 3 }] },
    tries: ends({ exitCode: 75 }),
    expect: 'Retry',
  },
  {
    name: 'another exit code falls through to the limit of 0',
    policy: { rules: [{ when: { exitCodes: [75] }, action: 'Retry', limit: 3 }] },
    tries: ends({ exitCode: 1 }),
    expect: 'Finish',
  },
  {
    name: 'every part of a condition must hold',
    policy: {
      rules: [{ when: { exitCodes: [75], reasonContains: 'lock' }, action: 'Retry', limit: 3 }],
    },
    tries: ends({ exitCode: 75, reason: 'no room' }),
    expect: 'Finish',
  },
  {
    name: 'the first rule that matches wins',
    policy: {
      limit: 5,
      rules: [
        { when: { exitCodes: [2] }, action: 'Fail' },
        { when: {}, action: 'Retry', limit: 5 },
      ],
    },
    tries: ends({ exitCode: 2 }),
    expect: 'Finish',
  },
  {
    name: 'a rule without a limit uses the limit of the policy',
    policy: { limit: 1, rules: [{ when: { exitCodes: [75] }, action: 'Retry' }] },
    tries: ends({ exitCode: 75 }, { exitCode: 75 }),
    expect: 'Finish',
  },
]

describe('decideRetry', () => {
  test.each(CASES)('$name', ({ policy, tries, expect: type }) => {
    expect(decideRetry(policy, tries, 'uid').type).toBe(type)
  })

  test.each(OUTCOME_CLASSES)('%s without a policy ends after a bounded number of tries', (end) => {
    const decision = decideRetry(undefined, ends(...times(200, end)), 'uid')
    expect(decision.type).toBe('Finish')
  })

  test('backoff doubles up to its maximum, without jitter exactly', () => {
    const backoff = { initialSeconds: 10, factor: 2, maxSeconds: 45, jitter: 0 }
    const policy: RetryPolicy = { limit: 9, backoff }
    const delays = [1, 2, 3, 4].map((count) => {
      const decision = decideRetry(policy, ends(...times(count, 'ExitNonZero' as const)), 'uid')
      return decision.type === 'Retry' ? decision.notBeforeMs - NOON : undefined
    })
    expect(delays).toEqual([10_000, 20_000, 40_000, 45_000])
  })

  test('jitter stays within its share and is the same each time', () => {
    const policy: RetryPolicy = { limit: 3, backoff: { initialSeconds: 100, jitter: 0.2 } }
    const seeds = Array.from({ length: 50 }, (_, index) => `uid-${index}`)
    const delays = seeds.map((seed) => {
      const decision = decideRetry(policy, ends('ExitNonZero'), seed)
      expect(decision).toEqual(decideRetry(policy, ends('ExitNonZero'), seed))
      return decision.type === 'Retry' ? decision.notBeforeMs - NOON : 0
    })
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(80_000)
    expect(Math.max(...delays)).toBeLessThanOrEqual(120_000)
    expect(new Set(delays).size).toBeGreaterThan(40)
  })
})

describe('what the next attempt has different', () => {
  const policy: RetryPolicy = {
    rules: [
      {
        when: { classes: ['OutOfMemory'] },
        action: 'Retry',
        limit: 3,
        change: { memoryFactor: 1.5 },
      },
      {
        when: { classes: ['SpotInterruption'] },
        action: 'RetryWithoutCounting',
        change: { launchType: 'FARGATE' },
      },
    ],
  }

  test('factors multiply and launch types replace', () => {
    const change = accumulatedChange(policy, ends('OutOfMemory', 'SpotInterruption', 'OutOfMemory'))
    expect(change).toEqual({ memoryFactor: 2.25, launchType: 'FARGATE' })
  })

  test('attempts without counting are left out of the count', () => {
    expect(countedAttempts(policy, ends('OutOfMemory', 'SpotInterruption', 'Capacity'))).toBe(1)
  })
})
