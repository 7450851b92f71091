import { packageVersion } from '../../src/cli/package-version.ts'
import { unsettleForeign } from '../../src/controllers/full-look.ts'
import { API_VERSION, DEFAULT_NAMESPACE, WIRE } from '../../src/kinds/meta.ts'
import { isoTime } from '../../src/lib/instant.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { systemRandom } from '../../src/lib/random.ts'
import type { AttemptRow, NewObject, Store } from '../../src/store/types.ts'

/** Rows in one transaction. */
const PAGE = 1_000

const TEMPLATE = { image: 'busybox', family: 'bench', cpu: 256, memory: 512 }

/** Runs that nobody has looked at yet: `run-0`, `run-1`, … */
export function fillNewRuns(store: Store, count: number, spec: JsonObject = {}): void {
  inPages(store, count, (index) => {
    store.objects.create(newRun(index, spec))
  })
}

/**
 * Runs that are over, each with its attempt, its history and a status of some 1 kB, as this version of the
 * program leaves them behind.
 */
export function fillFinishedRuns(store: Store, count: number): void {
  unsettleForeign(store, packageVersion())
  inPages(store, count, (index) => {
    const run = newRun(index, {})
    const { uid, name } = run.metadata
    const attempt = endedAttempt(uid, name)
    store.objects.create({ ...run, status: finishedStatus(attempt) })
    store.attempts.insert(attempt)
    store.attempts.update(attempt.clientToken, {
      phase: 'Stopped',
      taskArn: taskArn(uid),
      outcomeClass: 'Success',
      exitCode: 0,
      endedAtMs: attempt.createdAtMs + 60_000,
    })
    store.history.put({
      uid,
      namespace: DEFAULT_NAMESPACE,
      name,
      workPool: 'default',
      stateType: 'COMPLETED',
      stateName: 'Completed',
      attempts: 1,
      createdAtMs: attempt.createdAtMs,
      finishedAtMs: attempt.createdAtMs + 60_000,
    })
    store.objects.settle(uid)
  })
}

function inPages(store: Store, count: number, write: (index: number) => void): void {
  store.transaction(() =>
    store.objects.ensureNamespace(DEFAULT_NAMESPACE, systemRandom.uuid(), Date.now()),
  )
  for (let start = 0; start < count; start += PAGE) {
    store.transaction(() => {
      for (let index = start; index < Math.min(count, start + PAGE); index += 1) write(index)
    })
  }
}

function newRun(index: number, spec: JsonObject): NewObject {
  return {
    apiVersion: API_VERSION,
    kind: 'Run',
    metadata: {
      name: `run-${index}`,
      namespace: DEFAULT_NAMESPACE,
      uid: systemRandom.uuid(),
      creationTimestamp: isoTime(Date.now()),
      finalizers: [WIRE.finalizerTask],
    },
    spec: { template: TEMPLATE, ...spec },
  }
}

export function taskArn(uid: string): string {
  return `arn:aws:ecs:us-east-1:123456789012:task/default/${uid.replaceAll('-', '')}`
}

/** An intent as the controller stores it, for a run that need not exist. */
export function anIntent(uid: string, name: string): AttemptRow {
  const body = {
    cluster: 'default',
    taskDefinition: 'bench:1',
    count: 1,
    launchType: 'FARGATE',
    clientToken: `token-${uid}`,
    startedBy: uid,
    tags: Array.from({ length: 6 }, (_, n) => ({ key: `capstan.dev/tag-${n}`, value: name })),
    networkConfiguration: {
      awsvpcConfiguration: { subnets: ['subnet-1'], assignPublicIp: 'ENABLED' },
    },
    overrides: { containerOverrides: [{ name: 'main', environment: [] }] },
  }
  return {
    runUid: uid,
    namespace: DEFAULT_NAMESPACE,
    runName: name,
    index: 0,
    number: 1,
    try: 1,
    clientToken: `token-${uid}`,
    startedBy: uid,
    account: 'us-east-1',
    cluster: 'default',
    workPool: 'default',
    containerName: 'main',
    taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/bench:1',
    body: JSON.stringify(body),
    phase: 'Intent',
    epoch: 1,
    createdAtMs: Date.now(),
    sends: 0,
  }
}

function endedAttempt(uid: string, name: string): AttemptRow {
  return { ...anIntent(uid, name), createdAtMs: Date.now() - 3_600_000 }
}

function finishedStatus(attempt: AttemptRow): JsonObject {
  const { createdAtMs, clientToken, startedBy, runUid } = attempt
  const [launchedAt, stoppedAt] = [isoTime(createdAtMs), isoTime(createdAtMs + 60_000)]
  const condition = (type: string, status: string) => ({
    type,
    status,
    reason: 'Completed',
    message: '',
    lastTransitionTime: stoppedAt,
    observedGeneration: 1,
  })
  return {
    observedGeneration: 1,
    state: { type: 'COMPLETED', name: 'Completed', timestamp: stoppedAt },
    startTime: launchedAt,
    completionTime: stoppedAt,
    exitCode: 0,
    statusCode: 0,
    identifier: `default::${taskArn(runUid)}`,
    attempts: [
      {
        number: 1,
        clientToken,
        startedBy,
        taskArn: taskArn(runUid),
        launchType: 'FARGATE',
        launchedAt,
        stoppedAt,
        stopCode: 'EssentialContainerExited',
        exitCode: 0,
        class: 'Success',
      },
    ],
    conditions: ['Launched', 'Started', 'Complete', 'Failed'].map((type) =>
      condition(type, type === 'Failed' ? 'False' : 'True'),
    ),
  }
}
