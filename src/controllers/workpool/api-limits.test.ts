import { expect, test } from 'vitest'
import type { AwsTarget } from '../../aws/ports.ts'
import type { ApiLimits } from '../../kinds/generated.ts'
import { createPoolApiLimits } from './api-limits.ts'

/** What an account was told: the region, and the rate or `none`. */
function recording() {
  const told: string[] = []
  const setApiLimits = (target: AwsTarget, owner: string, limits: ApiLimits | undefined): void => {
    if (target.region === undefined) throw new Error('no region is configured')
    told.push(`${owner} ${target.region} ${limits?.clusterModify?.perSecond ?? 'none'}`)
  }
  return { told, limits: createPoolApiLimits({ setApiLimits }) }
}

const east = { region: 'us-east-1' }
const west = { region: 'us-west-2' }
const rate = (perSecond: number): ApiLimits => ({ clusterModify: { perSecond } })

test('a pool’s limits go to its account once, and move with it', () => {
  const { told, limits } = recording()
  limits.apply('default/a', { target: east, limits: rate(5) })
  limits.apply('default/a', { target: east, limits: rate(5) })
  limits.apply('default/b', { target: east, limits: undefined })
  limits.apply('default/a', { target: west, limits: rate(5) })
  limits.apply('default/a', undefined)
  limits.apply('default/a', undefined)
  expect(told).toEqual([
    'default/a us-east-1 5',
    'default/a us-east-1 none',
    'default/a us-west-2 5',
    'default/a us-west-2 none',
  ])
})

test('an account that cannot be had is told about and asked for again', () => {
  const { told, limits } = recording()
  const wrong = { target: {}, limits: rate(5) }
  expect(limits.apply('default/a', wrong)).toBe('no region is configured')
  expect(limits.apply('default/a', wrong)).toBe('no region is configured')
  expect(told).toEqual([])
})
