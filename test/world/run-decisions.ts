import { expect } from 'vitest'
import { decideRun } from '../../src/controllers/run/decide.ts'
import type { RunPlan, RunWorld } from '../../src/controllers/run/world.ts'
import { isoTime } from '../../src/lib/instant.ts'
import type { DefinitionRow } from '../../src/store/definitions.ts'
import type { AttemptRow } from '../../src/store/types.ts'
import { aWorld, NOON } from './builders.ts'

export const NETWORK: NonNullable<RunWorld['facts']['network']> = {
  vpcId: 'vpc-1',
  subnets: [{ subnetId: 'subnet-1', vpcId: 'vpc-1', availabilityZone: 'us-east-1a', tags: {} }],
}

export const REGISTERED: DefinitionRow = {
  account: 'us-east-1',
  family: 'capstan-default-hello',
  hash: 'any',
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/capstan-default-hello:1',
  revision: 1,
  registeredAtMs: NOON,
  lastUsedAtMs: NOON,
  status: 'ACTIVE',
  autoDeregister: false,
}

/** Everything that a launch asks for is known. */
export const READY: Partial<RunWorld> = {
  facts: { definitions: {}, network: NETWORK },
  definition: () => REGISTERED,
}

export const DELETED = { meta: { deletionTimestamp: isoTime(NOON) } }

export interface Case {
  readonly name: string
  readonly world: Partial<RunWorld>
  readonly nowMs?: number
  readonly expect: {
    readonly state?: string
    readonly call?: string
    readonly writes?: readonly string[]
    readonly outcome?: string | number
    readonly why?: RegExp
    readonly message?: RegExp
  }
}

export function summary(plan: RunPlan): Record<string, unknown> {
  const { state, whyPending } = plan.status
  return {
    state: state && `${state.type}/${state.name}`,
    call: plan.call?.type ?? 'none',
    writes: plan.writes.map((write) => write.type),
    outcome: plan.outcome.type === 'AwaitChange' ? 'AwaitChange' : plan.outcome.delayMs,
    why: whyPending ?? '',
    message: state?.message ?? '',
  }
}

export function check({ world, nowMs = NOON, expect: wanted }: Case): void {
  const seen = summary(decideRun(aWorld(world), nowMs))
  const { why, message, ...exact } = wanted
  expect(seen).toMatchObject(exact)
  if (why) expect(seen['why']).toMatch(why)
  if (message) expect(seen['message']).toMatch(message)
}

export function insertedBy(world: RunWorld, nowMs: number): AttemptRow | undefined {
  const write = decideRun(world, nowMs).writes.find(({ type }) => type === 'InsertAttempt')
  return write?.type === 'InsertAttempt' ? write.row : undefined
}
