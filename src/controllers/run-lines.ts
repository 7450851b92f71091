import type { Deployment } from '../kinds/deployment.ts'
import type { RunSpec, WorkPoolSpec } from '../kinds/generated.ts'
import { keyOf, type ObjectKey } from '../kinds/meta.ts'
import type { Run } from '../kinds/run.ts'
import type { WorkPool } from '../kinds/workpool.ts'
import { invariant } from '../lib/assert.ts'
import { lazily } from '../lib/lazily.ts'
import { sortInSlices } from '../lib/sorted.ts'
import type { Change, PoolUse, Store } from '../store/types.ts'
import { type Calls, callUp, type Group, inLine, type TaskSize, type Turn } from './line.ts'
import { PoolLine } from './pool-line.ts'
import { RunDependents } from './run-dependents.ts'
import { type Place, placeOf, poolNameOf } from './run-place.ts'

export interface RunLinesDeps {
  readonly store: Store
  /** What a task of the run takes, as far as its template says. */
  readonly sizeOf: (run: Run) => TaskSize
}

/** The size of a run that has just been deleted: the same commit takes it out of its line. */
const NO_SIZE: TaskSize = { cpuUnits: 0, memoryMib: 0 }

type Pause = () => Promise<void> | undefined

/** A line that is being read in slices. */
interface Reading {
  readonly done: Promise<void>
  /** By uid: runs that changed meanwhile, to be read once more. */
  readonly changed: Map<string, ObjectKey>
}

/** Runs that are read, or put into their places, between two pauses: less than a millisecond. */
const SLICE = 16

interface Line {
  readonly namespace: string
  readonly pool: string
  readonly runs: PoolLine
  /** The last answer, and what it was the answer to. */
  called: { readonly question: string; readonly calls: Calls<Place> } | undefined
}

/** The pool that is asked about. */
interface PoolQuestion {
  readonly namespace: string
  readonly name: string
  readonly spec: WorkPoolSpec
  /** What is in use there, where the caller has asked already. */
  readonly used?: readonly PoolUse[]
}

/**
 * Who waits in which pool, kept in memory beside the store so that asking is cheap with ten thousand
 * runs in a line.
 *
 * - A pool's line is read from the store when it is first asked for, and follows each commit from then
 *   on: store and line are never apart when a decision is made, because both change before anything
 *   else runs.
 * - Callers `read` a line before they ask about it: a missing one is then read in slices (`#readings`). Without
 *   that it is read in one go.
 * - A pool or deployment whose spec changes drops the lines of its namespace: they are read again.
 * - `#version` grows with every change of a line, so an answer is used for as long as nothing changes.
 */
