import { describe, expect, test } from 'vitest'
import type { Schedule } from '../kinds/generated.ts'
import { type BackfillRequest, planBackfill } from './backfill.ts'

function request(schedules: readonly Schedule[], different: Partial<BackfillRequest> = {}) {
  return {
    deployment: { name: 'etl', namespace: 'default', uid: 'uid' },
    schedules,
    schedule: undefined,
    fromMs: Date.UTC(2026, 0, 1),
    toMs: Date.UTC(2026, 0, 3),
    ...different,
  }
}

function names(wanted: BackfillRequest): readonly string[] {
  return planBackfill(wanted).map(({ metadata }) => metadata.name)
}

const DAILY: Schedule = { cron: '0 0 * * *', slug: 'daily' }

describe('a backfill', () => {
  test('has both ends of its span, oldest first, each time once', () => {
    const schedules = [DAILY, { cron: '0 0,12 * * *', parameters: { half: true } }]
    expect(names(request(schedules))).toEqual([
      'etl-202601010000',
      'etl-202601011200',
      'etl-202601020000',
      'etl-202601021200',
      'etl-202601030000',
    ])
  })

  test('gives a run what its schedule gives', () => {
    const runs = planBackfill(request([{ ...DAILY, parameters: { depth: 'full' } }]))
    expect(runs.at(0)?.spec).toMatchObject({
      deployment: 'etl',
      scheduledTime: '2026-01-01T00:00:00.000Z',
      parameters: { depth: 'full' },
    })
  })

  test('leaves inactive schedules out unless they are named', () => {
    const schedules = [DAILY, { cron: '0 6 * * *', slug: 'early', active: false }]
    expect(names(request(schedules))).toHaveLength(3)
    expect(names(request(schedules, { schedule: 'early' }))).toEqual([
      'etl-202601010600',
      'etl-202601020600',
    ])
  })

  test.each([
    [request([{ cron: '* * * * *' }]), /more than 1000 runs/],
    [request([]), /no active schedule/],
    [request([DAILY], { schedule: 'nightly' }), /it has: daily/],
  ])('refuses what it cannot do', (wanted, message) => {
    expect(() => planBackfill(wanted)).toThrow(message)
  })
})
