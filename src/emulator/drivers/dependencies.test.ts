import { expect, test } from 'vitest'
import { type ContainerPhase, readiness } from './dependencies.ts'
import type { DriverContainer } from './driver.ts'

const waiting: ContainerPhase = { type: 'Waiting' }
const running: ContainerPhase = { type: 'Running', healthy: false }
const healthy: ContainerPhase = { type: 'Running', healthy: true }
const ended = (exitCode: number | undefined): ContainerPhase => ({ type: 'Ended', exitCode })

test.each([
  ['START', waiting, 'Waiting'],
  ['START', running, 'Ready'],
  ['START', ended(1), 'Ready'],
  ['COMPLETE', running, 'Waiting'],
  ['COMPLETE', ended(1), 'Ready'],
  ['SUCCESS', running, 'Waiting'],
  ['SUCCESS', ended(0), 'Ready'],
  ['SUCCESS', ended(1), 'Impossible'],
  ['SUCCESS', ended(undefined), 'Impossible'],
  ['HEALTHY', waiting, 'Waiting'],
  ['HEALTHY', running, 'Waiting'],
  ['HEALTHY', healthy, 'Ready'],
  ['HEALTHY', ended(0), 'Impossible'],
] as const)('%s on %j: %s', (condition, phase, type) => {
  const container: DriverContainer = {
    name: 'main',
    image: 'image',
    essential: true,
    command: [],
    environment: {},
    secretNames: [],
    workingDirectory: undefined,
    stopTimeoutMs: 0,
    dependsOn: [{ containerName: 'other', condition }],
    healthCheck: undefined,
    entryPoint: [],
    limits: {},
    definition: {},
  }
  expect(readiness(container, () => phase).type).toBe(type)
  expect(readiness({ ...container, dependsOn: [] }, () => phase).type).toBe('Ready')
})
