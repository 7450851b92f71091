import type { WorkPoolSpec } from '../kinds/generated.ts'
import { DEFAULT_QUEUE } from '../kinds/workpool.ts'
import { nearest } from '../lib/nearest.ts'
import { type Compare, placeIn } from '../lib/sorted.ts'
import type { PoolUse } from '../store/types.ts'

/** What one task takes. */
export interface TaskSize {
  readonly cpuUnits: number
  readonly memoryMib: number
}

/** Runs of which only so many may be active: a deployment's, or those with the same concurrency key. */
export interface Group {
  /** Unique in its namespace. */
  readonly id: string
  /** For people. */
  readonly name: string
  readonly limit: number
  readonly policy: 'Enqueue' | 'CancelNew' | 'Replace'
}

/** A run that wants to launch tasks. */
export interface Contender {
  /** The run's uid. */
  readonly id: string
  readonly name: string
  readonly queue: string
  readonly priority: number
  /** RFC 3339. */
  readonly createdAt: string
  /** Tasks that it would launch now: 1, or what is left of an array. */
  readonly tasks: number
  readonly group: Group | undefined
  /** It was launched before, so it holds a place of its group already. */
  readonly holdsGroup: boolean
}

export type Turn =
  /** `tasks` of them may be launched. */
  | { readonly type: 'Go'; readonly tasks: number }
  /** `why` is one sentence with numbers; `ahead` counts the runs that are served before. */
  | {
      readonly type: 'Wait'
      readonly why: string
      readonly ahead: number
      /** Nothing but a change of a manifest helps. */
      readonly stalled?: true
    }
  | { readonly type: 'Cancel'; readonly why: string }

/** What is known of a pool when its line is called. */
export interface Room<C extends Contender> {
  readonly name: string
  readonly spec: WorkPoolSpec
  readonly used: readonly PoolUse[]
  /** Active runs of a group, without the contenders. */
  readonly active: (group: Group) => number
  /** The size of one task. Asked for only where the pool has a quota of sizes. */
  readonly sizeOf: (contender: C) => TaskSize
  /** No contender has a group, and each names a queue that exists. */
  readonly isPlain: boolean
}

const CPU_UNITS_PER_VCPU = 1024
const MIB_PER_GIB = 1024

/** Something of which there is only so much. */
interface Resource<C> {
  readonly what: string
  readonly total: number
  /** By living tasks and by those that are called now; more than `total` after a limit was lowered. */
  taken: number
  readonly perTask: (contender: C) => number
  /** Some tasks take more of it than others. */
  readonly isBySize: boolean
}

/** What the contenders of a line are told. */
export interface Calls<C extends Contender> {
  readonly turnOf: (contender: C) => Turn
  /** The contenders that need not wait, in the order of the line. */
  readonly called: readonly C[]
}

/**
 * Whose turn it is, for every run that waits in a pool, in the order of `inLine`. The first that finds no room
 * stops all behind it, so a big or important run is never overtaken by a small one. A run that waits for
 * something that is not the pool's (its queue's limit, its deployment's, a quota that is smaller than itself)
 * stops nobody else. Where no run can wait for anything but the pool, the line is walked only to the first that
 * has to wait; those behind are told when they ask. Pure, as long as `order` does not change.
 */
export function callUp<C extends Contender>(room: Room<C>, order: readonly C[]): Calls<C> {
  const line = openLine(room)
  const allWaitForPool = room.isPlain && !line.pool.some(({ isBySize }) => isBySize)
  if (allWaitForPool && line.pool.length === 0 && line.queues.size === 0) {
    return { turnOf: ({ tasks }) => ({ type: 'Go', tasks }), called: order }
  }
  const turns = new Map<string, Turn>()
  const called: C[] = []
  for (const contender of order) {
    if (allWaitForPool && line.blocked !== undefined) break
    const turn = turnOf(line, contender)
    turns.set(contender.id, turn)
    if (turn.type !== 'Wait') called.push(contender)
  }
  const { ahead, blocked = NOTHING_FREE } = line
  const compare = inLine(room.spec)
  const behind = (contender: C): Turn =>
    waitBehind(ahead + placeIn(order, contender, compare) - turns.size, blocked)
  return { turnOf: (contender) => turns.get(contender.id) ?? behind(contender), called }
}

const NOTHING_FREE = 'nothing is free'

/** Queues by priority (1 first), in each the higher run priority first, then the older run. */
export function inLine({ queues = [] }: WorkPoolSpec): Compare<Contender> {
  const rank = new Map(queues.map(({ name, priority = 1 }) => [name, priority]))
  return (a, b) =>
    (rank.get(a.queue) ?? 1) - (rank.get(b.queue) ?? 1) ||
    b.priority - a.priority ||
    compareText(a.createdAt, b.createdAt) ||
    compareText(a.name, b.name)
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}

interface Line<C extends Contender> {
  readonly room: Room<C>
  readonly pool: readonly Resource<C>[]
  readonly queues: ReadonlyMap<string, Resource<C>>
  /** Places taken in each group, by contenders before. */
  readonly places: Map<string, number>
  /** What the pool has run out of. */
  blocked: string | undefined
  ahead: number
}

