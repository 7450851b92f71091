import { isFinalState, type RunStatus } from '../kinds/run.ts'
import { isJsonObject } from '../lib/json.ts'
import { type AttemptLog, type LogPorts, printAttempt } from './attempt-log.ts'
import type { CliContext, Connection } from './context.ts'
import { CliError, isReason, renderError } from './errors.ts'
import { fetchObject } from './fetch.ts'
import { followUntil } from './follow.ts'
import { type ApiObject, listAt, numberAt } from './objects.ts'
import { durationOption, type Options } from './options.ts'
import { nameOf } from './output-format.ts'
import { type RunSnapshot, renderProgress } from './progress.ts'
import { retried } from './reconnect.ts'
import { RUNS, resourcePath } from './resources.ts'
import { stateTypeOf } from './steering.ts'
import type { ObjectTarget } from './targets.ts'

export interface FollowRequest {
  readonly context: CliContext
  readonly connection: Connection
  readonly options: Options
}

/**
 * Stays with a run until it has ended: progress on stderr and, with --logs, the output of its attempts
 * on stdout. Returns the run as it ended; undefined when it was deleted before.
 */
export async function followRun(
  request: FollowRequest,
  run: ApiObject,
): Promise<ApiObject | undefined> {
  const { context, connection, options } = request
  const { name, namespace } = run.metadata
  const logs = createLogPrinter(request, run)
  let shown = run
  const ended = await followUntil(
    { client: connection.client, clock: context.clock },
    { type: 'Object', resource: RUNS, namespace, name },
    (current) => {
      if (!current) return { run: undefined }
      const nowMs = context.clock.nowMs()
      const [before, now] = [toSnapshot(shown), toSnapshot(current)]
      const lines = renderProgress([before], [now], nowMs, context.stderr.colour)
      for (const line of lines) context.stderr.write(`${line}\n`)
      shown = current
      logs.see(current)
      return isFinalState(stateTypeOf(current)) ? { run: current } : undefined
    },
    durationOption(options, 'timeout'),
  )
  if (!ended) throw new CliError(`timed out waiting for ${nameOf(run)} to end; it goes on`)
  await logs.finished()
  return ended.run
}

function toSnapshot({ metadata, status }: ApiObject): RunSnapshot {
  const { name, namespace = '' } = metadata
  if (!isJsonObject(status)) return { metadata: { name, namespace } }
  // The server of the same program wrote it, as kinds/run.ts describes it.
  return { metadata: { name, namespace }, status: status as RunStatus }
}

interface LogPrinter {
  /** Starts printing attempts that have begun since the last call. */
  see(run: ApiObject): void
  /** Resolves when everything that was started is printed. */
  finished(): Promise<void>
}

/** One attempt after the other, each from its first line to its last. */
function createLogPrinter(
  { context, connection, options }: FollowRequest,
  run: ApiObject,
): LogPrinter {
  let printing = Promise.resolve()
  let printed = 0
  let isSilent = !options.flag('logs')
  const { namespace, name } = run.metadata
  const path = resourcePath(RUNS, namespace, name, 'log')
  const ports = { client: connection.client, clock: context.clock, terminal: context.stdout }
  const print = async (attempt: number): Promise<void> => {
    if (isSilent) return
    const state = () => stateOfAttempt(ports, { namespace, name }, attempt)
    try {
      await printAttempt(ports, { path, attempt, state })
    } catch (error) {
      // Logs that cannot be had are no reason to stop waiting; one word about it is enough.
      context.stderr.write(`${renderError(error)}\n`)
      isSilent = true
    }
  }
  return {
    see(current) {
      const isOver = isFinalState(stateTypeOf(current))
      for (const attempt of listAt(current, 'status', 'attempts')) {
        const number = numberAt(attempt, 'number') ?? 0
        const hasBegun = attempt['startedAt'] !== undefined || attempt['stoppedAt'] !== undefined
        if (number <= printed || !(hasBegun || isOver)) continue
        printed = number
        printing = printing.then(() => print(number))
      }
    },
    finished: () => printing,
  }
}

/** Asks the server: what was last seen of the run may be older than the end of its output. */
async function stateOfAttempt(
  { client, clock }: LogPorts,
  { namespace, name }: Pick<ObjectTarget, 'namespace' | 'name'>,
  attempt: number,
): ReturnType<AttemptLog['state']> {
  const target = { type: 'Object', resource: RUNS, namespace, name } as const
  try {
    const run = await retried(() => fetchObject(client, target), clock)
    const mine = listAt(run, 'status', 'attempts').filter(
      (one) => numberAt(one, 'number') === attempt,
    )
    const isOver = mine.every((one) => one['stoppedAt'] !== undefined)
    return isOver || isFinalState(stateTypeOf(run)) ? 'Ended' : 'Running'
  } catch (error) {
    if (isReason(error, 'NotFound')) return 'Gone'
    throw error
  }
}
