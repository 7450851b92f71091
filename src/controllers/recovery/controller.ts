import type { AwsAccount, TaskSnapshot } from '../../aws/ports.ts'
import type { RunSpec, TemplateSpec, WorkPoolSpec } from '../../kinds/generated.ts'
import { type CapstanObject, DEFAULT_WORK_POOL, keyOf, WIRE } from '../../kinds/meta.ts'
import { isFinalState, type RunStatus } from '../../kinds/run.ts'
import { sleep } from '../../lib/clock.ts'
import { errorMessage } from '../../lib/errors.ts'
import type { Part } from '../../runtime/manager.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import type { ChoreDeps } from '../chore.ts'
import { adoptedRow } from './decide.ts'

type RunObject = CapstanObject<RunSpec, RunStatus>

/** Under this identity key stands why recovery is under way; empty when it is over. */
const RECOVERY_KEY = 'recovery'
/** Set for good by the first recovery: without one there is nothing to look for. */
const EVER_RECOVERED_KEY = 'ever-recovered'
/** How often it is looked whether the folders have been read, and how soon a failed listing is repeated. */
const POLL_MS = 250
const RETRY_MS = 10_000
/** DescribeTasks takes at most 100 ARNs. */
const DESCRIBE_LIMIT = 100

export function recoveryUnderWay(store: Store): string | undefined {
  return store.identity.get(RECOVERY_KEY) || undefined
}

/**
 * Begins recovery, in one transaction with whatever the caller wraps around it: from here on it goes on
 * across restarts until every folder has been read. Runs that have no living attempt are held, because
 * what they did since the database was last written is not in it.
 */
export function beginRecovery(store: Store, reason: string): void {
  store.identity.set(RECOVERY_KEY, reason)
  store.identity.set(EVER_RECOVERED_KEY, 'yes')
  for (const key of store.objects.unfinishedRunKeys()) {
    const run = store.objects.get(key) as RunObject | undefined
    if (!run || store.attempts.ofRun(run.metadata.uid).some(isLive)) continue
    annotate(store, run, { [WIRE.annotationHeld]: reason })
  }
}

/** Annotations of Runs that folders bring while recovery is under way. */
export function annotationsInRecovery(store: Store): Readonly<Record<string, string>> {
  const reason = recoveryUnderWay(store)
  return reason === undefined ? {} : { [WIRE.annotationHeld]: reason }
}

/** Runs that are held and not approved. */
export function heldRuns(store: Store): readonly RunObject[] {
  if (store.identity.get(EVER_RECOVERED_KEY) === undefined) return []
  return store.objects
    .unfinishedRunKeys()
    .map((key) => store.objects.get(key) as RunObject | undefined)
    .filter((run) => run !== undefined)
    .filter(isHeld)
}

function isHeld({ metadata }: RunObject): boolean {
  const { [WIRE.annotationHeld]: held, [WIRE.annotationApproved]: approved } =
    metadata.annotations ?? {}
  return held !== undefined && approved === undefined
}

export interface RecoveryDeps extends ChoreDeps {
  readonly accounts: AccountBook
  readonly controller: { readonly name: string; readonly epoch: number }
  /** Whether every folder has been read once. */
  readonly foldersRead: () => boolean
}

/**
 * Once the folders are read: finds by listing what ECS still knows of the runs that are held, adopts it, and
 * lets those runs go on. What it cannot prove stays held until a person approves it. Launches nothing.
 */
export function createRecovery(deps: RecoveryDeps): Part {
  const stopped = new AbortController()
  let working: Promise<void> = Promise.resolve()
  return {
    name: 'recovery',
    start() {
      if (recoveryUnderWay(deps.store) === undefined) return
      working = recover(deps, stopped.signal).catch((error: unknown) => {
        if (!stopped.signal.aborted) deps.log.error('recovery failed', { error })
      })
    },
    async stop() {
      stopped.abort(new Error('the program is stopping'))
      await working
    },
  }
}

async function recover(deps: RecoveryDeps, signal: AbortSignal): Promise<void> {
  const { store, clock, log } = deps
  log.warn('recovery', { reason: recoveryUnderWay(store) })
  while (!deps.foldersRead()) await sleep(clock, POLL_MS, signal)
  let adopted = 0
  for (const place of places(deps)) adopted += await adoptAll(deps, place, signal)
  store.transaction(() => store.identity.set(RECOVERY_KEY, ''))
  const held = heldRuns(store)
  log.warn('recovery is over', { adopted, held: held.length })
  if (held.length > 0) {
    log.warn('held runs wait for approval: capstan approve run/NAME', {
      runs: held
        .slice(0, MAX_LOGGED)
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    })
  }
}

