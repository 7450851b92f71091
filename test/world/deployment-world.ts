import { decideDeployment } from '../../src/controllers/deployment/decide.ts'
import { createScheduleReader } from '../../src/controllers/deployment/read-schedule.ts'
import type {
  DeploymentPlan,
  DeploymentRun,
  DeploymentWorld,
} from '../../src/controllers/deployment/world.ts'
import type { Deployment, DeploymentStatus } from '../../src/kinds/deployment.ts'
import type { DeploymentSpec, Schedule } from '../../src/kinds/generated.ts'
import { API_VERSION } from '../../src/kinds/meta.ts'
import { isoTime } from '../../src/lib/instant.ts'
import { HOUR, NOON, SECOND } from './builders.ts'

export const DAY = 24 * HOUR

export const UID = '3f6f5b1c-2222-5222-8222-222222222222'

export const read = createScheduleReader()

export function aDeployment(spec: DeploymentSpec, status?: DeploymentStatus): Deployment {
  return {
    apiVersion: API_VERSION,
    kind: 'Deployment',
    metadata: {
      name: 'etl',
      namespace: 'default',
      uid: UID,
      resourceVersion: '3',
      generation: 1,
      creationTimestamp: isoTime(NOON - 30 * SECOND),
    },
    spec,
    ...(status && { status }),
  }
}

export function aDeploymentWorld(different: Partial<DeploymentWorld> = {}): DeploymentWorld {
  return {
    deployment: aDeployment({}),
    runs: [],
    ended: [],
    registeredAhead: undefined,
    read: (schedule) => read(schedule, UID),
    isMade: () => false,
    isTaken: () => false,
    ...different,
  }
}

export function scheduled(
  schedule: Schedule,
  status?: DeploymentStatus,
  more: DeploymentSpec = {},
) {
  return aDeploymentWorld({ deployment: aDeployment({ schedules: [schedule], ...more }, status) })
}

/** The world after a plan, as if it had been applied. */
export function after(world: DeploymentWorld, plan: DeploymentPlan): DeploymentWorld {
  const { spec } = world.deployment
  const made = plan.create.map(
    ({ kind, metadata }): DeploymentRun => ({
      key: { kind, namespace: metadata.namespace, name: metadata.name },
      stateType: undefined,
      isOwned: true,
      isDeleting: false,
      createdAt: metadata.creationTimestamp,
      completedAt: undefined,
      taskDefinitionArn: undefined,
    }),
  )
  return {
    ...world,
    deployment: aDeployment(spec, plan.status),
    runs: [...world.runs, ...made],
  }
}

/** The status of a deployment whose schedules were dealt with up to then. */
export function handled(world: DeploymentWorld, untilMs: number): DeploymentWorld {
  const plan = decideDeployment({ ...world, isMade: () => true }, untilMs)
  return after(world, plan)
}

export function names(plan: DeploymentPlan): readonly string[] {
  return plan.create.map(({ metadata }) => metadata.name)
}
