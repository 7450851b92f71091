import type { Deployment } from '../kinds/deployment.ts'
import { type EventLabels, LABEL, resourceId } from '../kinds/event.ts'
import type { ObjectMeta } from '../kinds/meta.ts'
import type { Run } from '../kinds/run.ts'
import { DEFAULT_QUEUE } from '../kinds/workpool.ts'
import type { AttemptRow, Store } from '../store/types.ts'
import { poolNameOf } from './run-place.ts'

/** Whom an event is about: a run, and what belongs to it. */
export interface RunSubject {
  readonly uid: string
  readonly name: string
  readonly namespace: string
  /** Deployment, work pool, queue and tags, as labels. */
  readonly related: readonly EventLabels[]
}

export interface SubjectPlace {
  readonly deployment: string | undefined
  readonly workPool: string
  readonly queue: string
}

/** Labels of a run that become tags; the wire's limit on related resources is 100. */
const MAX_TAGS = 90

/** Reads the uids of what the run belongs to; what is not there is left out. */
export function runSubject(store: Store, run: Run, place: SubjectPlace): RunSubject {
  const { uid, name, namespace, labels } = run.metadata
  return {
    uid,
    name,
    namespace,
    related: [...placeLabels(store, namespace, place), ...tagLabels(labels)],
  }
}

/** The same by uid, for a run whose place is not known yet; undefined when there is no such Run. */
export function readSubject(store: Store, runUid: string): RunSubject | undefined {
  const object = store.objects.getByUid(runUid)
  if (object?.kind !== 'Run') return undefined
  const run = object as Run
  const { namespace } = run.metadata
  const { deployment: name } = run.spec
  const deployment =
    name === undefined
      ? undefined
      : (store.objects.get({ kind: 'Deployment', namespace, name }) as Deployment | undefined)
  return runSubject(store, run, {
    deployment: name,
    workPool: poolNameOf(run.spec, deployment?.spec),
    queue: run.spec.queue ?? deployment?.spec.queue ?? DEFAULT_QUEUE,
  })
}

/** The same for the run of an attempt, also when it is gone by now. */
export function subjectOfAttempt(store: Store, attempt: AttemptRow): RunSubject {
  const { runUid: uid, runName: name, namespace, workPool, queue = DEFAULT_QUEUE } = attempt
  const namesake = store.objects.get({ kind: 'Run', namespace, name }) as Run | undefined
  const run = namesake?.metadata.uid === uid ? namesake : undefined
  const place = { deployment: run?.spec.deployment, workPool, queue }
  if (run) return runSubject(store, run, place)
  return { uid, name, namespace, related: placeLabels(store, namespace, place) }
}

/** The run itself, as a related resource. */
export function runLabels({ uid, name }: RunSubject): EventLabels {
  return labelsOf(resourceId('run', uid), 'run', name)
}

function placeLabels(
  store: Store,
  namespace: string,
  { deployment, workPool, queue }: SubjectPlace,
): readonly EventLabels[] {
  const deploymentUid =
    deployment === undefined
      ? undefined
      : store.objects.uidOf({ kind: 'Deployment', namespace, name: deployment })
  const poolUid = store.objects.uidOf({ kind: 'WorkPool', namespace, name: workPool })
  const related: EventLabels[] = []
  if (deploymentUid !== undefined) {
    related.push(labelsOf(resourceId('deployment', deploymentUid), 'deployment', deployment ?? ''))
  }
  if (poolUid !== undefined) {
    related.push(labelsOf(resourceId('workPool', poolUid), 'work-pool', workPool))
    related.push(labelsOf(resourceId('workQueue', `${poolUid}.${queue}`), 'work-queue', queue))
  }
  return related
}

/** Each label of the run is a tag of Prefect's kind: `key=value`, or the key where there is no value. */
function tagLabels(labels: ObjectMeta['labels']): readonly EventLabels[] {
  return Object.entries(labels ?? {})
    .slice(0, MAX_TAGS)
    .map(([key, value]) => {
      const tag = value === '' ? key : `${key}=${value}`
      return { [LABEL.id]: resourceId('tag', tag), [LABEL.role]: 'tag' }
    })
}

function labelsOf(id: string, role: string, name: string): EventLabels {
  return { [LABEL.id]: id, [LABEL.role]: role, [LABEL.name]: name }
}
