import { renderFinalTable, renderProgress } from '../cli/progress.ts'
import type { UpOptions } from '../config.ts'
import { recoveryUnderWay } from '../controllers/recovery/record.ts'
import type { Clock } from '../lib/clock.ts'
import { sleep } from '../lib/clock.ts'
import { renderSourceProblem } from '../source/problem.ts'
import type { Store } from '../store/types.ts'
import type { Sources } from './sources.ts'
import { watchRunsToEnd } from './watch-runs.ts'

export interface RunToEndDeps {
  readonly store: Store
  readonly sources: Sources
  readonly clock: Clock
  /** Whether automations have dealt with everything that happened. */
  readonly isIdle: () => boolean
  readonly stopped: AbortSignal
  /** Settles when the program has ended, whatever the reason. */
  readonly running: Promise<void>
}

/** How often it is looked whether the folders have been read. */
const SOURCE_POLL_MS = 20

/**
 * Waits until the folders are applied and every run has ended, telling on stderr what happens meanwhile,
 * and prints the table of runs on stdout. The exit code is 0 when every run completed and no manifest
 * had a problem, 1 otherwise.
 */
export async function runToEnd(options: UpOptions, deps: RunToEndDeps): Promise<number> {
  const { store, sources, clock, isIdle, stopped } = deps
  const died = new AbortController()
  deps.running.then(
    () => died.abort(new Error('the controller stopped')),
    (error: unknown) => died.abort(error),
  )
  const signal = AbortSignal.any([stopped, died.signal])
  try {
    // While recovery is under way every run looks as if it waited for a person.
    while (!sources.settled() || recoveryUnderWay(store) !== undefined) {
      await sleep(clock, SOURCE_POLL_MS, signal)
    }
    const runs = await watchRunsToEnd(
      { store, clock, isIdle, onChange: showProgress(options, clock) },
      signal,
    )
    process.stdout.write(renderFinalTable(runs))
    const reports = sources.list.flatMap((source) => source.status() ?? [])
    const problems = reports.flatMap((report) =>
      report.problems.map((problem) => renderSourceProblem(report.source, problem)),
    )
    for (const problem of problems) process.stderr.write(`${problem}\n`)
    const completed = runs.every((run) => run.status?.state?.type === 'COMPLETED')
    return completed && problems.length === 0 ? 0 : 1
  } catch (error) {
    if (!signal.aborted) throw error
    return 1
  }
}

function showProgress(
  options: UpOptions,
  clock: Clock,
): Parameters<typeof watchRunsToEnd>[0]['onChange'] {
  return (before, now) => {
    for (const line of renderProgress(before, now, clock.nowMs(), options.colour)) {
      process.stderr.write(`${line}\n`)
    }
  }
}
