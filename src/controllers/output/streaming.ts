import { renderKey } from '../../kinds/meta.ts'
import type { Part } from '../../runtime/manager.ts'
import { awaitChange, type Outcome, requeueAfter } from '../../runtime/outcome.ts'
import type { AccountBook } from '../accounts.ts'
import type { OutputOfEveryTask } from '../attempt-logs.ts'
import { type AskChore, type ChoreDeps, createChore } from '../chore.ts'
import { OutputFollower } from './follower.ts'
import { createLineBudget } from './line-budget.ts'
import { toLine } from './lines.ts'
import type { Followed } from './reads.ts'

export interface StreamingDeps extends ChoreDeps {
  readonly accounts: AccountBook
  readonly outputOfEveryTask?: OutputOfEveryTask | undefined
}

/** Looks for attempts whose output is to be followed. No account has this id. */
const REFRESH = 'refresh'
const REFRESH_DELAY_MS = 250
/** People read along; the drivers send every few seconds, and a call is at most one in five of the quota. */
const ROUND_MS = 1_000
/** After a failed call, which the SDK has repeated already. */
const FAILED_ROUND_MS = 5_000
/** More than anybody reads, and few enough to leave the controller's own lines findable. */
const LINES_PER_SECOND = 500

/** Accounts that are read at the same time: a slow one holds up the others only when there are many. */
const ACCOUNTS = 4

/** Prints the output of attempts with `streamOutput` into the controller's log. */
export function createOutputStreaming(deps: StreamingDeps): Part {
  const printer = createPrinter(deps)
  const follower = new OutputFollower({
    ...deps,
    print: (one, { event }) => printer.print(one, event.message),
  })
  const chore = createChore(deps, {
    name: 'output streaming',
    workers: ACCOUNTS,
    begin(ask) {
      follower.restore()
      askAll(follower, ask)
    },
    onChange({ kind }, ask) {
      if (kind === 'Run') ask(REFRESH, REFRESH_DELAY_MS)
    },
    reconcile(key, { signal }, ask) {
      if (key !== REFRESH) return round(key, signal)
      follower.refresh()
      askAll(follower, ask)
      return Promise.resolve(awaitChange())
    },
  })
  let hurry = new AbortController().signal
  return {
    name: chore.name,
    start(signal, fail) {
      hurry = signal
      return chore.start(signal, fail)
    },
    async stop() {
      await chore.stop()
      await lastRounds()
    },
  }

  /** Someone who stops the controller when the last run has ended wants to see that run's last lines. */
  async function lastRounds(): Promise<void> {
    follower.refresh()
    for (const accountId of follower.accounts()) await round(accountId, hurry)
  }

  async function round(accountId: string, signal: AbortSignal): Promise<Outcome> {
    const account = deps.accounts.byId(accountId)
    if (!account || !follower.accounts().has(accountId)) return awaitChange()
    const ok = await follower.round(account, signal)
    printer.reportDropped()
    if (!follower.accounts().has(accountId)) return awaitChange()
    return requeueAfter(ok ? ROUND_MS : FAILED_ROUND_MS)
  }
}

interface Printer {
  print(one: Followed, message: string): void
  /** Says how many lines of which run were too many since the last report. */
  reportDropped(): void
}

function createPrinter({ clock, log }: Pick<StreamingDeps, 'clock' | 'log'>): Printer {
  const budget = createLineBudget(clock, LINES_PER_SECOND)
  const dropped = new Map<string, number>()
  return {
    print(one, message) {
      const run = runOf(one)
      if (!budget.take()) dropped.set(run, (dropped.get(run) ?? 0) + 1)
      else log.info('output', { run, ...partOf(one), line: toLine(message) })
    },
    reportDropped() {
      for (const [run, lines] of dropped) {
        log.warn('output dropped', { run, lines, linesPerSecond: LINES_PER_SECOND })
      }
      dropped.clear()
    },
  }
}

function askAll(follower: OutputFollower, ask: AskChore): void {
  for (const account of follower.accounts()) ask(account, ROUND_MS)
}

function runOf({ attempt: { namespace, runName: name } }: Followed): string {
  return renderKey({ kind: 'Run', namespace, name })
}

function partOf({ attempt, container }: Followed): Readonly<Record<string, unknown>> {
  const { number, index } = attempt
  return { attempt: number, ...(index > 0 && { index }), container }
}
