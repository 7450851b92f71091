import { describe, expect, test } from 'vitest'
import type { Expected } from '../../test/world/aws-doubts.ts'
import { classifyFailure } from './errors.ts'
import { FAILURE_RULES } from './failure-rules.ts'

const FAILURES: readonly (readonly [string, string | undefined, ...Expected])[] = [
  ['RESOURCE:CPU', undefined, 'Capacity', 'Capacity'],
  ['RESOURCE:MEMORY', undefined, 'Capacity', 'Capacity'],
  ['RESOURCE:PORTS', undefined, 'Capacity', 'Capacity'],
  ['RESOURCE:ENI', undefined, 'Capacity', 'Capacity'],
  ['RESOURCE:GPU', undefined, 'Capacity', 'Capacity'],
  ['RESOURCE:SOMETHING_NEW', undefined, 'Capacity', 'Capacity'],
  ['AGENT', undefined, 'Capacity', 'Capacity'],
  ['ATTRIBUTE', 'ecs.capability.x', 'Terminal', 'ConfigurationError'],
  ['LOCATION', undefined, 'Terminal', 'ConfigurationError'],
  ['MemberOf placement constraint unsatisfied', undefined, 'Terminal', 'ConfigurationError'],
  ['MISSING', undefined, 'NotFound', 'Unknown'],
  ['INACTIVE', undefined, 'Terminal', 'ConfigurationError'],
  [
    'Capacity is unavailable at this time. Please try again later or in a different availability zone',
    undefined,
    'Capacity',
    'Capacity',
  ],
  [
    'You’ve reached the limit on the number of vCPUs you can run concurrently',
    undefined,
    'QuotaVcpu',
    'Capacity',
  ],
  [
    "You've reached the limit on the number of tasks you can run concurrently",
    undefined,
    'QuotaVcpu',
    'Capacity',
  ],
  [
    'The requested CPU configuration is above your limit',
    undefined,
    'Terminal',
    'ConfigurationError',
  ],
  [
    'The requested MEMORY configuration is above your limit',
    undefined,
    'Terminal',
    'ConfigurationError',
  ],
  [
    'No Container Instances were found in your cluster.',
    undefined,
    'Terminal',
    'ConfigurationError',
  ],
  ['TaskDefinition is inactive', undefined, 'NotFound', 'ConfigurationError'],
  ['Rate exceeded', undefined, 'Throttle', 'Capacity'],
  ['AccessDenied', undefined, 'Terminal', 'ConfigurationError'],
  ['SOMETHING_NEW', 'a detail', 'Retry', 'Unknown'],
]

describe('classifyFailure', () => {
  test.each(FAILURES)('%s', (reason, detail, ...expected) => {
    const known = classifyFailure(reason, detail)
    expect([known.verdict, known.class]).toEqual(expected)
    expect(known.advice).toContain(reason)
  })

  test('every row of the table decides some case', () => {
    const used = new Set(
      FAILURES.map(
        ([reason, detail]) => classifyFailure(reason, detail).advice.split(' AWS says:')[0],
      ),
    )
    expect(
      FAILURE_RULES.filter((rule) => !used.has(rule.advice)).map((rule) => rule.because),
    ).toEqual([])
  })
})