/** Held runs that are named in the log; all of them carry the condition Held. */
const MAX_LOGGED = 20

interface Place {
  readonly account: AwsAccount
  readonly cluster: string
}

/** Every cluster that a pool, or a held run, may have used. */
function places({ store, accounts }: RecoveryDeps): readonly Place[] {
  const found = new Map<string, Place>()
  const add = (account: AwsAccount, cluster: string): void => {
    found.set(`${account.id} ${cluster}`, { account, cluster })
  }
  for (const run of heldRuns(store)) {
    const pool = poolOf(store, run)
    const account = accounts.forTarget(pool?.spec.aws ?? {})
    const templates = [run.spec.template, pool?.spec.template] as readonly (
      | TemplateSpec
      | undefined
    )[]
    add(account, templates.find((template) => template?.cluster)?.cluster ?? 'default')
  }
  return [...found.values()]
}

function poolOf(store: Store, run: RunObject): CapstanObject<WorkPoolSpec> | undefined {
  const { namespace } = run.metadata
  const name = run.spec.workPool ?? DEFAULT_WORK_POOL
  return store.objects.get({ kind: 'WorkPool', namespace, name }) as
    | CapstanObject<WorkPoolSpec>
    | undefined
}

/** Tries until ECS has answered: without its answer nothing is proven. */
async function adoptAll(deps: RecoveryDeps, place: Place, signal: AbortSignal): Promise<number> {
  for (;;) {
    try {
      const tasks = await listTasks(place, signal)
      return deps.store.transaction(() => tasks.filter((task) => adopt(deps, place, task)).length)
    } catch (error) {
      signal.throwIfAborted()
      deps.log.warn('tasks could not be listed for recovery', {
        cluster: place.cluster,
        error: errorMessage(error),
      })
      await sleep(deps.clock, RETRY_MS, signal)
    }
  }
}

async function listTasks(
  { account, cluster }: Place,
  signal: AbortSignal,
): Promise<readonly TaskSnapshot[]> {
  const arns = new Set<string>()
  for (const desiredStatus of ['RUNNING', 'STOPPED'] as const) {
    for (const arn of await account.ecs.listTaskArns({ cluster, desiredStatus }, signal))
      arns.add(arn)
  }
  const all = [...arns]
  const tasks: TaskSnapshot[] = []
  for (let start = 0; start < all.length; start += DESCRIBE_LIMIT) {
    const page = all.slice(start, start + DESCRIBE_LIMIT)
    tasks.push(...(await account.ecs.describeTasks(cluster, page, signal)).tasks)
  }
  // The newest first: of several attempts of a run only the last can still matter.
  return tasks.toSorted((a, b) => (b.createdAtMs ?? 0) - (a.createdAtMs ?? 0))
}

function adopt(deps: RecoveryDeps, place: Place, task: TaskSnapshot): boolean {
  const { store, controller, clock } = deps
  if (task.tags[WIRE.tagController] !== controller.name) return false
  const run = store.objects.getByUid(task.tags[WIRE.tagRunUid] ?? '') as RunObject | undefined
  if (!run || isFinalState(run.status?.state?.type)) return false
  const { uid, namespace, name } = run.metadata
  const rows = store.attempts.ofRun(uid)
  const row = adoptedRow(
    task,
    { uid, namespace, name },
    {
      account: place.account.id,
      cluster: place.cluster,
      workPool: task.tags[WIRE.tagWorkPool]?.split('/').at(-1) ?? DEFAULT_WORK_POOL,
      containerName: mainContainer(task),
      epoch: controller.epoch,
      nowMs: clock.nowMs(),
    },
  )
  if (!row || rows.some((known) => known.clientToken === row.clientToken || isLive(known)))
    return false
  store.attempts.insert(row)
  annotate(store, run, { [WIRE.annotationHeld]: undefined })
  return true
}

/** By the same rule as launches choose it: the peer's name, else the first. */
function mainContainer({ containers }: TaskSnapshot): string {
  const names = containers.map(({ name }) => name)
  return names.find((name) => name === 'prefect' || name === 'main') ?? names[0] ?? 'main'
}

function isLive({ phase }: AttemptRow): boolean {
  return phase === 'Intent' || phase === 'Launched'
}

function annotate(
  store: Store,
  run: RunObject,
  changes: Readonly<Record<string, string | undefined>>,
): void {
  const current = store.objects.get(keyOf(run))
  if (!current) return
  const merged = Object.entries({ ...current.metadata.annotations, ...changes })
  const annotations = Object.fromEntries(
    merged.filter((entry): entry is [string, string] => entry[1] !== undefined),
  )
  store.objects.update({ ...current, metadata: { ...current.metadata, annotations } })
}
