import { describe, expect, test } from 'vitest'
import { aLaunched, anAttempt, MINUTE, NOON } from '../../../test/world/builders.ts'
import { openTestStore } from '../../../test/world/test-store.ts'
import { WriteTooLate } from '../../aws/write-gate.ts'
import type { AttemptRow } from '../../store/types.ts'
import { createLaunchAge } from './launch-age.ts'

const EPOCH = anAttempt().epoch

function judge(row: AttemptRow, { isRepeat = false, ageMs = 0, epoch = EPOCH }): () => void {
  const store = openTestStore()
  store.transaction(() => store.attempts.insert(row))
  const clock = { nowMs: () => NOON + ageMs }
  const { clientToken } = row
  const launch = { account: row.account, cluster: row.cluster, clientToken, isRepeat }
  return () => createLaunchAge({ store, clock, epoch })(launch)
}

describe('the last look at a launch that leaves', () => {
  test.each<[string, Partial<AttemptRow>, Parameters<typeof judge>[1]]>([
    ['the first request', {}, {}],
    ['the first request, however long it waited', {}, { ageMs: 600 * MINUTE }],
    ['the first request, whatever the clock was set to', {}, { ageMs: -600 * MINUTE }],
    ['a repeat of the SDK', {}, { isRepeat: true, ageMs: 54 * MINUTE }],
    ['a later send', { sends: 2 }, { ageMs: 54 * MINUTE }],
  ])('lets %s go', (_, row, at) => {
    expect(judge(anAttempt(row), at)).not.toThrow()
  })

  test.each<[string, Partial<AttemptRow>, Parameters<typeof judge>[1]]>([
    ['a repeat of the SDK', {}, { isRepeat: true, ageMs: 55 * MINUTE }],
    ['a later send', { sends: 2 }, { ageMs: 55 * MINUTE }],
    ['what an earlier process may have sent', {}, { epoch: EPOCH + 1, ageMs: 55 * MINUTE }],
    ['a repeat from the future', {}, { isRepeat: true, ageMs: -MINUTE }],
  ])('keeps %s back whose token may be dead', (_, row, at) => {
    expect(judge(anAttempt(row), at)).toThrow(WriteTooLate)
  })

  test('has nothing to say of what is no launch of a run', () => {
    const store = openTestStore()
    const check = createLaunchAge({ store, clock: { nowMs: () => NOON }, epoch: EPOCH })
    const launch = { account: 'a', cluster: 'c', clientToken: undefined, isRepeat: true }
    expect(() => check(launch)).not.toThrow()
    expect(judge(aLaunched(), { ageMs: MINUTE })).not.toThrow()
  })
})
