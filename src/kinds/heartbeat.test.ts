import { describe, expect, test } from 'vitest'
import type { Heartbeat, Scalar } from './generated.ts'
import {
  heartbeatConflict,
  heartbeatEnv,
  heartbeatOfEnv,
  leaseTerms,
  toldHeartbeat,
} from './heartbeat.ts'

const RUNNER = 'PREFECT_RUNNER_HEARTBEAT_FREQUENCY'
const FLOWS = 'PREFECT_FLOWS_HEARTBEAT_FREQUENCY'

const ON: readonly (readonly [Readonly<Record<string, Scalar>>, string, number])[] = [
  [{ [RUNNER]: 30 }, RUNNER, 30],
  [{ [RUNNER]: '60' }, RUNNER, 60],
  [{ [FLOWS]: 180 }, FLOWS, 180],
  [{ [FLOWS]: 180, [RUNNER]: 30 }, FLOWS, 180],
  [{ [FLOWS]: null, [RUNNER]: 30 }, RUNNER, 30],
]

test.each(ON)('%j switches it on', (env, name, frequencySeconds) => {
  expect(heartbeatOfEnv(env)).toEqual({ type: 'On', name, heartbeat: { frequencySeconds } })
})

const INVALID: readonly Scalar[] = [29, 0, -1, '29', '', 'often', '1e', 45.5, true, Number.NaN]

test.each(INVALID)('%j is refused', (value) => {
  expect(heartbeatOfEnv({ [FLOWS]: value })).toMatchObject({
    type: 'Invalid',
    name: FLOWS,
    message: expect.stringContaining('whole number of seconds, at least 30') as string,
  })
})

test.each([[undefined], [{}], [{ [FLOWS]: null }], [{ OTHER: 5 }]])('%j leaves it off', (env) => {
  expect(heartbeatOfEnv(env)).toEqual({ type: 'Off' })
})

test('text that is no number never stands in the message', () => {
  expect(JSON.stringify(heartbeatOfEnv({ [FLOWS]: 'canary' }))).not.toContain('canary')
})

describe('terms', () => {
  const cases: readonly (readonly [Heartbeat, number, number])[] = [
    [{ frequencySeconds: 30 }, 105, 300],
    [{ frequencySeconds: 180 }, 555, 555],
    [{ frequencySeconds: 60, missed: 5 }, 315, 315],
    [{ frequencySeconds: 60, missed: 5, firstBeatSeconds: 20 }, 315, 20],
    // A beat that is on its way when the window ends is no missed one.
    [{ frequencySeconds: 30, missed: 1 }, 45, 300],
    [{ frequencySeconds: 31, missed: 1 }, 46, 300],
  ]
  test.each(cases)('%j: silent after %i s, or %i s at the start', (heartbeat, window, first) => {
    expect(leaseTerms(heartbeat, 'http://x')).toEqual({
      frequencySeconds: heartbeat.frequencySeconds,
      windowSeconds: window,
      firstBeatSeconds: first,
      source: 'Http',
      onMissed: 'Crash',
      url: 'http://x',
    })
  })

  test('an address is nothing to other sources, and none is none', () => {
    expect(leaseTerms({ frequencySeconds: 30, source: 'Logs' }, 'http://x')).not.toHaveProperty(
      'url',
    )
    expect(leaseTerms({ frequencySeconds: 30 }, undefined)).not.toHaveProperty('url')
  })
})

describe('a program that beats more rarely than its lease expects', () => {
  test.each<[number, number, boolean]>([
    [30, 180, true],
    [60, 60, false],
    [180, 60, false],
  ])('heartbeat %i, env %i', (frequencySeconds, env, isRefused) => {
    const conflict = heartbeatConflict({ frequencySeconds }, { [FLOWS]: env })
    expect(conflict !== undefined).toBe(isRefused)
    if (conflict) expect(conflict).toContain(`makes the program beat every ${env} s`)
  })
})

describe('the environment of a task', () => {
  const RUN_UID = '0b6f5b1c-1111-5111-8111-111111111111'
  const task = { runUid: RUN_UID, index: 3, attempt: 2, token: 'secret', env: undefined }
  const terms = leaseTerms({ frequencySeconds: 60 }, 'https://capstan.example.com/beats')

  test('tells where, with what, and how often', () => {
    expect(heartbeatEnv(terms, task)).toEqual({
      [FLOWS]: '60',
      CAPSTAN_HEARTBEAT_URL: `https://capstan.example.com/beats/capstan/heartbeats/${RUN_UID}/3/2`,
      CAPSTAN_HEARTBEAT_TOKEN: 'secret',
      CAPSTAN_HEARTBEAT_SECONDS: '60',
      CAPSTAN_RUN_UID: RUN_UID,
    })
  })

  test.each([
    [RUNNER, 60],
    [FLOWS, '45'],
    [FLOWS, null],
  ])('leaves the frequency to the template: %s %j', (name, value) => {
    expect(heartbeatEnv(terms, { ...task, env: { [name]: value } })).not.toHaveProperty(FLOWS)
  })

  test('says afterwards what a task was told', () => {
    const { url, frequencySeconds } = terms
    const { url: _, ...nowhere } = terms
    const told = (env: Readonly<Record<string, string>>) => toldHeartbeat((name) => env[name])
    expect(told(heartbeatEnv(terms, task))).toEqual({ url, frequencySeconds })
    expect(told(heartbeatEnv(nowhere, task))).toEqual({ frequencySeconds })
    expect(told(heartbeatEnv({ ...terms, source: 'Logs' }, task))).toBeUndefined()
    expect(told({ CAPSTAN_HEARTBEAT_SECONDS: '1' })).toBeUndefined()
  })

  test('names no address where there is none, and is empty for other sources', () => {
    const { url: _, ...nowhere } = terms
    expect(heartbeatEnv(nowhere, task)).not.toHaveProperty('CAPSTAN_HEARTBEAT_URL')
    expect(heartbeatEnv(nowhere, task)).toHaveProperty('CAPSTAN_RUN_UID', RUN_UID)
    expect(heartbeatEnv({ ...terms, source: 'Logs' }, task)).toEqual({})
  })
})