function openLine<C extends Contender>(room: Room<C>): Line<C> {
  const { name, spec, used, sizeOf } = room
  const { concurrencyLimit, quota = {} } = spec
  const tasks = sum(used, (use) => use.tasks)
  const cpu = sum(used, (use) => use.cpuUnits) / CPU_UNITS_PER_VCPU
  const memory = sum(used, (use) => use.memoryMib) / MIB_PER_GIB
  const cpuOf = (one: C): number => sizeOf(one).cpuUnits / CPU_UNITS_PER_VCPU
  const memoryOf = (one: C): number => sizeOf(one).memoryMib / MIB_PER_GIB
  const pool = [
    limited<C>(concurrencyLimit, tasks, `slots of WorkPool ${name}`, oneEach),
    limited(quota.tasks, tasks, `tasks of the quota of WorkPool ${name}`, oneEach),
    limited(quota.vcpu, cpu, `vCPU of the quota of WorkPool ${name}`, cpuOf),
    limited(quota.memoryGiB, memory, `GiB of the quota of WorkPool ${name}`, memoryOf),
  ].flat()
  const queues = (spec.queues ?? []).flatMap((queue): [string, Resource<C>][] => {
    const mine = used.find((use) => use.queue === queue.name)?.tasks ?? 0
    const what = `slots of queue ${queue.name}`
    return limited<C>(queue.concurrencyLimit, mine, what, oneEach).map((one) => [queue.name, one])
  })
  return { room, pool, queues: new Map(queues), places: new Map(), blocked: undefined, ahead: 0 }
}

function sum(used: readonly PoolUse[], of: (use: PoolUse) => number): number {
  return used.reduce((total, use) => total + of(use), 0)
}

function oneEach(): number {
  return 1
}

function limited<C>(
  total: number | undefined,
  used: number,
  what: string,
  perTask: Resource<C>['perTask'],
): readonly Resource<C>[] {
  if (total === undefined) return []
  return [{ what, total, taken: used, perTask, isBySize: perTask !== oneEach }]
}

function freeOf({ total, taken }: Resource<never>): number {
  return Math.max(0, total - taken)
}

function sentenceOf({ what, total, taken }: Resource<never>): string {
  return `${rounded(taken)} of ${rounded(total)} ${what} are taken`
}

function rounded(value: number): string {
  return String(Math.round(value * 100) / 100)
}

function turnOf<C extends Contender>(line: Line<C>, contender: C): Turn {
  const { room } = line
  const unknown = unknownQueue(room, contender.queue)
  if (unknown !== undefined) return { type: 'Wait', why: unknown, ahead: 0, stalled: true }
  const oversized = line.pool.find(({ total, perTask }) => perTask(contender) > total)
  if (oversized && oversized.total > 0) {
    const why = `One task of it needs ${rounded(oversized.perTask(contender))}, more than there is: ${sentenceOf(oversized)}.`
    return { type: 'Wait', why, ahead: 0, stalled: true }
  }
  const refused = groupTurn(line, contender)
  if (refused) return refused
  if (line.blocked !== undefined) return waitBehind(line.ahead++, line.blocked)
  return launchTurn(line, contender)
}

function launchTurn<C extends Contender>(line: Line<C>, contender: C): Turn {
  const queue = line.queues.get(contender.queue)
  const ofQueue = queue ? Math.floor(freeOf(queue)) : Number.POSITIVE_INFINITY
  if (queue && ofQueue < 1) {
    return { type: 'Wait', why: `Waits: ${sentenceOf(queue)}.`, ahead: line.ahead }
  }
  const wanted = Math.min(contender.tasks, ofQueue)
  const [tasks, short] = fitting(line.pool, contender, wanted)
  for (const resource of line.pool) resource.taken += tasks * resource.perTask(contender)
  if (short) line.blocked = sentenceOf(short)
  if (tasks < 1) return waitBehind(line.ahead++, line.blocked ?? NOTHING_FREE)
  if (queue) queue.taken += tasks
  line.ahead += 1
  return { type: 'Go', tasks }
}

/** As many of `wanted` tasks as there is room for, and the resource that allows no more. */
function fitting<C>(
  pool: readonly Resource<C>[],
  contender: C,
  wanted: number,
): readonly [number, Resource<C> | undefined] {
  let tasks = wanted
  let short: Resource<C> | undefined
  for (const resource of pool) {
    const each = resource.perTask(contender)
    const room = each > 0 ? Math.floor(freeOf(resource) / each) : Number.POSITIVE_INFINITY
    if (room >= tasks) continue
    tasks = room
    short = resource
  }
  return [tasks, short]
}

function waitBehind(ahead: number, reason: string): Turn {
  const behind = ahead === 0 ? 'it is next' : `behind ${ahead} ${ahead === 1 ? 'run' : 'runs'}`
  return { type: 'Wait', why: `Waits, ${behind}: ${reason}.`, ahead }
}

/** Undefined: the deployment has nothing against it, and its place is taken. */
function groupTurn<C extends Contender>(
  line: Line<C>,
  { group, holdsGroup }: Contender,
): Turn | undefined {
  if (!group || holdsGroup) return undefined
  const before = line.places.get(group.id) ?? 0
  const active = line.room.active(group)
  line.places.set(group.id, before + 1)
  if (active + before < group.limit) return undefined
  // Runs that are called now have taken their places in this very round.
  const places = Math.max(active, group.limit)
  const taken = `${places} of ${group.limit} active runs of ${group.name} are taken`
  if (group.policy === 'CancelNew') {
    return { type: 'Cancel', why: `Deployment concurrency limit reached: ${taken}.` }
  }
  const waiting = Math.max(0, active + before - group.limit)
  const behind = waiting === 0 ? 'it is next' : `behind ${waiting} of them`
  return { type: 'Wait', why: `Waits, ${behind}: ${taken}.`, ahead: waiting }
}

function unknownQueue(
  { name, spec }: Pick<Room<never>, 'name' | 'spec'>,
  queue: string,
): string | undefined {
  const known = [DEFAULT_QUEUE, ...(spec.queues ?? []).map((one) => one.name)]
  if (known.includes(queue)) return undefined
  const near = nearest(queue, known)
  const hint = near === undefined ? '' : `; did you mean ${near}?`
  return `WorkPool ${name} has no queue ${queue}${hint || '.'}`
}