export class RunLines {
  readonly #deps: RunLinesDeps
  readonly #lines = new Map<string, Line>()
  readonly #readings = new Map<string, Reading>()
  /** Sizes that were asked for. A place that held its run for that would keep all of them in memory. */
  readonly #sizes = new WeakMap<Place, TaskSize>()
  readonly #dependents = new RunDependents()
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
    this.#readings.clear()
    this.#dependents.clear()
  }

  /** Reads the line that a pool or a run is about to ask about; undefined when there is nothing to wait for. */
  read(about: ObjectKey, pause: Pause): Promise<void> | undefined {
    const { kind, namespace } = about
    if (kind === 'WorkPool') return this.#readLine(namespace, about.name, pause)
    const run = this.#deps.store.objects.get(about) as Run | undefined
    return run && this.#readLine(namespace, this.#poolNameOf(run), pause)
  }

  /** How many runs of a pool are neither active nor over, by queue. */
  waiting(namespace: string, pool: string): ReadonlyMap<string, number> {
    return this.#line(namespace, pool).runs.waiting
  }

  /** Runs that want to launch and need not wait, in the order of the line. */
  called(pool: PoolQuestion, nowMs: number): readonly Place[] {
    return this.#calls(pool, nowMs).called
  }

  /** The turn of a run that says now that it wants to launch. */
  turn(pool: PoolQuestion, nowMs: number, asking: Run): Turn {
    const { runs } = this.#line(pool.namespace, pool.name)
    const place = runs.place(asking.metadata.uid) ?? this.#newPlace(pool.name, asking)
    return this.#calls(pool, nowMs, place).turnOf(place)
  }

  #calls(pool: PoolQuestion, nowMs: number, asking?: Place): Calls<Place> {
    const { namespace, name, spec } = pool
    const line = this.#line(namespace, name)
    const { runs } = line
    const used = pool.used ?? this.#deps.store.attempts.usage(namespace, name)
    // Time only ever takes preparing runs out, so their number says which ones.
    const isAlone = asking !== undefined && !runs.isContender(asking, nowMs)
    const question = JSON.stringify([
      this.#version,
      used,
      runs.lateCount(nowMs),
      isAlone && asking.id,
    ])
    if (line.called?.question === question) return line.called.calls
    const active = this.#activeIn(namespace, name)
    const sizeOf = (place: Place): TaskSize => this.#sizeOf(namespace, place)
    const room = { name, spec, used, active, sizeOf, isPlain: runs.isPlain(asking) }
    const calls = callUp(room, runs.contenders(nowMs, asking))
    line.called = { question, calls }
    return calls
  }

  /** The newer runs that have taken a run's place in a group with the policy Replace; undefined while it may stay. */
  replacedBy(namespace: string, pool: string, id: string): string | undefined {
    const place = this.#line(namespace, pool).runs.place(id)
    const group = place?.group
    if (!place || group?.policy !== 'Replace') return undefined
    const newer = this.#members(namespace, pool, group)
      .filter((one) => one.stage !== 'Other' && isNewer(one, place))
      .map(({ name }) => name)
    return newer.length >= group.limit ? newer.slice(0, group.limit).join(', ') : undefined
  }

  /** Runs whose place a run takes that is new or due now. */
  membersOfGroup(run: Run): readonly ObjectKey[] {
    const { namespace, uid } = run.metadata
    const pool = this.#poolNameOf(run)
    const group = this.#line(namespace, pool).runs.place(uid)?.group
    if (group?.policy !== 'Replace') return []
    return this.#members(namespace, pool, group)
      .filter(({ id, stage }) => id !== uid && stage !== 'Other')
      .map(({ name }) => toKey(namespace, name))
  }

  /** Runs that wait for this one, or for the newest run of its deployment. */
  dependents(run: Run): readonly ObjectKey[] {
    return this.#dependents.of(run)
  }

  /** Active runs by group, counted once and when the first group is asked for. */
  #activeIn(namespace: string, pool: string): (group: Group) => number {
    const counts = lazily(() => {
      const found = new Map<string, number>()
      for (const name of new Set([pool, ...this.poolsWithKeys(namespace)])) {
        for (const { group, stage, holdsGroup } of this.#line(namespace, name).runs.places()) {
          const isCounted = group && (isShared(group) || name === pool)
          if (!isCounted || !(stage === 'Active' || (stage === 'Contender' && holdsGroup))) continue
          found.set(group.id, (found.get(group.id) ?? 0) + 1)
        }
      }
      return found
    })
    return ({ id }) => counts().get(id) ?? 0
  }

  /** A group by the deployment's name is in one pool; one by a key may be in several. */
  #members(namespace: string, pool: string, group: Group): readonly Place[] {
    const pools = isShared(group) ? this.poolsWithKeys(namespace) : [pool]
    return pools.flatMap((name) =>
      [...this.#line(namespace, name).runs.places()].filter((one) => one.group?.id === group.id),
    )
  }

  /** Pools whose runs may be in one group with runs of other pools. */
  poolsWithKeys(namespace: string): readonly string[] {
    const deployments = this.#deps.store.objects.list({ kind: 'Deployment', namespace })
    const pools = (deployments as unknown as readonly Deployment[])
      .filter(({ spec }) => spec.concurrency?.key !== undefined)
      .map(({ spec }) => poolNameOf({}, spec))
    return [...new Set(pools)]
  }

  #line(namespace: string, pool: string): Line {
    const key = `${namespace}/${pool}`
    const known = this.#lines.get(key)
    if (known) return known
    const line = this.#newLine(namespace, pool)
    this.#lines.set(key, line)
    for (const page of this.#runsOf(line)) {
      for (const run of page) this.#put(line, run)
    }
    return line
  }

  #readLine(namespace: string, pool: string, pause: Pause): Promise<void> | undefined {
    const key = `${namespace}/${pool}`
    if (this.#lines.has(key)) return undefined
    const known = this.#readings.get(key)
    if (known) return known.done
    const changed = new Map<string, ObjectKey>()
    const reading: Reading = {
      changed,
      // Not before the reading is known: from then on it hears of every change.
      done: Promise.resolve().then(async () => {
        try {
          const line = await this.#fill(this.#newLine(namespace, pool), pause)
          // It was dropped meanwhile, or another caller has read it in one go.
          if (this.#readings.get(key) !== reading || this.#lines.has(key)) return
          this.#lines.set(key, line)
          for (const [uid, run] of changed) this.#readAgain(line, uid, run)
        } finally {
          if (this.#readings.get(key) === reading) this.#readings.delete(key)
        }
      }),
    }
    this.#readings.set(key, reading)
    return reading.done
  }

  /** Enters the runs in their order: appending to a list of a hundred thousand is quick, inserting is not. */
  async #fill(line: Line, pause: Pause): Promise<Line> {
    const places: Place[] = []
    for (const page of this.#runsOf(line)) {
      for (const run of page) {
        // A run that was created meanwhile may have the row id of one that is gone.
        const place = this.#belongsTo(line, run) && this.#placeOf(line.pool, run)
        if (place) places.push(place)
      }
      await pause()
    }
    const compare = inLine(this.#pool(line.namespace, line.pool)?.spec ?? {})
    const sorted = await sortInSlices(places, compare, pause)
    for (const [index, place] of sorted.entries()) {
      if (index % SLICE === 0) await pause()
      this.#enter(line, place)
    }
    return line
  }

  #runsOf({ namespace, pool }: Line): Iterable<readonly Run[]> {
    const { objects } = this.#deps.store
    return objects.unfinishedRunsOfWorkPool(namespace, pool, SLICE) as Iterable<readonly Run[]>
  }

  #newLine(namespace: string, pool: string): Line {
    const runs = new PoolLine(this.#pool(namespace, pool))
    return { namespace, pool, runs, called: undefined }
  }

  #readAgain(line: Line, uid: string, key: ObjectKey): void {
    const run = this.#deps.store.objects.get(key) as Run | undefined
    if (run?.metadata.uid === uid && this.#belongsTo(line, run)) this.#put(line, run)
    else this.#remove(line, uid)
  }

  #belongsTo({ pool }: Line, run: Run): boolean {
    return this.#poolNameOf(run) === pool
  }

  /** Undefined for a run that is over. */
  #placeOf(poolName: string, run: Run): Place | undefined {
    const pool = () => this.#pool(run.metadata.namespace, poolName)
    return placeOf({ run, deployment: this.#deploymentOf(run), pool, poolName })
  }

  /** The place of a run that was over and is about to run again: it joins the line as if it were new. */
  #newPlace(poolName: string, { status: _, ...run }: Run): Place {
    const place = this.#placeOf(poolName, run)
    invariant(place, 'a run without a state is not over')
    return place
  }

  #put(line: Line, run: Run): void {
    const place = this.#placeOf(line.pool, run)
    if (place) this.#enter(line, place)
    else this.#remove(line, run.metadata.uid)
  }

  #enter(line: Line, place: Place): void {
    const before = line.runs.place(place.id)
    if (!line.runs.put(place)) return
    this.#version += 1
    // Its spec may name others now.
    if (before) this.#dependents.remove(line.namespace, before)
    this.#dependents.add(line.namespace, place)
  }

  #remove(line: Line, uid: string): void {
    const place = line.runs.remove(uid)
    if (!place) return
    this.#version += 1
    this.#dependents.remove(line.namespace, place)
  }

  #sizeOf(namespace: string, place: Place): TaskSize {
    const known = this.#sizes.get(place)
    if (known) return known
    const run = this.#deps.store.objects.get(toKey(namespace, place.name)) as Run | undefined
    const size = run ? this.#deps.sizeOf(run) : NO_SIZE
    this.#sizes.set(place, size)
    return size
  }

  #pool(namespace: string, name: string): WorkPool | undefined {
    return this.#deps.store.objects.get({ kind: 'WorkPool', namespace, name }) as
      | WorkPool
      | undefined
  }

  #poolNameOf(run: Run): string {
    return poolNameOf(run.spec, this.#deploymentOf(run)?.spec)
  }

  #deploymentOf(run: Run): Deployment | undefined {
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
    const run = change.object as Run | undefined
    if (!run) return
    const pool = this.#poolNameOf(run)
    const before = change.previous?.spec as RunSpec | undefined
    const moved =
      before && (before.workPool !== run.spec.workPool || before.deployment !== run.spec.deployment)
    if (moved) this.#drop(change.namespace)
    const key = `${change.namespace}/${pool}`
    this.#readings.get(key)?.changed.set(change.uid, keyOf(run))
    const line = this.#lines.get(key)
    if (!line) return
    if (change.type === 'DELETED') this.#remove(line, change.uid)
    else this.#put(line, run)
  }

  #drop(namespace: string): void {
    this.#version += 1
    for (const known of [this.#lines, this.#readings]) {
      for (const key of known.keys()) if (key.startsWith(`${namespace}/`)) known.delete(key)
    }
  }
}

/** Of a concurrency key: its runs may be in several pools. */
function isShared({ id }: Group): boolean {
  return id.startsWith('key/')
}

function toKey(namespace: string, name: string): ObjectKey {
  return { kind: 'Run', namespace, name }
}

function isNewer(one: Place, than: Place): boolean {
  if (one.createdAt !== than.createdAt) return one.createdAt > than.createdAt
  return one.name > than.name
}
