import type { Deployment } from '../kinds/deployment.ts'
import type { RunSpec } from '../kinds/generated.ts'
import type { ObjectKey } from '../kinds/meta.ts'
import type { WorkPool } from '../kinds/workpool.ts'
import { canonicalJson } from '../lib/json.ts'
import type { Change, PoolUse, Store } from '../store/types.ts'
import { callUp, type Group, type TaskSize, type Turn } from './line.ts'
import { type Place, placeOf, poolNameOf, type RunObject } from './run-place.ts'

export interface RunLinesDeps {
  readonly store: Store
  /** What a task of the run takes, as far as its template says. */
  readonly sizeOf: (run: RunObject) => TaskSize
}

/** How long a run that prepares its launch keeps a slot free: as long as a task may take to start. */
const PREPARING_MS = 300_000

interface Line {
  readonly places: Map<string, Place>
  /** The last answer, and what it was the answer to. */
  called: { readonly question: string; readonly turns: ReadonlyMap<string, Turn> } | undefined
}

/**
 * Who waits in which pool, kept in memory beside the store so that asking is cheap with ten thousand
 * runs in a line.
 *
 * - A pool's line is read from the store when it is first asked for, and follows each commit from then
 *   on: store and line are never apart when a decision is made, because both change before anything
 *   else runs.
 * - A pool or deployment whose spec changes drops the lines of its namespace: they are read again.
 * - `#version` grows with every change of a line, so an answer is used for as long as nothing changes.
 */
export class RunLines {
  readonly #deps: RunLinesDeps
  readonly #lines = new Map<string, Line>()
  /** Keys of runs by the object that they wait for. */
  readonly #dependents = new Map<string, Map<string, ObjectKey>>()
  #version = 0
  #unsubscribe = (): void => {}

