import { AwsError, classifyError } from '../../aws/errors.ts'
import { type AwsAccount, DESCRIBE_TASKS_LIMIT, type TaskSnapshot } from '../../aws/ports.ts'
import { renderStopReason } from '../../aws/stop-text.ts'
import { WIRE } from '../../kinds/meta.ts'
import { defined } from '../../lib/defined.ts'
import { errorMessage } from '../../lib/errors.ts'
import { inChunks } from '../../lib/pages.ts'
import type { Part } from '../../runtime/manager.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import { type ChoreDeps, createChore } from '../chore.ts'
import { attemptRecord } from '../run-records.ts'
import { subjectOfAttempt } from '../run-subject.ts'
import { decideOrphan, isSweepNeeded, type OrphanVerdict } from './decide.ts'
import { isOfHeldRun, observePlaces, type Place, rowOfTask } from './observe.ts'
import { unwantedTaskRecord } from './records.ts'

export interface OrphanSweepDeps extends ChoreDeps {
  readonly accounts: AccountBook
  readonly controller: { readonly name: string; readonly instance: string }
  /** During recovery nobody can say which tasks are unwanted. */
  readonly isRecovering: () => boolean
  /** Queues the run of an attempt that was adopted. */
  readonly wake: (attempt: AttemptRow) => void
}

/** An orphan costs money by the minute, a sweep a few calls per cluster: five minutes are a fair price. */
const SWEEP_MS = 5 * 60_000
/** At the start runs with open intents come first: they find most of their tasks by themselves. */
const START_DELAY_MS = 10_000
/** Listings of one sweep: half a minute of the read bucket. The rest follows in the next one. */
const MAX_PLACES = 500
const KEY = 'all'

/** What one process remembers; nothing in here must survive it. A round is as many sweeps as it takes to look everywhere. */
interface Memory {
  /** Instances of our name that were reported. */
  readonly reported: Set<string>
  startedAtMs: number | undefined
  /** Start of the last whole round that left nothing open. */
  sweptAtMs: number | undefined
  round: { readonly startedAtMs: number; readonly nextPlace: number; readonly clean: boolean }
}

/** Looks for tasks that carry our tag and that no run wants: adopts the answer to an open intent, stops the rest. */
export function createOrphanSweep(deps: OrphanSweepDeps): Part {
  const { store, clock } = deps
  const memory: Memory = {
    reported: new Set(),
    startedAtMs: undefined,
    sweptAtMs: undefined,
    round: newRound(0),
  }
  return createChore(deps, {
    name: 'orphan sweep',
    workers: 1,
    begin(ask) {
      if (observePlaces(store, deps.accounts).length === 0) return
      memory.startedAtMs = clock.nowMs()
      ask(KEY, START_DELAY_MS)
    },
    onChange({ kind }, ask) {
      if (kind === 'Run') ask(KEY, SWEEP_MS)
    },
    reconcile: (_, { signal }) => sweepIfNeeded(deps, memory, signal),
  })
}

function newRound(startedAtMs: number): Memory['round'] {
  return { startedAtMs, nextPlace: 0, clean: true }
}

async function sweepIfNeeded(
  deps: OrphanSweepDeps,
  memory: Memory,
  signal: AbortSignal,
): Promise<Outcome> {
  const { store, accounts, clock } = deps
  const need = {
    hasLiveAttempts: store.upkeep.hasLiveAttempts(),
    lastDoubtMs: store.upkeep.lastDoubtMs(),
    startedAtMs: memory.startedAtMs,
    sweptAtMs: memory.sweptAtMs,
  }
  if (!isSweepNeeded(need)) return awaitChange()
  if (deps.isRecovering()) return requeueAfter(SWEEP_MS)
  if (memory.round.nextPlace === 0) memory.round = newRound(clock.nowMs())
  const { nextPlace, startedAtMs } = memory.round
  const places = observePlaces(store, accounts)
  let { clean } = memory.round
  for (const place of places.slice(nextPlace, nextPlace + MAX_PLACES)) {
    if (!(await sweepPlace({ ...deps, reported: memory.reported }, place, signal))) clean = false
  }
  const isWhole = nextPlace + MAX_PLACES >= places.length
  memory.round = { startedAtMs, clean, nextPlace: isWhole ? 0 : nextPlace + MAX_PLACES }
  if (isWhole && clean) memory.sweptAtMs = startedAtMs
  return requeueAfter(SWEEP_MS)
}

