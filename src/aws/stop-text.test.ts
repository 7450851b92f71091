import { describe, expect, test } from 'vitest'
import { isTransientStart } from './stop-reason.ts'
import { parseStopReason, renderStopReason, STOPPED_BY_US } from './stop-text.ts'

test.each([
  ['ImagePullTransient', true],
  ['Network', true],
  ['ImagePull', false],
  ['HostFailure', false],
  ['ExitNonZero', false],
] as const)('isTransientStart(%s) is %s', (outcome, expected) => {
  expect(isTransientStart(outcome)).toBe(expected)
})

describe('stop reasons', () => {
  test.each(STOPPED_BY_US)('%s is read back from the text that was sent', (by) => {
    expect(parseStopReason(renderStopReason(by, 'x'.repeat(500)))).toBe(by)
  })

  test('the text fits into what ECS keeps', () => {
    expect(renderStopReason('Cancel', 'x'.repeat(500))).toHaveLength(255)
  })

  test.each(['', 'Task stopped by user', 'Stopped by Capstan (Whim): x'])(
    '%j is not ours',
    (text) => {
      expect(parseStopReason(text)).toBeUndefined()
    },
  )
})
