import { API_VERSION, type CapstanObject, WIRE } from '../kinds/meta.ts'
import type { AttemptStatus, OutcomeClass } from '../kinds/run.ts'
import { parseIsoTime, renderTime } from '../lib/instant.ts'
import { isJsonObject } from '../lib/json.ts'
import { uuidV5 } from '../lib/names.ts'
import { TASK_ARN_ANNOTATION } from './columns.ts'
import { textAt, valueAt, type WireObject } from './wire.ts'

/**
 * A read-only `v1 Pod` for each attempt of a run: `kubectl logs` knows built-in kinds alone. Built
 * from the run's status and template; env values are left out on purpose.
 */

/** Container that kubectl shows when the template names none. */
const DEFAULT_CONTAINER = 'main'
/** A terminated container must have an exit code; -1 is also what status.statusCode says then. */
const NO_EXIT_CODE = -1

/** `hello` for the first attempt of run hello, `hello-2` for the second. */
export function podName(run: string, attempt: number): string {
  return attempt === 1 ? run : `${run}-${attempt}`
}

/** The runs and attempts that a pod's name can mean, the likelier first. */
export function parsePodName(
  name: string,
): readonly { readonly run: string; readonly attempt: number }[] {
  const later = /^(.+)-([1-9]\d{0,5})$/.exec(name)
  const attempt = Number(later?.[2])
  const candidates = [{ run: name, attempt: 1 }]
  return later && attempt >= 2 ? [...candidates, { run: later[1] ?? '', attempt }] : candidates
}

/** The Pods of a run, oldest attempt first; none before the first launch. */
export function podsOf(run: CapstanObject): readonly WireObject[] {
  return attemptsOf(run).map((attempt) => renderPod(run, attempt))
}

export function findPod(run: CapstanObject, number: number): WireObject | undefined {
  const attempt = attemptsOf(run).find((candidate) => candidate.number === number)
  return attempt && renderPod(run, attempt)
}

/** Containers of the run's task, the one that matters first. */
export function containerNames(run: CapstanObject): readonly string[] {
  const main = textAt(run, 'spec.template.containerName') || DEFAULT_CONTAINER
  const sidecars = valueAt(run, 'spec.template.sidecars')
  const names = Array.isArray(sidecars) ? sidecars.map((sidecar) => textAt(sidecar, 'name')) : []
  return [main, ...names.filter((name) => name !== '' && name !== main)]
}

function attemptsOf(run: CapstanObject): readonly AttemptStatus[] {
  const attempts = run.status?.['attempts']
  // status is written by controllers/run alone, as kinds/run.ts describes it.
  return Array.isArray(attempts) ? (attempts as readonly AttemptStatus[]) : []
}

type TaskPhase = 'Pending' | 'Running' | 'Succeeded' | 'Failed'

function phaseOf(attempt: AttemptStatus): TaskPhase {
  if (attempt.stoppedAt !== undefined || attempt.class !== undefined) {
    return attempt.exitCode === 0 || attempt.class === 'Success' ? 'Succeeded' : 'Failed'
  }
  return attempt.startedAt === undefined ? 'Pending' : 'Running'
}

function renderPod(run: CapstanObject, attempt: AttemptStatus): WireObject {
  const phase = phaseOf(attempt)
  const containers = containerNames(run)
  const pod = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: renderMeta(run, attempt, containers[0] ?? DEFAULT_CONTAINER),
    spec: {
      restartPolicy: 'Never',
      containers: containers.map((name, index) => ({
        name,
        image: index === 0 ? textAt(run, 'spec.template.image') : '',
        resources: {},
      })),
    },
    status: {
      phase,
      ...timeMember('startTime', attempt.launchedAt),
      ...(attempt.stoppedReason === undefined ? {} : { message: attempt.stoppedReason }),
      ...(attempt.stopCode === undefined ? {} : { reason: attempt.stopCode }),
      conditions: [
        { type: 'Ready', status: phase === 'Running' ? 'True' : 'False', lastTransitionTime: null },
      ],
      containerStatuses: [
        {
          name: containers[0],
          image: textAt(run, 'spec.template.image'),
          imageID: '',
          ready: phase === 'Running',
          started: phase === 'Running',
          restartCount: 0,
          state: renderContainerState(attempt, phase),
        },
      ],
    },
  }
  return pod
}

function renderMeta(
  run: CapstanObject,
  attempt: AttemptStatus,
  container: string,
): WireObject['metadata'] {
  const { metadata } = run
  return {
    name: podName(metadata.name, attempt.number),
    namespace: metadata.namespace,
    uid: uuidV5('pod', metadata.uid, String(attempt.number)),
    resourceVersion: metadata.resourceVersion,
    creationTimestamp: secondsTime(attempt.launchedAt) ?? metadata.creationTimestamp,
    ...(metadata.deletionTimestamp === undefined
      ? {}
      : { deletionTimestamp: metadata.deletionTimestamp }),
    labels: {
      ...metadata.labels,
      [WIRE.tagRun]: metadata.name,
      [WIRE.tagAttempt]: String(attempt.number),
    },
    annotations: {
      'kubectl.kubernetes.io/default-container': container,
      ...(attempt.taskArn === undefined ? {} : { [TASK_ARN_ANNOTATION]: attempt.taskArn }),
    },
    ...ownerMember(run),
  }
}

function ownerMember(run: CapstanObject): object {
  const { name, uid } = run.metadata
  return {
    ownerReferences: [{ apiVersion: API_VERSION, kind: 'Run', name, uid, controller: true }],
  }
}

function renderContainerState(attempt: AttemptStatus, phase: TaskPhase): object {
  switch (phase) {
    case 'Pending':
      return { waiting: { reason: 'ContainerCreating' } }
    case 'Running':
      return { running: { ...timeMember('startedAt', attempt.startedAt) } }
    case 'Succeeded':
    case 'Failed':
      return {
        terminated: {
          exitCode: attempt.exitCode ?? (phase === 'Succeeded' ? 0 : NO_EXIT_CODE),
          reason: terminationReason(phase, attempt.class),
          ...(attempt.stoppedReason === undefined ? {} : { message: attempt.stoppedReason }),
          ...timeMember('startedAt', attempt.startedAt),
          ...timeMember('finishedAt', attempt.stoppedAt),
        },
      }
  }
}

/** Kubernetes' words, as kubectl users know them. */
function terminationReason(phase: TaskPhase, outcomeClass: OutcomeClass | undefined): string {
  if (outcomeClass === 'OutOfMemory') return 'OOMKilled'
  if (outcomeClass === 'DeadlineExceeded') return 'DeadlineExceeded'
  return phase === 'Succeeded' ? 'Completed' : 'Error'
}

function timeMember(name: string, time: string | undefined): object {
  const text = secondsTime(time)
  return text === undefined ? {} : { [name]: text }
}

function secondsTime(time: string | undefined): string | undefined {
  const atMs = parseIsoTime(time)
  return atMs === undefined ? undefined : renderTime(atMs)
}

/** True for what a run's change says about one of its pods, compared without the version. */
export function isSamePod(a: WireObject, b: WireObject): boolean {
  const strip = (pod: WireObject): string => {
    const { metadata, ...rest } = pod
    return JSON.stringify([{ ...metadata, resourceVersion: '' }, rest])
  }
  return isJsonObject(a) && isJsonObject(b) && strip(a) === strip(b)
}
