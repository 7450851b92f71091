import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  LABEL,
  resourceId,
  toCanonical,
  toCanonicalLabels,
  toPrefect,
  toPrefectLabels,
  uidOfResource,
} from './event.ts'

const PAIRS: readonly (readonly [canonical: string, prefect: string])[] = [
  ['capstan.run.Running', 'prefect.flow-run.Running'],
  ['capstan.run.heartbeat', 'prefect.flow-run.heartbeat'],
  ['capstan.run.*', 'prefect.flow-run.*'],
  ['capstan.resource.id', 'prefect.resource.id'],
  ['capstan.resource.name', 'prefect.resource.name'],
  ['capstan.deployment.0190', 'prefect.deployment.0190'],
  ['capstan.work-pool.0190', 'prefect.work-pool.0190'],
  ['capstan.work-queue.0190.fast', 'prefect.work-queue.0190.fast'],
  ['capstan.automation.0190', 'prefect.automation.0190'],
  ['capstan.task.stopped', 'prefect.ecs.task.stopped'],
  ['capstan.tag.team=data', 'prefect.tag.team=data'],
  ['capstan.state-type', 'prefect.state-type'],
  ['capstan.run-count', 'prefect.run-count'],
]

describe('names', () => {
  test.each(PAIRS)('%s is %s', (canonical, prefect) => {
    expect(toPrefect(canonical)).toBe(prefect)
    expect(toCanonical(prefect)).toBe(canonical)
    expect(toCanonical(canonical)).toBe(canonical)
  })

  test.each(['prefect.task-run.Running', 'prefect.version', 'my.event', 'prefect.flow-runs', ''])(
    '%s has no synonym',
    (text) => {
      expect(toCanonical(text)).toBe(text)
      expect(toPrefect(text)).toBe(text)
    },
  )

  test('what a client of Prefect sends comes back as it was', () => {
    const beginnings = fc.constantFrom(...PAIRS.map(([, prefect]) => prefect), 'x.', 'prefect.')
    fc.assert(
      fc.property(beginnings, fc.string(), (beginning, rest) => {
        fc.pre(!`${beginning}${rest}`.startsWith('capstan.'))
        expect(toPrefect(toCanonical(beginning + rest))).toBe(beginning + rest)
      }),
    )
  })
})

describe('labels', () => {
  const canonical = {
    [LABEL.id]: 'capstan.run.0190',
    [LABEL.role]: 'run',
    [LABEL.name]: 'prefect.flow-run.is-my-name',
    'my.label': 'capstan.run.0190',
  }
  const prefect = {
    'prefect.resource.id': 'prefect.flow-run.0190',
    'prefect.resource.role': 'flow-run',
    'prefect.resource.name': 'prefect.flow-run.is-my-name',
    'my.label': 'capstan.run.0190',
  }
  test('keys, ids and roles are translated, other values are not', () => {
    expect(toPrefectLabels(canonical)).toEqual(prefect)
    expect(toCanonicalLabels(prefect)).toEqual(canonical)
  })
})

describe('ids', () => {
  test('name what they are of', () => {
    expect(resourceId('workPool', 'u')).toBe('capstan.work-pool.u')
    expect(uidOfResource('run', 'capstan.run.u')).toBe('u')
    expect(uidOfResource('run', 'capstan.work-pool.u')).toBeUndefined()
    expect(uidOfResource('run', undefined)).toBeUndefined()
  })
})
