import { expect, test } from 'vitest'
import { RetryableError, WaitingError } from '../../lib/errors.ts'
import { Troubles } from './troubles.ts'

test('what a run fails at is told from the second failure on, and a minute at least', () => {
  let nowMs = 0
  const troubles = new Troubles({ monotonicMs: () => nowMs })
  const told = ['a', 'b', 'c', 'd', 'e'].map((why) => {
    troubles.failed('run', new RetryableError(why))
    nowMs += 25_000
    return troubles.of('run')
  })
  expect(told).toEqual([undefined, 'b', 'b', 'b', 'e'])
  expect(troubles.of('other')).toBeUndefined()
  troubles.over('run')
  troubles.failed('run', new RetryableError('f'))
  expect(troubles.of('run')).toBeUndefined()
})

test('it is no longer than people read', () => {
  const troubles = new Troubles({ monotonicMs: () => 0 })
  for (let count = 0; count < 2; count += 1)
    troubles.failed('run', new RetryableError('x'.repeat(9_000)))
  expect(troubles.of('run')).toHaveLength(1_000)
})

test.each([new TypeError('undefined is not a function'), new WaitingError('not yet', 1)])(
  'it is nothing that no call failed at: %s',
  (error) => {
    const troubles = new Troubles({ monotonicMs: () => 0 })
    troubles.failed('run', error)
    troubles.failed('run', error)
    expect(troubles.of('run')).toBeUndefined()
  },
)
