import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { aLaunched, NOON } from '../../../test/world/builders.ts'
import type { Heartbeat } from '../../kinds/generated.ts'
import { leaseTerms } from '../../kinds/heartbeat.ts'
import type { AttemptRow } from '../../store/types.ts'
import type { Signs } from '../leases.ts'
import { judgeLease } from './lease.ts'
import { taskOf } from './state.ts'

/** Window 105 s, first beat within 300 s. */
const EVERY_30_S: Heartbeat = { frequencySeconds: 30 }
const URL = 'http://intake.test'

function anAttempt(
  heartbeat: Heartbeat | undefined,
  { lastStatus = 'RUNNING', ...row }: Partial<AttemptRow> & { readonly lastStatus?: string } = {},
): AttemptRow {
  const terms = heartbeat && leaseTerms(heartbeat, URL)
  return aLaunched({ lastStatus }, { ...(terms && { heartbeat: terms }), ...row })
}

function someSigns(silentS: number, different: Partial<Signs> = {}): Signs {
  return {
    silentMs: silentS * 1000,
    hasBeaten: true,
    isHeard: true,
    lookedAgoMs: undefined,
    ...different,
  }
}

interface Case {
  readonly name: string
  readonly attempt: AttemptRow
  readonly signs: Signs | undefined
  readonly expect: object
}

const FIRST = { hasBeaten: false, isHeard: false } as const
const RUNNING = anAttempt(EVERY_30_S)

const CASES: readonly Case[] = [
  {
    name: 'nothing is owed without a heartbeat',
    attempt: anAttempt(undefined),
    signs: someSigns(1e6),
    expect: { type: 'NoLease' },
  },
  ...['PROVISIONING', 'PENDING', 'ACTIVATING', 'DEACTIVATING', 'STOPPING'].map((lastStatus) => ({
    name: `nothing is owed while ${lastStatus}: other deadlines count`,
    attempt: anAttempt(EVERY_30_S, { lastStatus }),
    signs: someSigns(1e6),
    expect: { type: 'NoLease' },
  })),
  {
    name: 'silence that says nothing is looked at again',
    attempt: RUNNING,
    signs: undefined,
    expect: { type: 'Kept', dueInMs: 105_000 },
  },
  {
    name: 'right after a beat the whole window is left',
    attempt: RUNNING,
    signs: someSigns(0),
    expect: { type: 'Kept', dueInMs: 105_000 },
  },
  {
    name: 'a moment before the end there is still time',
    attempt: RUNNING,
    signs: someSigns(104.9995),
    expect: { type: 'Kept', dueInMs: 1 },
  },
  {
    name: 'at the end ECS is asked, which nobody has done yet',
    attempt: RUNNING,
    signs: someSigns(105),
    expect: { type: 'LookFirst' },
  },
  {
    name: 'a look before the end does not count',
    attempt: RUNNING,
    signs: someSigns(110, { lookedAgoMs: 6_000 }),
    expect: { type: 'LookFirst' },
  },
  {
    name: 'after a look the lease is broken',
    attempt: RUNNING,
    signs: someSigns(110, { lookedAgoMs: 4_000 }),
    expect: {
      type: 'Broken',
      onMissed: 'Crash',
      message: 'No heartbeat came for 105 s; one is due every 30 s.',
    },
  },
  {
    name: 'a task out of sight is waited for',
    attempt: anAttempt(EVERY_30_S, { missingSinceMs: NOON }),
    signs: someSigns(110, { lookedAgoMs: 0 }),
    expect: { type: 'Kept', dueInMs: 10_000 },
  },
  {
    name: 'the first beat has more time',
    attempt: RUNNING,
    signs: someSigns(299, FIRST),
    expect: { type: 'Kept', dueInMs: 1_000 },
  },
  {
    name: 'and is missed all the same',
    attempt: RUNNING,
    signs: someSigns(301, { ...FIRST, lookedAgoMs: 500 }),
    expect: {
      type: 'Broken',
      message: `No first heartbeat came within 300 s. Can the task reach ${URL}, and does it send any?`,
    },
  },
  {
    name: 'who has beaten before a restart owes the next one, not the first',
    attempt: RUNNING,
    signs: someSigns(106, { isHeard: false, lookedAgoMs: 0 }),
    expect: { type: 'Broken' },
  },
  {
    name: 'Notify says so, too',
    attempt: anAttempt({ ...EVERY_30_S, onMissed: 'Notify' }),
    signs: someSigns(110, { lookedAgoMs: 0 }),
    expect: { type: 'Broken', onMissed: 'Notify' },
  },
  {
    name: 'health is spoken of as health',
    attempt: anAttempt({ ...EVERY_30_S, source: 'ContainerHealth' }),
    signs: someSigns(110, { lookedAgoMs: 0 }),
    expect: { message: 'The container was not HEALTHY for 105 s.' },
  },
  {
    name: 'and lines as lines',
    attempt: anAttempt({ ...EVERY_30_S, source: 'Logs', missed: 10 }),
    signs: someSigns(316, { lookedAgoMs: 0 }),
    expect: { message: 'No line was logged for 315 s.' },
  },
]

describe('judging a lease', () => {
  test.each(CASES)('$name', ({ attempt, signs, expect: wanted }) => {
    expect(judgeLease({ attempt, task: taskOf(attempt), signs })).toMatchObject(wanted)
  })

  test('who beats within every window is never judged broken, whatever the setting', () => {
    const settings = fc.record({
      frequencySeconds: fc.integer({ min: 30, max: 86_400 }),
      missed: fc.integer({ min: 1, max: 100 }),
    })
    fc.assert(
      fc.property(settings, fc.double({ min: 0, max: 1, noNaN: true }), (heartbeat, late) => {
        // All but one of those that may be missed are lost, and the last one is late.
        const silentMs = (heartbeat.frequencySeconds * heartbeat.missed + 14.9 * late) * 1000
        const attempt = anAttempt(heartbeat)
        const signs = { ...someSigns(0, { lookedAgoMs: 0 }), silentMs }
        expect(judgeLease({ attempt, task: taskOf(attempt), signs }).type).toBe('Kept')
      }),
    )
  })

  test('asking again when it says so gives a verdict that is final', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 104_999, noNaN: true }), (silentMs) => {
        const task = taskOf(RUNNING)
        const before = judgeLease({ attempt: RUNNING, task, signs: { ...someSigns(0), silentMs } })
        if (before.type !== 'Kept') throw new Error(before.type)
        const after = silentMs + before.dueInMs
        const signs = { ...someSigns(0), silentMs: after }
        expect(judgeLease({ attempt: RUNNING, task, signs }).type).toBe('LookFirst')
      }),
    )
  })
})
