import { describe, expect, test } from 'vitest'
import type { ProbeOutcome } from '../controllers/recovery/controller.ts'
import { StoreUnusable } from '../store/errors.ts'
import type { Fence } from '../store/fence.ts'
import { createWriteGate } from './write-gate.ts'

const OPEN: Fence = {
  fallen: () => undefined,
  check: () => {},
  beforeLaunch: () => Promise.resolve(),
}

describe('the gate before AWS', () => {
  test('is closed until it is settled whose database this is', async () => {
    await expect(createWriteGate().before('StopTask')).rejects.toThrow('before the identity')
  })

  test('asks the fence, for launches with their record', async () => {
    const gate = createWriteGate()
    const fallen = new StoreUnusable('Replaced', 'taken over')
    const full = new StoreUnusable('Full', 'the disk is full')
    const fence: Fence = {
      fallen: () => fallen,
      check: () => {
        throw fallen
      },
      beforeLaunch: () => Promise.reject(full),
    }
    gate.open(fence, undefined)
    await expect(gate.before('StopTask')).rejects.toBe(fallen)
    await expect(gate.before('RunTask')).rejects.toBe(full)
  })

  test.each<[ProbeOutcome, boolean, boolean]>([
    ['Clean', true, true],
    ['Traces', false, true],
    ['Stopped', false, false],
  ])('lets launches wait for what ECS knows: %s', async (outcome, waitingLeaves, laterLeaves) => {
    const gate = createWriteGate()
    let answer: (outcome: ProbeOutcome) => void = () => {}
    gate.open(
      OPEN,
      new Promise((resolve) => {
        answer = resolve
      }),
    )
    const waiting = [gate.before('RunTask'), gate.before('RunTask')]
    await gate.before('RegisterTaskDefinition')
    answer(outcome)
    const left = (await Promise.allSettled(waiting)).map(({ status }) => status === 'fulfilled')
    expect(left).toEqual([waitingLeaves, waitingLeaves])
    const later = await gate.before('RunTask').then(
      () => true,
      () => false,
    )
    expect(later).toBe(laterLeaves)
  })
})
