import { describe, expect, test } from 'vitest'
import { aRun, aWorld, NOON, QUIET, RUN_UID, valid } from '../../../test/world/builders.ts'
import type { TemplateSpec } from '../../kinds/generated.ts'
import { decideRun } from './decide.ts'
import type { RunPlan, RunWorld } from './world.ts'

const TEMPLATE: TemplateSpec = {
  image: 'busybox',
  launchType: 'EC2',
  heartbeat: { frequencySeconds: 60 },
}
const REGISTERED = {
  account: 'us-east-1',
  family: 'f',
  hash: 'h',
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:1:task-definition/f:1',
  revision: 1,
  registeredAtMs: NOON,
  lastUsedAtMs: NOON,
  status: 'ACTIVE',
  autoDeregister: false,
} as const

function launch(template: TemplateSpec, different: Partial<RunWorld> = {}): RunPlan {
  const world = aWorld({
    resolve: () => valid(template),
    definition: () => REGISTERED,
    ...different,
  })
  return decideRun(world, NOON)
}

function rowOf(plan: RunPlan) {
  const [write] = plan.writes
  if (write?.type !== 'InsertAttempt') throw new Error('nothing was launched')
  return write.row
}

function environmentOf(plan: RunPlan): Readonly<Record<string, string>> {
  const body = JSON.parse(rowOf(plan).body)
  const [container] = body.overrides.containerOverrides
  return Object.fromEntries(
    container.environment.map(({ name, value }: { name: string; value: string }) => [name, value]),
  )
}

function warnings(plan: RunPlan): readonly string[] {
  return plan.events.filter(({ type }) => type === 'Warning').map(({ message }) => message)
}

describe('a launch with a heartbeat', () => {
  test('freezes what is owed, and tells the task', () => {
    const plan = launch(TEMPLATE)
    expect(rowOf(plan).heartbeat).toEqual({
      frequencySeconds: 60,
      windowSeconds: 195,
      firstBeatSeconds: 300,
      source: 'Http',
      onMissed: 'Crash',
      url: QUIET.url,
    })
    expect(environmentOf(plan)).toEqual({
      PREFECT_FLOWS_HEARTBEAT_FREQUENCY: '60',
      CAPSTAN_HEARTBEAT_URL: `${QUIET.url}/capstan/heartbeats/${RUN_UID}/0/1`,
      CAPSTAN_HEARTBEAT_TOKEN: 'token-of-the-run',
      CAPSTAN_HEARTBEAT_SECONDS: '60',
      CAPSTAN_RUN_UID: RUN_UID,
    })
    expect(warnings(plan)).toEqual([])
  })

  test('is the same when it is planned again', () => {
    expect(rowOf(launch(TEMPLATE)).body).toBe(rowOf(launch(TEMPLATE)).body)
  })

  test('of an array names the index', () => {
    const run = aRun({ spec: { array: 2 } })
    expect(environmentOf(launch(TEMPLATE, { run }))).toMatchObject({
      CAPSTAN_ARRAY_INDEX: '0',
      CAPSTAN_HEARTBEAT_URL: `${QUIET.url}/capstan/heartbeats/${RUN_UID}/0/1`,
    })
  })

  test('that no task could reach is a warning, and there is no address to judge by', () => {
    const plan = launch(TEMPLATE, { heartbeat: { ...QUIET, url: undefined } })
    expect(rowOf(plan).heartbeat).not.toHaveProperty('url')
    expect(environmentOf(plan)).not.toHaveProperty('CAPSTAN_HEARTBEAT_URL')
    expect(environmentOf(plan)).toHaveProperty('CAPSTAN_HEARTBEAT_TOKEN')
    expect(warnings(plan).join()).toContain('--heartbeat-listen or --heartbeat-url')
  })

  test('counts over what the template says under the same names, and tells', () => {
    const plan = launch({ ...TEMPLATE, env: { CAPSTAN_RUN_UID: 'mine', OTHER: 'x' } })
    expect(environmentOf(plan)).toMatchObject({ CAPSTAN_RUN_UID: RUN_UID, OTHER: 'x' })
    expect(warnings(plan)).toEqual([
      'template.env.CAPSTAN_RUN_UID: CAPSTAN_RUN_UID is set by Capstan itself; this value is not sent.',
    ])
  })
})

test('a launch without one says nothing of it', () => {
  const { heartbeat: _, ...template } = TEMPLATE
  const plan = launch(template)
  expect(rowOf(plan)).not.toHaveProperty('heartbeat')
  expect(environmentOf(plan)).toEqual({})
})
