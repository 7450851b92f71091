import { AwsError, classifyError } from '../../aws/errors.ts'
import type { AwsAccount } from '../../aws/ports.ts'
import { RetryableError } from '../../lib/errors.ts'
import type { Part } from '../../runtime/manager.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { DefinitionRow } from '../../store/definitions.ts'
import type { Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import { type ChoreDeps, createChore } from '../chore.ts'
import { definitionRecord } from '../definition-records.ts'
import { decideDefinitions } from './decide.ts'
import { observeDefinitions } from './observe.ts'
import { createDefinitionSearch, type DefinitionSearch } from './search.ts'

export interface DefinitionCollectorDeps extends ChoreDeps {
  readonly accounts: AccountBook
}

/** Registrations share the bucket of one call a second, and go first in it. */
const SPACING_MS = 1_000

/** Runs end in crowds, and nobody waits for this. */
const CALM_MS = 5_000

/** After a refusal that only people can mend, such as a missing permission. */
const REFUSED_MS = 15 * 60_000

/** What ECS refused; lost at a restart, when everything may be tried again. */
interface Refusals {
  /** Account → monotonic milliseconds until which nothing is asked of it. */
  readonly pausedUntilMs: Map<string, number>
  /** Revisions of a batch that was refused: one of them is to blame, so they are deleted one by one. */
  readonly suspects: Set<string>
  /** Revisions that ECS does not delete. */
  readonly stubborn: Set<string>
}

/** The end of a run leads to a look at its own family at once, and this much later to one at all families, which finds what the first has missed. */
const WIDE_MS = 10 * 60_000

/** Keys of the two looks, besides the ids of accounts, none of which is like these. */
const NARROW = ''
const WIDE = '*'

/**
 * Collects revisions that nobody needs: one call at a time and account, a new look before each. Crash
 * windows: the registry says INACTIVE (DELETED) only after ECS has said so, and deregistering what is
 * INACTIVE, or deleting what is being deleted, is answered without harm.
 */
export function createDefinitionCollector(deps: DefinitionCollectorDeps): Part {
  const search = createDefinitionSearch()
  const memory: Memory = {
    search,
    untidy: new Set(),
    refusals: { pausedUntilMs: new Map(), suspects: new Set(), stubborn: new Set() },
  }
  return createChore(deps, {
    name: 'definition collector',
    workers: 1,
    reconcile(key, { signal }, ask) {
      if (key !== NARROW && key !== WIDE) return collect(deps, memory, key, signal)
      for (const account of key === WIDE ? search.wide(deps.store) : search.narrow(deps.store)) {
        if (key === WIDE) memory.untidy.add(account)
        ask(account, 0)
      }
      return Promise.resolve(awaitChange())
    },
    begin: (ask) => ask(WIDE, CALM_MS),
    onChange(change, ask) {
      const width = search.hear(change)
      if (width === undefined) return
      ask(width === 'Wide' ? WIDE : NARROW, CALM_MS)
      ask(WIDE, WIDE_MS)
    },
  })
}

/** What the collector remembers; all of it is found again after a restart. */
interface Memory {
  readonly search: DefinitionSearch
  /** Accounts whose registry may hold rows that are of no use any more. */
  readonly untidy: Set<string>
  readonly refusals: Refusals
}

async function collect(
  deps: DefinitionCollectorDeps,
  { search, untidy, refusals }: Memory,
  accountId: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const { store, accounts, clock } = deps
  const account = accounts.byId(accountId)
  if (!account) return awaitChange()
  const pausedMs = (refusals.pausedUntilMs.get(accountId) ?? 0) - clock.monotonicMs()
  if (pausedMs > 0) return requeueAfter(pausedMs)
  const families = search.families(accountId)
  const world = observeDefinitions(store, { account: accountId, families }, refusals.stubborn)
  const { action, lookAgainInMs, waiting } = decideDefinitions(world, clock.nowMs())
  if (!action) {
    search.leave(accountId, waiting)
    if (untidy.delete(accountId)) forget(store, accountId)
    return lookAgainInMs === undefined ? awaitChange() : requeueAfter(lookAgainInMs)
  }
  const rows = action.type === 'Delete' ? alone(refusals, action.rows) : [action.row]
  try {
    await act(account, { type: action.type, arns: rows.map(arnOf) }, signal)
  } catch (error) {
    return refused(deps, refusals, { type: action.type, rows }, error)
  }
  record(store, rows, action.type, clock.nowMs())
  untidy.add(accountId)
  deps.log.info('revisions collected', { action: action.type, revisions: rows.map(arnOf) })
  return requeueAfter(SPACING_MS)
}

/** Rows of collected revisions that stay in the registry, by family: enough for people to see its past. */
const KEEP_INACTIVE = 10

/** Removes the rows of what was collected long ago; called once nothing is left to collect. */
function forget(store: Store, account: string): void {
  const outdated = store.definitions.outdated(account, KEEP_INACTIVE)
  if (outdated.length === 0) return
  store.transaction(() => {
    for (const taskDefinitionArn of outdated) store.definitions.remove(taskDefinitionArn)
  })
}

function alone({ suspects }: Refusals, rows: readonly DefinitionRow[]): readonly DefinitionRow[] {
  const suspect = rows.find((row) => suspects.has(arnOf(row)))
  return suspect ? [suspect] : rows
}

/** A revision that is gone, or INACTIVE already, is as it should be. */
async function act(
  account: AwsAccount,
  { type, arns }: { readonly type: Action; readonly arns: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  try {
    if (type === 'Delete') await account.ecs.deleteTaskDefinitions(arns, signal)
    else for (const arn of arns) await account.ecs.deregisterTaskDefinition(arn, signal)
  } catch (error) {
    if (error instanceof AwsError && classifyError(error).verdict === 'NotFound') return
    throw error
  }
}

type Action = 'Deregister' | 'Delete'

/** What the registry and the event log say once ECS has done it. */
const DONE = {
  Deregister: { status: 'INACTIVE', operation: 'DeregisterTaskDefinition' },
  Delete: { status: 'DELETED', operation: 'DeleteTaskDefinitions' },
} as const

/** Most failures pass with time. One that only people can mend is left alone for a while, so that it starves nothing else. */
function refused(
  { clock, log }: DefinitionCollectorDeps,
  refusals: Refusals,
  { type, rows }: { readonly type: Action; readonly rows: readonly DefinitionRow[] },
  error: unknown,
): Outcome {
  if (!(error instanceof AwsError)) throw error
  const { verdict, advice } = classifyError(error)
  const single = isFailureEntry(error)
  if (!single && verdict !== 'Terminal') throw new RetryableError(advice, { cause: error })
  log.warn('ECS refuses to collect revisions', { action: type, revisions: rows.map(arnOf), advice })
  if (single) {
    for (const row of rows)
      (rows.length > 1 ? refusals.suspects : refusals.stubborn).add(arnOf(row))
    return requeueAfter(SPACING_MS)
  }
  const account = rows[0]?.account ?? ''
  refusals.pausedUntilMs.set(account, clock.monotonicMs() + REFUSED_MS)
  return requeueAfter(REFUSED_MS)
}

/** Whether the error is an entry of failures[], about single revisions: its `code` is a sentence. */
function isFailureEntry({ code, httpStatus }: AwsError): boolean {
  return httpStatus === undefined && code.includes(' ')
}

function record(store: Store, rows: readonly DefinitionRow[], action: Action, nowMs: number): void {
  const { status, operation } = DONE[action]
  store.transaction(() => {
    for (const row of rows) store.definitions.put({ ...row, status })
    store.eventLog.append(rows.map((row) => definitionRecord(operation, row, nowMs)))
  })
}

function arnOf({ taskDefinitionArn }: DefinitionRow): string {
  return taskDefinitionArn
}
