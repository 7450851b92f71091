import type { WorkPool } from '../kinds/workpool.ts'
import { DEFAULT_QUEUE } from '../kinds/workpool.ts'
import { canonicalJson } from '../lib/json.ts'
import { type Compare, placeIn } from '../lib/sorted.ts'
import { type Contender, inLine } from './line.ts'
import type { Place } from './run-place.ts'

/** How long a run that prepares its launch keeps a slot free: as long as a task may take to start. */
const PREPARING_MS = 300_000

/**
 * The runs of a pool that are not over, in memory and in order: a place changes with each commit of a run, and
 * there may be a hundred thousand of them.
 *
 * - `#order` holds the contenders among `#places`, as `inLine` has them.
 * - `#preparing` holds those of them that have begun to prepare their launch: the only ones that time moves.
 * - `#waiting` counts the runs that are not active, by queue; `#grouped` counts the contenders with a group.
 */
export class PoolLine {
  readonly #places = new Map<string, Place>()
  readonly #order: Place[] = []
  readonly #preparing = new Map<string, Place>()
  readonly #waiting = new Map<string, number>()
  readonly #queues: ReadonlySet<string>
  readonly #compare: Compare<Contender>
  #grouped = 0

  /** The pool's spec holds for the life of the line. */
  constructor(pool: WorkPool | undefined) {
    const { queues = [] } = pool?.spec ?? {}
    this.#queues = new Set([DEFAULT_QUEUE, ...queues.map(({ name }) => name)])
    this.#compare = inLine(pool?.spec ?? {})
  }

  place(id: string): Place | undefined {
    return this.#places.get(id)
  }

  places(): Iterable<Place> {
    return this.#places.values()
  }

  /** How many runs are not active, by queue. */
  get waiting(): ReadonlyMap<string, number> {
    return this.#waiting
  }

  /** See Room.isPlain. `asking` is counted as well, should it not be in the line yet. */
  isPlain(asking?: Place): boolean {
    if (this.#grouped > 0 || asking?.group) return false
    const queues = [...this.#waiting.keys(), ...(asking ? [asking.queue] : [])]
    return queues.every((name) => this.#queues.has(name))
  }

  /** How many have been preparing their launch for too long, so that others go first. It grows with time alone. */
  lateCount(nowMs: number): number {
    return [...this.#preparing.values()].filter((place) => isLate(place, nowMs)).length
  }

  /** Whether the line counts a run that asks now among the contenders already. */
  isContender(place: Place, nowMs: number): boolean {
    const isHere = this.#places.has(place.id)
    return isHere && place.stage === 'Contender' && !isLate(place, nowMs)
  }

  /** In order; with `asking`, a run that says now that it wants to launch. */
  contenders(nowMs: number, asking?: Place): readonly Place[] {
    const isHere = asking === undefined || this.isContender(asking, nowMs)
    if (isHere && this.lateCount(nowMs) === 0) return this.#order
    const onTime = this.#order.filter((place) => !isLate(place, nowMs))
    if (isHere) return onTime
    return onTime.toSpliced(placeIn(onTime, asking, this.#compare), 0, asking)
  }

  /** Returns false when nothing changed. */
  put(place: Place): boolean {
    const before = this.#places.get(place.id)
    if (before && isSamePlace(before, place)) return false
    if (before) this.#take(before)
    this.#places.set(place.id, place)
    if (place.stage !== 'Active') this.#count(place.queue, 1)
    if (place.stage !== 'Contender') return true
    this.#order.splice(placeIn(this.#order, place, this.#compare), 0, place)
    if (place.group) this.#grouped += 1
    if (place.preparingSinceMs !== undefined) this.#preparing.set(place.id, place)
    return true
  }

  /** Returns the place that it had. */
  remove(id: string): Place | undefined {
    const place = this.#places.get(id)
    if (place) this.#take(place)
    return place
  }

  #take(place: Place): void {
    this.#places.delete(place.id)
    if (place.stage !== 'Active') this.#count(place.queue, -1)
    if (place.stage !== 'Contender') return
    this.#order.splice(placeIn(this.#order, place, this.#compare), 1)
    if (place.group) this.#grouped -= 1
    this.#preparing.delete(place.id)
  }

  #count(queue: string, difference: number): void {
    const count = (this.#waiting.get(queue) ?? 0) + difference
    if (count === 0) this.#waiting.delete(queue)
    else this.#waiting.set(queue, count)
  }
}

/** It has been preparing its launch for too long: others go first, though it may still launch when there is room. */
function isLate({ stage, preparingSinceMs }: Place, nowMs: number): boolean {
  const isPreparing = stage === 'Contender' && preparingSinceMs !== undefined
  return isPreparing && nowMs - preparingSinceMs >= PREPARING_MS
}

/** Whether the line is the same with either of them: most changes of a run leave its place as it is. */
function isSamePlace(one: Place, other: Place): boolean {
  return COMPARED.every((member) => {
    const [before, after] = [one[member], other[member]]
    if (before === after) return true
    return typeof before === 'object' && canonicalJson(before) === canonicalJson(after)
  })
}

/** A new `generation` counts as another place, because its template may ask for another size. */
const COMPARED = [
  'stage',
  'preparingSinceMs',
  'holdsGroup',
  'tasks',
  'generation',
  'queue',
  'priority',
  'createdAt',
  'name',
  'group',
  'dependsOn',
] as const satisfies readonly (keyof Place)[]
