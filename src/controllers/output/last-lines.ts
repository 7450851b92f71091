import { AwsError, classifyError } from '../../aws/errors.ts'
import { createLogReader, DRAIN_MS } from '../../aws/log-reader.ts'
import type { Part } from '../../runtime/manager.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { AttemptRow } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import { type OutputOfEveryTask, outputOf } from '../attempt-logs.ts'
import { type AskChore, type ChoreDeps, createChore } from '../chore.ts'
import { LAST_LINES, toLastLines } from './lines.ts'

export interface LastLinesDeps extends ChoreDeps {
  readonly accounts: AccountBook
  readonly outputOfEveryTask?: OutputOfEveryTask | undefined
  /** Queues the run of an attempt whose last lines are known now. */
  readonly wake: (attempt: AttemptRow) => void
}

/** Asks which attempts have no last lines yet. No client token is spelt like this. */
const SCAN = 'scan'
const SCAN_DELAY_MS = 500
/** More are found by the next scan: a crowd of failures is read at the pace of the Logs API anyway. */
const SCAN_LIMIT = 500
/** GetLogEvents has 10 to 25 calls a second, which readers of logs share. */
const READERS = 2
/** Lines may be late, and a task that never started has none: best effort. */
const MAX_READS = 3
const READ_AGAIN_MS = 15_000

/**
 * Attaches the end of the output to every attempt that did not succeed. It comes after the end and apart
 * from it: the final state of a run never waits for it.
 */
export function createLastLines(deps: LastLinesDeps): Part {
  /** Reads of each attempt that is being seen to. */
  const reads = new Map<string, number>()
  return createChore(deps, {
    name: 'last lines',
    workers: READERS,
    begin: (ask) => ask(SCAN, SCAN_DELAY_MS),
    onChange({ kind }, ask) {
      if (kind === 'Run') ask(SCAN, SCAN_DELAY_MS)
    },
    reconcile: (key, { signal }, ask) =>
      key === SCAN ? Promise.resolve(scan(deps, reads, ask)) : read(deps, reads, key, signal),
  })
}

function scan(deps: LastLinesDeps, reads: Map<string, number>, ask: AskChore): Outcome {
  const every = deps.outputOfEveryTask
  const found = deps.store.upkeep.attemptsWithoutLastLines(SCAN_LIMIT, every !== undefined)
  for (const { clientToken } of found.filter((row) => !reads.has(row.clientToken))) {
    reads.set(clientToken, 0)
    ask(clientToken, every ? 0 : DRAIN_MS)
  }
  return found.length < SCAN_LIMIT ? awaitChange() : requeueAfter(READ_AGAIN_MS)
}

async function read(
  deps: LastLinesDeps,
  reads: Map<string, number>,
  clientToken: string,
  signal: AbortSignal,
): Promise<Outcome> {
  const row = deps.store.attempts.byClientToken(clientToken)
  const count = (reads.get(clientToken) ?? 0) + 1
  reads.set(clientToken, count)
  const lines = row && !row.lastLines ? await readLines(deps, row, signal) : []
  if (lines === 'Later' && count < MAX_READS) return requeueAfter(READ_AGAIN_MS)
  if (!signal.aborted) record(deps, clientToken, lines === 'Later' ? [] : lines)
  reads.delete(clientToken)
  return awaitChange()
}

/** `Later`: there is nothing yet, or the call failed in a way that passes. */
async function readLines(
  { accounts, clock, log, outputOfEveryTask }: LastLinesDeps,
  row: AttemptRow,
  signal: AbortSignal,
): Promise<readonly string[] | 'Later'> {
  const account = accounts.byId(row.account)
  const location = outputOf(row, row.containerName, outputOfEveryTask)
  if (!account || !location) return []
  const reader = createLogReader({ logs: account.logs, clock })
  try {
    const events = await reader.tail(location, LAST_LINES, signal)
    return events.length === 0 ? 'Later' : toLastLines(events.map(({ message }) => message))
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const { verdict, advice } = classifyError(error)
    if (verdict !== 'Terminal') return 'Later'
    log.warn('last lines cannot be read', { ...location, advice })
    return []
  }
}

/** An empty list, too: it says that nobody needs to look again. */
function record(deps: LastLinesDeps, clientToken: string, lastLines: readonly string[]): void {
  const { store, wake } = deps
  const row = store.attempts.byClientToken(clientToken)
  if (!row || row.lastLines) return
  store.transaction(() => store.attempts.update(clientToken, { lastLines }))
  if (lastLines.length > 0) wake(row)
}
