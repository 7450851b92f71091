import { describe, expect, test } from 'vitest'
import type { TemplateSpec } from '../../kinds/generated.ts'
import type { EndedTry } from './retry.ts'
import { withLaunchType, withMoreMemory } from './retry-changes.ts'

const OOM: EndedTry = {
  number: 1,
  try: 1,
  class: 'OutOfMemory',
  reason: '',
  endedAtMs: 0,
  lost: false,
}
const rules: NonNullable<TemplateSpec['retry']>['rules'] = [
  { when: {}, action: 'Retry', limit: 9, change: { memoryFactor: 1.5, launchType: 'EC2' } },
]
const FACTOR_ONLY = {
  rules: [{ when: {}, action: 'Retry' as const, change: { memoryFactor: 1.5 } }],
}

describe('memory of the next attempt', () => {
  const cases: readonly {
    readonly name: string
    readonly template: TemplateSpec
    readonly base?: { readonly cpu?: string; readonly memory?: string }
    readonly tries?: number
    readonly expect: { readonly cpu?: number; readonly memory?: number }
  }[] = [
    {
      name: 'stays without a failure',
      template: { memory: 512 },
      tries: 0,
      expect: { memory: 512 },
    },
    {
      name: 'steps to the next Fargate size',
      template: { cpu: 256, memory: 512 },
      expect: { cpu: 256, memory: 1024 },
    },
    {
      name: 'takes more CPU where it must',
      template: { cpu: 256, memory: 2048 },
      expect: { cpu: 512, memory: 3072 },
    },
    { name: 'starts at the default', template: {}, expect: { cpu: 1024, memory: 3072 } },
    {
      name: 'starts at the size of the linked definition, never below it',
      template: { taskDefinitionArn: 'large:1' },
      base: { cpu: '4 vCPU', memory: '16384' },
      expect: { cpu: 4096, memory: 24_576 },
    },
    {
      name: 'starts at the size of the written definition',
      template: { taskDefinition: { cpu: '2048', memory: '8 GB' } },
      expect: { cpu: 2048, memory: 12_288 },
    },
    {
      name: 'grows by the factor alone elsewhere',
      template: { launchType: 'EC2', memory: 700 },
      expect: { memory: 1050 },
    },
    {
      name: 'grows again each time',
      template: { launchType: 'EC2', memory: 1000 },
      tries: 2,
      expect: { memory: 2250 },
    },
  ]
  test.each(cases)('$name', ({ template, base, tries = 1, expect: size }) => {
    const ends = Array.from({ length: tries }, () => OOM)
    const changed = withMoreMemory(
      { ...template, retry: FACTOR_ONLY },
      { tries: ends, rung: 0, base: base as never },
    )
    expect({ cpu: changed.cpu, memory: changed.memory }).toEqual({
      cpu: size.cpu ?? template.cpu,
      memory: size.memory,
    })
  })
})

test('a launch type that a rule names replaces ladder and strategy', () => {
  const template: TemplateSpec = {
    retry: { rules },
    capacityLadder: [{ launchType: 'FARGATE_SPOT' }],
    capacityProviderStrategy: [{ capacityProvider: 'x' }],
  }
  const { retry: _, ...changed } = withLaunchType(template, [OOM])
  expect(changed).toEqual({ launchType: 'EC2' })
})