  constructor(deps: RunLinesDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#unsubscribe = this.#deps.store.subscribe((changes) => {
      for (const change of changes) this.#follow(change)
    })
  }

  stop(): void {
    this.#unsubscribe()
    this.#lines.clear()
    this.#dependents.clear()
  }

  /** All runs of a pool that are not over. */
  places(namespace: string, pool: string): readonly Place[] {
    return [...this.#line(namespace, pool).places.values()]
  }

  /** Whose turn it is among those who say that they want to launch, and `asking`, who says so now. */
  turns(
    pool: WorkPool | undefined,
    poolKey: {
      readonly namespace: string
      readonly name: string
      /** What is in use there, where the caller has asked already. */
      readonly used?: readonly PoolUse[]
    },
    nowMs: number,
    asking?: string,
  ): ReadonlyMap<string, Turn> {
    const { namespace, name } = poolKey
    const line = this.#line(namespace, name)
    const used = poolKey.used ?? this.#deps.store.attempts.usage(namespace, name)
    const late = [...line.places.values()].filter((place) => isLate(place, nowMs))
    const isIn = (place: Place): boolean =>
      place.id === asking || (place.stage === 'Contender' && !isLate(place, nowMs))
    // Time only ever takes preparing runs out, so their number says which ones.
    const asked = asking === undefined ? undefined : line.places.get(asking)
    const isAlone = asked !== undefined && (asked.stage !== 'Contender' || late.includes(asked))
    const question = JSON.stringify([this.#version, used, late.length, isAlone && asking])
    if (line.called?.question === question) return line.called.turns
    const active = this.#activeOf(namespace, name)
    const contenders = [...line.places.values()].filter(isIn)
    const turns = callUp({ name, spec: pool?.spec ?? {}, used, active }, contenders)
    line.called = { question, turns }
    return turns
  }

  /** The newer runs that have taken a run's place in a group with the policy Replace; undefined while it may stay. */
  replacedBy(namespace: string, pool: string, id: string): string | undefined {
    const place = this.#line(namespace, pool).places.get(id)
    const group = place?.group
    if (!place || group?.policy !== 'Replace') return undefined
    const newer = this.#members(namespace, pool, group)
      .filter((one) => one.stage !== 'Other' && isNewer(one, place))
      .map(({ name }) => name)
    return newer.length >= group.limit ? newer.slice(0, group.limit).join(', ') : undefined
  }

  /** Runs whose place a run takes that is new or due now. */
  membersOfGroup(run: RunObject): readonly ObjectKey[] {
    const deployment = this.#deploymentOf(run)
    const { namespace, uid } = run.metadata
    const pool = poolNameOf(run, deployment)
    const group = this.#line(namespace, pool).places.get(uid)?.group
    if (group?.policy !== 'Replace') return []
    return this.#members(namespace, pool, group)
      .filter(({ id, stage }) => id !== uid && stage !== 'Other')
      .map(({ key }) => key)
  }

  /** Runs that wait for this one, or for the newest run of its deployment. */
  dependents({ metadata, spec }: RunObject): readonly ObjectKey[] {
    const { namespace, name } = metadata
    const { deployment } = spec
    const names = [`Run/${name}`, ...(deployment === undefined ? [] : [`Deployment/${deployment}`])]
    return names.flatMap((one) => [
      ...(this.#dependents.get(`${namespace}/${one}`)?.values() ?? []),
    ])
  }

  #activeOf(namespace: string, pool: string): (group: Group) => number {
    const known = new Map<string, number>()
    return (group) => {
      const before = known.get(group.id)
      if (before !== undefined) return before
      const members = this.#members(namespace, pool, group)
      const count = members.filter(
        (one) => one.stage === 'Active' || (one.stage === 'Contender' && one.holdsGroup),
      ).length
      known.set(group.id, count)
      return count
    }
  }

  /** A group by the deployment's name is in one pool; one by a key may be in several. */
  #members(namespace: string, pool: string, group: Group): readonly Place[] {
    const pools = group.id.startsWith('key/') ? this.poolsWithKeys(namespace) : [pool]
    return pools.flatMap((name) =>
      [...this.#line(namespace, name).places.values()].filter((one) => one.group?.id === group.id),
    )
  }

  /** Pools whose runs may be in one group with runs of other pools. */
  poolsWithKeys(namespace: string): readonly string[] {
    const deployments = this.#deps.store.objects.list({ kind: 'Deployment', namespace })
    const pools = (deployments as unknown as readonly Deployment[])
      .filter(({ spec }) => spec.concurrency?.key !== undefined)
      .map(({ spec }) => spec.workPool ?? 'default')
    return [...new Set(pools)]
  }

  #line(namespace: string, pool: string): Line {
    const key = `${namespace}/${pool}`
    const known = this.#lines.get(key)
    if (known) return known
    const line: Line = { places: new Map(), called: undefined }
    this.#lines.set(key, line)
    const { objects } = this.#deps.store
    for (const run of objects.unfinishedRunKeysOfWorkPool(namespace, pool)) {
      const object = objects.get(run) as RunObject | undefined
      if (object) this.#put(line, pool, object)
    }
    return line
  }

  #put(line: Line, poolName: string, run: RunObject): void {
    const { objects } = this.#deps.store
    const { namespace, uid } = run.metadata
    const pool = objects.get({ kind: 'WorkPool', namespace, name: poolName }) as
      | WorkPool
      | undefined
    const size = once(() => this.#deps.sizeOf(run))
    const place = placeOf({ run, deployment: this.#deploymentOf(run), pool, poolName }, size)
    if (!place) {
      this.#remove(line, uid)
      return
    }
    const before = line.places.get(uid)
    if (before && isSamePlace(before, place)) return
    this.#version += 1
    line.places.set(uid, place)
    for (const { kind = 'Run', name } of place.dependsOn ?? []) {
      const key = `${namespace}/${kind}/${name}`
      const waiting = this.#dependents.get(key) ?? new Map<string, ObjectKey>()
      this.#dependents.set(key, waiting.set(uid, place.key))
    }
  }

  #remove(line: Line, uid: string): void {
    const place = line.places.get(uid)
    if (!place) return
    this.#version += 1
    line.places.delete(uid)
    for (const { kind = 'Run', name } of place.dependsOn ?? []) {
      const key = `${place.key.namespace}/${kind}/${name}`
      const waiting = this.#dependents.get(key)
      waiting?.delete(uid)
      if (waiting?.size === 0) this.#dependents.delete(key)
    }
  }

  #deploymentOf(run: RunObject): Deployment | undefined {
    const { deployment: name } = run.spec
    if (name === undefined) return undefined
    const { namespace } = run.metadata
    return this.#deps.store.objects.get({ kind: 'Deployment', namespace, name }) as
      | Deployment
      | undefined
  }

  #follow(change: Change): void {
    if (change.kind === 'Run') this.#followRun(change)
    else if (change.kind === 'WorkPool' || change.kind === 'Deployment') {
      const isStatus =
        change.type === 'MODIFIED' &&
        change.previous?.metadata.generation === change.object?.metadata.generation
      if (!isStatus) this.#drop(change.namespace)
    }
  }

  #followRun(change: Change): void {
    const run = change.object as RunObject | undefined
    if (!run) return
    const pool = poolNameOf(run, this.#deploymentOf(run))
    const before = change.previous?.spec as RunSpec | undefined
    const moved =
      before && (before.workPool !== run.spec.workPool || before.deployment !== run.spec.deployment)
    if (moved) this.#drop(change.namespace)
    const line = this.#lines.get(`${change.namespace}/${pool}`)
    if (!line) return
    if (change.type === 'DELETED') this.#remove(line, change.uid)
    else this.#put(line, pool, run)
  }

  #drop(namespace: string): void {
    this.#version += 1
    for (const key of this.#lines.keys()) {
      if (key.startsWith(`${namespace}/`)) this.#lines.delete(key)
    }
  }
}

/** It has prepared its launch for too long: others go first, and it may still go when there is room. */
function isLate({ stage, preparingSinceMs }: Place, nowMs: number): boolean {
  const isPreparing = stage === 'Contender' && preparingSinceMs !== undefined
  return isPreparing && nowMs - preparingSinceMs >= PREPARING_MS
}

/** Whether a line is the same with either of them: most changes of a run are none of its place. */
function isSamePlace(one: Place, other: Place): boolean {
  const { size: _, ...known } = one
  const { size: __, ...next } = other
  return canonicalJson(known) === canonicalJson(next)
}

function isNewer(one: Place, than: Place): boolean {
  if (one.createdAt !== than.createdAt) return one.createdAt > than.createdAt
  return one.name > than.name
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
