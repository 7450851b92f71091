import { AwsError, classifyError } from '../../aws/errors.ts'
import type { AwsAccount, TaskDefinitionSnapshot, TaskSnapshot } from '../../aws/ports.ts'
import { WIRE } from '../../kinds/meta.ts'
import { errorMessage } from '../../lib/errors.ts'
import type { Log } from '../../runtime/logger.ts'
import type { Store } from '../../store/types.ts'
import { isLive } from '../live-attempt.ts'
import { type AdoptDeps, adoptTask, runOfTask } from './adopt.ts'
import { listedPlaces, listTasks, type Place, placeKey } from './places.ts'
import {
  admittedPlaces,
  isAnyInstanceOurs,
  isProbing,
  mayHaveLeft,
  recoveryUnderWay,
  turnIntoRecovery,
} from './record.ts'

/** What the listings have shown so far. */
export interface Found {
  adopted: number
  /** Runs that have a living task: what they did last is known. */
  readonly seenAlive: Set<string>
  /** Instances of the same name that are not this one. */
  readonly foreign: Set<string>
}

/** What is asked of an account: about one cluster, or which others there are and about those. */
export interface Question {
  /** A placeKey, or one of the account for its other clusters. */
  readonly key: string
  readonly account: AwsAccount
  readonly place: Place | undefined
  /** Without its answer a run cannot go on. */
  readonly isNeeded: boolean
}

export interface AskDeps extends Omit<AdoptDeps, 'controller' | 'nowMs'> {
  readonly store: Store
  readonly controller: { readonly name: string; readonly epoch: number; readonly instance: string }
  readonly clock: { nowMs(): number }
  readonly log: Log
}

export function questionsOf(named: readonly Place[]): readonly Question[] {
  const accounts = new Map(named.map(({ account }) => [account.id, account]))
  return [
    ...named.map((place) => ({
      key: placeKey(place.account.id, place.cluster),
      account: place.account,
      place,
      isNeeded: place.isNeeded,
    })),
    ...[...accounts.values()].map((account) => ({
      key: `${account.id}/*`,
      account,
      place: undefined,
      isNeeded: false,
    })),
  ]
}

/** Characters of a refusal that are kept: more than a sentence of AWS with its request id has. */
const MAX_REASON = 400

/** Adopts what the answer proves. Returns why there was none; undefined: it was dealt with. */
export async function ask(
  deps: AskDeps,
  found: Found,
  { account, place }: Question,
  { named, signal }: { readonly named: readonly Place[]; readonly signal: AbortSignal },
): Promise<string | undefined> {
  try {
    const places = place ? [place] : await listedPlaces(account, named, signal)
    for (const one of places) await visit(deps, found, one, signal)
    return undefined
  } catch (error) {
    signal.throwIfAborted()
    const text = error instanceof AwsError ? classifyError(error).advice : errorMessage(error)
    return text.slice(0, MAX_REASON)
  }
}

async function visit(
  deps: AskDeps,
  found: Found,
  place: Place,
  signal: AbortSignal,
): Promise<void> {
  const { store, controller } = deps
  const tasks = await listTasks(place, signal)
  const ours = tasks.filter(({ tags }) => tags[WIRE.tagController] === controller.name)
  if (ours.length === 0) return
  const wanted = ours.filter((task) => runOfTask(store, task) !== undefined)
  const definitions = await describeAll(place, wanted, signal)
  store.transaction(() => {
    // The answer took so long that recovery has passed over the place and ended.
    if (recoveryUnderWay(store) === undefined) return
    const admitted = admittedPlaces(store)
    const isTrace = (task: TaskSnapshot): boolean => !isLaunchedSince(store, task, admitted)
    if (isProbing(store) && ours.some(isTrace)) turnIntoRecovery(store)
    for (const task of ours) {
      const definition = definitions.get(task.taskDefinitionArn)
      consider(deps, found, { place, task, definition })
    }
  })
}

/** Whether this database launched the task. A lost one gave the same tokens, so an intent that cannot have left proves nothing. */
function isLaunchedSince(
  store: Store,
  { tags, startedBy = '' }: TaskSnapshot,
  admitted: ReadonlySet<string>,
): boolean {
  const uid = tags[WIRE.tagRunUid] ?? ''
  const row = store.upkeep.attemptStartedBy(uid, startedBy)
  return row ? mayHaveLeft(row, admitted) : store.history.get(uid) !== undefined
}

/** One call per revision: only the definition says where the output goes and which container counts. */
async function describeAll(
  { account }: Place,
  tasks: readonly TaskSnapshot[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, TaskDefinitionSnapshot>> {
  const found = new Map<string, TaskDefinitionSnapshot>()
  for (const arn of new Set(tasks.map(({ taskDefinitionArn }) => taskDefinitionArn))) {
    const definition = await account.ecs.describeTaskDefinition(arn, signal)
    if (definition) found.set(arn, definition)
  }
  return found
}

function consider(deps: AskDeps, found: Found, at: Parameters<typeof adoptTask>[2]): void {
  const { store, controller, clock } = deps
  const { task } = at
  const instance = task.tags[WIRE.tagInstance]
  if (instance !== controller.instance) {
    if (instance !== undefined) found.foreign.add(instance)
    if (!isAnyInstanceOurs(store)) return
  }
  const run = runOfTask(store, task)
  if (!run) return
  const before = store.attempts.ofRun(run.metadata.uid).length
  const row = adoptTask({ ...deps, nowMs: clock.nowMs() }, run, at)
  if (!row) return
  const rows = store.attempts.ofRun(run.metadata.uid)
  if (rows.length > before) found.adopted += 1
  const { array = 1 } = run.spec
  const indexes = new Set(rows.filter(isLive).map(({ index }) => index))
  // Of an array every index must be accounted for: the others may have ended and been forgotten.
  if (isLive(row) && indexes.size === array) found.seenAlive.add(run.metadata.uid)
}
