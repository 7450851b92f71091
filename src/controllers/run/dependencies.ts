import type { RunDependency } from '../../kinds/generated.ts'
import type { ObjectKey } from '../../kinds/meta.ts'
import { isFinalState, type Run } from '../../kinds/run.ts'
import type { Store } from '../../store/types.ts'
import type { Dependencies } from './world.ts'

/** Runs that are looked at when a cycle is searched; longer chains of waiting runs are nobody's plan. */
const MAX_CHAIN = 200

/** Which ends of the other run each condition takes. */
const WANTED_ENDS: Readonly<Record<NonNullable<RunDependency['condition']>, readonly string[]>> = {
  Completed: ['COMPLETED'],
  Failed: ['FAILED', 'CRASHED'],
  Finished: ['COMPLETED', 'FAILED', 'CRASHED', 'CANCELLED'],
}

interface Found {
  readonly what: string
  /** Undefined: there is none. */
  readonly stateType: string | undefined
  readonly isThere: boolean
}

/** How far what a run depends on has come. A run that is gone is known by its row in history. */
export function dependenciesOf(store: Store, run: Run): Dependencies {
  const { dependsOn = [] } = run.spec
  if (dependsOn.length === 0) return { type: 'Met' }
  const cycle = cycleOf(store, run)
  if (cycle) {
    const why = `It waits for itself: ${cycle.join(' → ')}.`
    return { type: 'Waits', why, stalled: { reason: 'DependencyCycle', message: why } }
  }
  for (const dependency of dependsOn) {
    const verdict = judge(dependency, find(store, run, dependency))
    if (verdict) return verdict
  }
  return { type: 'Met' }
}

function judge({ condition = 'Completed' }: RunDependency, found: Found): Dependencies | undefined {
  const { what, stateType, isThere } = found
  if (!isThere) {
    const why = `Waits for ${what}, which does not exist.`
    return { type: 'Waits', why, stalled: { reason: 'ReferenceMissing', message: why } }
  }
  if (stateType === undefined || !FINAL.includes(stateType)) {
    // Not its state: nobody looks here again before it has ended.
    return { type: 'Waits', why: `Waits for ${what}, which has not ended.` }
  }
  if (WANTED_ENDS[condition].includes(stateType)) return undefined
  const why = `${what} ended ${stateType}, and this run depends on ${condition}.`
  return { type: 'Broken', why }
}

const FINAL = WANTED_ENDS.Finished

function find(store: Store, run: Run, { kind = 'Run', name }: RunDependency): Found {
  return kind === 'Run' ? findRun(store, run, name) : findNewest(store, run, name)
}

function findRun(store: Store, run: Run, name: string): Found {
  const { namespace } = run.metadata
  const object = readRun(store, { kind: 'Run', namespace, name })
  const what = `Run ${name}`
  if (object) return { what, stateType: object.status?.state?.type, isThere: true }
  const [row] = store.history.list({ namespace, name, limit: 1 })
  return { what, stateType: row?.stateType, isThere: row !== undefined }
}

function findNewest(store: Store, run: Run, deployment: string): Found {
  const { namespace } = run.metadata
  const object = newestRun(store, run, deployment)
  const of = `of Deployment ${deployment}`
  if (object) {
    const { name } = object.metadata
    return { what: `Run ${name} ${of}`, stateType: object.status?.state?.type, isThere: true }
  }
  const [row] = store.history.list({ namespace, deployment, limit: 1 })
  if (!row) return { what: `a run ${of}`, stateType: undefined, isThere: false }
  return { what: `Run ${row.name} ${of}`, stateType: row.stateType, isThere: true }
}

function newestRun(store: Store, than: Run, deployment: string): Run | undefined {
  const { namespace, uid } = than.metadata
  return store.objects
    .runKeysOfDeployment(namespace, deployment)
    .flatMap((key) => readRun(store, key) ?? [])
    .filter(({ metadata }) => metadata.uid !== uid)
    .reduce<Run | undefined>(
      (newest, run) =>
        newest && newest.metadata.creationTimestamp > run.metadata.creationTimestamp ? newest : run,
      undefined,
    )
}

/** Names from this run back to itself; undefined when there is no such way. */
function cycleOf(store: Store, run: Run): readonly string[] | undefined {
  const { name: start } = run.metadata
  const seen = new Set<string>()
  const ways: (readonly [Run, readonly string[]])[] = [[run, [start]]]
  for (let way = ways.pop(); way && seen.size < MAX_CHAIN; way = ways.pop()) {
    const [at, path] = way
    for (const name of runsBefore(at)) {
      if (name === start) return [...path, name]
      const next = seen.has(name) ? undefined : unfinished(store, run.metadata.namespace, name)
      seen.add(name)
      if (next) ways.push([next, [...path, name]])
    }
  }
  return undefined
}

function runsBefore({ spec }: Run): readonly string[] {
  return (spec.dependsOn ?? []).filter(({ kind = 'Run' }) => kind === 'Run').map(({ name }) => name)
}

function unfinished(store: Store, namespace: string, name: string): Run | undefined {
  const run = readRun(store, { kind: 'Run', namespace, name })
  return isFinalState(run?.status?.state?.type) ? undefined : run
}

function readRun(store: Store, key: ObjectKey): Run | undefined {
  return store.objects.get(key) as Run | undefined
}
