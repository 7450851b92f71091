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
/** On the pods of an array: the place in it. */
const INDEX_LABEL = 'capstan.dev/index'
/** A terminated container must have an exit code; -1 is also what status.statusCode says then. */
const NO_EXIT_CODE = -1

/** Which attempt of a run. `index` is the place in an array; absent for a plain run. */
export type AttemptId = Pick<AttemptStatus, 'index' | 'number'>

/** `hello` for the first attempt of run hello, `hello-2` for the second; `hello-i3-2` in an array. */
function podName(run: string, { index, number }: AttemptId): string {
  const task = index === undefined ? run : `${run}-i${index}`
  return number === 1 ? task : `${task}-${number}`
}

const LATER_ATTEMPT = /^(.+)-([1-9]\d{0,5})$/
const ARRAY_TASK = /^(.+)-i(0|[1-9]\d{0,5})$/

export interface PodAddress extends AttemptId {
  readonly run: string
}

/** The runs and attempts that a pod's name can mean, the likelier first. */
export function parsePodName(name: string): readonly PodAddress[] {
  const later = LATER_ATTEMPT.exec(name)
  const number = Number(later?.[2])
  const tasks = [{ run: name, number: 1 }]
  if (later && number >= 2) tasks.push({ run: later[1] ?? '', number })
  return tasks.flatMap((task) => {
    const array = ARRAY_TASK.exec(task.run)
    return array ? [task, { ...task, run: array[1] ?? '', index: Number(array[2]) }] : [task]
  })
}

/** The Pods of a run, oldest attempt first; none before the first launch. */
export function podsOf(run: CapstanObject): readonly WireObject[] {
  return attemptsOf(run).map((attempt) => renderPod(run, attempt))
}

export function findPod(run: CapstanObject, id: AttemptId): WireObject | undefined {
  const attempt = findAttempt(run, id)
  return attempt && renderPod(run, attempt)
}

export function findAttempt(run: CapstanObject, id: AttemptId): AttemptStatus | undefined {
  return attemptsOf(run).find(({ index, number }) => index === id.index && number === id.number)
}

/** Containers of the run's task, the one that matters first: as ECS has them, else as far as the run itself says. */
export function containerNames(run: CapstanObject): readonly string[] {
  const seen = attemptsOf(run).findLast(({ containers }) => containers !== undefined)?.containers
  if (seen) return seen
  const main = textAt(run, 'spec.template.containerName') || DEFAULT_CONTAINER
  const sidecars = valueAt(run, 'spec.template.sidecars')
  const names = Array.isArray(sidecars) ? sidecars.map((sidecar) => textAt(sidecar, 'name')) : []
  return [main, ...names.filter((name) => name !== '' && name !== main)]
}

/** Attempts as the run's status has them, oldest first. */
export function attemptsOf(run: CapstanObject): readonly AttemptStatus[] {
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
    name: podName(metadata.name, attempt),
    namespace: metadata.namespace,
    uid: uuidV5('pod', metadata.uid, String(attempt.index ?? ''), String(attempt.number)),
    resourceVersion: metadata.resourceVersion,
    creationTimestamp: secondsTime(attempt.launchedAt) ?? metadata.creationTimestamp,
    ...(metadata.deletionTimestamp === undefined
      ? {}
      : { deletionTimestamp: metadata.deletionTimestamp }),
    labels: {
      ...metadata.labels,
      [WIRE.tagRun]: metadata.name,
      [WIRE.tagAttempt]: String(attempt.number),
      ...(attempt.index === undefined ? {} : { [INDEX_LABEL]: String(attempt.index) }),
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
