import { describe, expect, test } from 'vitest'
import { WriteTooEarly } from '../aws/write-gate.ts'
import { StoreUnusable } from '../store/errors.ts'
import type { Fence } from '../store/fence.ts'
import { createWriteGate } from './write-gate.ts'

const OPEN: Fence = {
  fallen: () => undefined,
  check: () => {},
  beforeLaunch: () => Promise.resolve(),
}

const ANYWHERE = {
  account: 'aws us-east-1 default',
  cluster: undefined,
  clientToken: 't',
  isRepeat: false,
}
const UNJUDGED = { before: undefined, judge: () => {} }

describe('the gate before AWS', () => {
  test('is closed until it is settled whose database this is', async () => {
    await expect(createWriteGate().before('StopTask', ANYWHERE)).rejects.toThrow(
      'before the identity',
    )
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
    gate.open(fence, UNJUDGED)
    await expect(gate.before('StopTask', ANYWHERE)).rejects.toBe(fallen)
    await expect(gate.before('RunTask', ANYWHERE)).rejects.toBe(full)
  })

  test('asks recovery where a launch goes, and nobody for any other write', async () => {
    const gate = createWriteGate()
    const asked: unknown[] = []
    const tooEarly = new WriteTooEarly('blue is silent')
    gate.open(OPEN, {
      ...UNJUDGED,
      before(launch) {
        asked.push(launch)
        return launch.cluster === 'blue' ? Promise.reject(tooEarly) : Promise.resolve()
      },
    })
    await gate.before('RegisterTaskDefinition', ANYWHERE)
    await expect(gate.before('RunTask', { ...ANYWHERE, cluster: 'blue' })).rejects.toBe(tooEarly)
    await gate.before('RunTask', ANYWHERE)
    expect(asked).toEqual([{ ...ANYWHERE, cluster: 'blue' }, ANYWHERE])
  })

  test('asks the fence after recovery, and the age last: much may have happened while they were waited for', async () => {
    const gate = createWriteGate()
    const order: string[] = []
    const fence = { ...OPEN, beforeLaunch: async () => void order.push('fence') }
    gate.open(fence, {
      before: async () => void order.push('recovery'),
      judge: () => void order.push('age'),
    })
    await gate.before('StopTask', ANYWHERE)
    expect(order).toEqual([])
    await gate.before('RunTask', ANYWHERE)
    expect(order).toEqual(['recovery', 'fence', 'age'])
  })
})
