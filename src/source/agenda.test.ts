import { expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { Agenda, type Task } from './agenda.ts'
import type { SyncReport } from './report.ts'

const NOTHING_NEXT = { ok: true, next: {} } as SyncReport
const EVERYTHING: Task = { type: 'Everything', paths: [], revisit: new Set() }
const FILES: Task = { ...EVERYTHING, type: 'Files', paths: ['a.yaml'] }

test.each([
  // Took, next look after it, next look after a look at single files.
  { tookMs: 0, timerMs: 10_000, verifyMs: 5_000 },
  { tookMs: 25, timerMs: 10_000, verifyMs: 5_000 },
  { tookMs: 100, timerMs: 40_000, verifyMs: 5_000 },
  { tookMs: 2_000, timerMs: 60_000, verifyMs: 20_000 },
  { tookMs: 90_000, timerMs: 60_000, verifyMs: 60_000 },
])('a look at everything that took $tookMs ms comes again after $timerMs', (at) => {
  const agenda = new Agenda(new FakeClock())
  agenda.looked(EVERYTHING, NOTHING_NEXT, at.tookMs)
  expect(agenda.nextMs()).toBe(at.timerMs)
  agenda.looked(FILES, NOTHING_NEXT, 3)
  expect(agenda.nextMs()).toBe(Math.min(at.timerMs, at.verifyMs))
})
