import { expect, test } from 'vitest'
import type { Scalar } from './generated.ts'
import { heartbeatOfEnv } from './heartbeat.ts'

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