/** False when something is left for the next sweep: a call failed, or a task is too young to judge. */
async function sweepPlace(deps: TreatDeps, place: Place, signal: AbortSignal): Promise<boolean> {
  const account = deps.accounts.byId(place.account)
  if (!account) return true
  try {
    const unknown = await listUnknown(deps.store, account, place, signal)
    let clean = true
    for (const page of inChunks(unknown, DESCRIBE_TASKS_LIMIT)) {
      const { tasks } = await account.ecs.describeTasks(place.cluster, page, signal)
      for (const task of tasks) {
        if (!(await treat(deps, { account, place, task }, signal))) clean = false
      }
    }
    return clean
  } catch (error) {
    if (error instanceof AwsError && classifyError(error).verdict === 'NotFound') return true
    if (!signal.aborted) {
      deps.log.warn('tasks could not be swept', { ...place, error: errorMessage(error) })
    }
    return false
  }
}

/** ARNs of running tasks that belong to no living attempt. */
async function listUnknown(
  store: Store,
  account: AwsAccount,
  { cluster, family }: Place,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const filter = defined({ cluster, family, desiredStatus: 'RUNNING' as const })
  const arns = await account.ecs.listTaskArns(filter, signal)
  return arns.filter((arn) => store.attempts.byTaskArn(arn)?.phase !== 'Launched')
}

interface Found {
  readonly account: AwsAccount
  readonly place: Place
  readonly task: TaskSnapshot
}

interface TreatDeps extends OrphanSweepDeps {
  readonly reported: Set<string>
}

/** Observes, decides and acts on one task; false when it is to be looked at again. */
async function treat(deps: TreatDeps, found: Found, signal: AbortSignal): Promise<boolean> {
  const { store, clock, controller } = deps
  const { task } = found
  const row = rowOfTask(store, task)
  const isHeld = isOfHeldRun(store, task)
  const swept = { task, row, isHeld, controller }
  const verdict: OrphanVerdict = decideOrphan(swept, clock.nowMs())
  if (verdict === 'Adopt' && row) adopt(deps, row, task)
  if (verdict === 'Stop') await stop(deps, found, row, signal)
  if (verdict === 'Foreign') report(deps, found)
  return verdict !== 'Wait'
}

/** Once per instance: each sweep finds all its tasks again. */
function report({ log, reported }: TreatDeps, { place, task }: Found): void {
  const instance = task.tags[WIRE.tagInstance] ?? 'without the tag capstan.dev/instance'
  if (reported.has(instance)) return
  reported.add(instance)
  log.warn(
    'ECS holds tasks of another controller of this name: they are left alone; give one of the two another name with --name',
    { instance, taskArn: task.taskArn, cluster: place.cluster },
  )
}

/** The call may still be under way: its answer names the same task, and a refusal no longer counts. */
function adopt(deps: OrphanSweepDeps, row: AttemptRow, task: TaskSnapshot): void {
  const { store, clock, log, wake } = deps
  const { taskArn, clusterArn } = task
  store.transaction(() => {
    store.attempts.update(row.clientToken, { phase: 'Launched', taskArn, clusterArn })
    const subject = subjectOfAttempt(store, row)
    const attempt = { ...row, taskArn }
    store.eventLog.append([attemptRecord(subject, 'launched', attempt, clock.nowMs())])
  })
  log.info('task adopted', { run: `${row.namespace}/${row.runName}`, taskArn })
  wake(row)
}

async function stop(
  { store, clock, log }: OrphanSweepDeps,
  { account, place, task }: Found,
  row: AttemptRow | undefined,
  signal: AbortSignal,
): Promise<void> {
  const { taskArn } = task
  const reason = renderStopReason('Unwanted', 'No Run wants this task.')
  await account.ecs.stopTask({ cluster: place.cluster, taskArn, reason }, signal)
  store.transaction(() =>
    store.eventLog.append([unwantedTaskRecord(task, place.cluster, clock.nowMs())]),
  )
  const run = row ? `${row.namespace}/${row.runName}` : undefined
  log.warn('task without a run stopped', {
    taskArn,
    cluster: place.cluster,
    family: place.family,
    run,
  })
}
