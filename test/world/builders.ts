import type { ContainerSnapshot, TaskSnapshot } from '../../src/aws/ports.ts'
import { clientTokenOf, startedByOf } from '../../src/controllers/attempt-identity.ts'
import {
  type Admission,
  NO_FACTS,
  type Resolved,
  type RunWorld,
} from '../../src/controllers/run/world.ts'
import type { TaskDelays } from '../../src/emulator/config.ts'
import type { RunSpec, TemplateSpec } from '../../src/kinds/generated.ts'
import { API_VERSION, type ObjectMeta, WIRE } from '../../src/kinds/meta.ts'
import type { Run, RunState, RunStatus } from '../../src/kinds/run.ts'
import { isoTime } from '../../src/lib/instant.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import type { AttemptRow } from '../../src/store/types.ts'

/** The instant at which every table of worlds begins. */
export const NOON = Date.UTC(2026, 0, 15, 12, 0, 0)
export const SECOND = 1000
export const MINUTE = 60 * SECOND
export const HOUR = 60 * MINUTE

/** Every state of a task is passed, and none for much longer than it takes to be seen. */
export const BRISK_DELAYS: TaskDelays = {
  provisioningMs: 2_000,
  pendingMs: 6_000,
  activatingMs: 0,
  stopLagMs: 1_000,
  deactivatingMs: 0,
  deprovisioningMs: 3_000,
}

export const RUN_UID = '0b6f5b1c-1111-5111-8111-111111111111'
const CLUSTER_ARN = 'arn:aws:ecs:us-east-1:000000000000:cluster/default'

/** A Run as it is right after it was created; `meta`, `spec` and `status` say what is different. */
export function aRun(
  different: {
    readonly meta?: Partial<ObjectMeta>
    readonly spec?: RunSpec
    readonly status?: RunStatus
  } = {},
): Run {
  return {
    apiVersion: API_VERSION,
    kind: 'Run',
    metadata: {
      name: 'hello',
      namespace: 'default',
      uid: RUN_UID,
      resourceVersion: '7',
      generation: 1,
      creationTimestamp: isoTime(NOON - MINUTE),
      finalizers: [WIRE.finalizerTask],
      ...different.meta,
    },
    spec: different.spec ?? {},
    ...(different.status && { status: different.status }),
  }
}

export function inState(type: RunState['type'], name: string): RunStatus {
  return { state: { type, name, timestamp: isoTime(NOON - MINUTE) } }
}

/** An attempt in Intent, created at NOON. */
export function anAttempt(different: Partial<AttemptRow> = {}): AttemptRow {
  const number = different.number ?? 1
  const tryNumber = different.try ?? 1
  const key = { runUid: RUN_UID, index: 0, number, try: tryNumber }
  return {
    runUid: RUN_UID,
    namespace: 'default',
    runName: 'hello',
    index: 0,
    number,
    try: tryNumber,
    clientToken: clientTokenOf(key),
    startedBy: startedByOf(key),
    account: 'us-east-1',
    cluster: 'default',
    workPool: 'default',
    containerName: 'main',
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/capstan-default-hello:1',
    body: '{}',
    phase: 'Intent',
    epoch: 1,
    createdAtMs: NOON,
    sentAtMs: NOON,
    sends: 1,
    ...different,
  }
}

/** An attempt whose task is known; `task` says how ECS sees it. */
export function aLaunched(
  task: Partial<TaskSnapshot> = {},
  different: Partial<AttemptRow> = {},
): AttemptRow {
  const snapshot = aTask({ taskArn: `${CLUSTER_ARN}/task-${different.number ?? 1}`, ...task })
  return anAttempt({
    phase: 'Launched',
    taskArn: snapshot.taskArn,
    clusterArn: snapshot.clusterArn,
    version: snapshot.version,
    observation: snapshot as unknown as JsonObject,
    observedAtMs: NOON,
    ...different,
  })
}

/** An attempt that is over. */
export function anEnded(
  outcome: NonNullable<AttemptRow['outcomeClass']>,
  different: Partial<AttemptRow> = {},
): AttemptRow {
  return aLaunched(
    { lastStatus: 'STOPPED', desiredStatus: 'STOPPED' },
    {
      phase: 'Stopped',
      outcomeClass: outcome,
      outcomeMessage: 'It ended.',
      endedAtMs: NOON,
      ...different,
    },
  )
}

export function aTask(different: Partial<TaskSnapshot> = {}): TaskSnapshot {
  return {
    taskArn: `${CLUSTER_ARN}/task-1`,
    clusterArn: CLUSTER_ARN,
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/capstan-default-hello:1',
    version: 1,
    lastStatus: 'PROVISIONING',
    desiredStatus: 'RUNNING',
    containers: [{ name: 'main' }],
    tags: {},
    ...different,
  }
}

/** A task that has run; its main container ended with `exitCode`, or without one. */
export function aStoppedTask(
  exitCode: number | undefined,
  different: Partial<TaskSnapshot> = {},
): Partial<TaskSnapshot> {
  const container: ContainerSnapshot = { name: 'main', lastStatus: 'STOPPED' }
  return {
    version: 5,
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stopCode: 'EssentialContainerExited',
    stoppedReason: 'Essential container in task exited',
    startedAtMs: NOON + SECOND,
    stoppedAtMs: NOON + MINUTE,
    containers: [exitCode === undefined ? container : { ...container, exitCode }],
    ...different,
  }
}

export function valid(template: TemplateSpec = { image: 'busybox' }): Resolved {
  return { type: 'Valid', template, warnings: [] }
}

/** Nobody has anything against a launch. */
export const OPEN: Admission = {
  isIndependent: true,
  dependencies: () => ({ type: 'Met' }),
  closed: () => undefined,
  replacedBy: () => undefined,
  turn: () => ({ type: 'Go', tasks: Number.POSITIVE_INFINITY }),
}

/** Tasks can beat, and none has been heard of. */
export const QUIET: RunWorld['heartbeat'] = {
  url: 'http://127.0.0.1:4000',
  token: () => 'token-of-the-run',
  signs: () => undefined,
}

/** The world of one run: valid template, default pool, free slot, nothing known of AWS. */
export function aWorld(different: Partial<RunWorld> = {}): RunWorld {
  return {
    run: aRun(),
    resolve: () => valid(),
    workPool: { name: 'default', suspended: undefined, isDrained: false, queue: 'default' },
    deployment: undefined,
    attempts: [],
    account: { id: 'us-east-1', region: 'us-east-1' },
    facts: NO_FACTS,
    lookedAtMs: () => Number.POSITIVE_INFINITY,
    ageMs: () => undefined,
    heartbeat: QUIET,
    network: () => undefined,
    definition: () => undefined,
    admission: OPEN,
    controller: { name: 'default', epoch: 1, instance: 'instance-1' },
    ...different,
  }
}
