import { isFinalState, type RunStatus } from '../kinds/run.ts'
import { isJsonObject } from '../lib/json.ts'
import type { CliContext, Connection } from './context.ts'
import { CliError, renderError } from './errors.ts'
import { followUntil } from './follow.ts'
import { type ApiObject, listAt, numberAt } from './objects.ts'
import { durationOption, type Options } from './options.ts'
import { nameOf } from './output-format.ts'
import { type RunSnapshot, renderProgress } from './progress.ts'
import { RUNS, resourcePath } from './resources.ts'
import { stateTypeOf } from './steering.ts'
import { copyTo } from './terminal.ts'

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
  const path = resourcePath(RUNS, run.metadata.namespace, run.metadata.name, 'log')
  const print = async (attempt: number): Promise<void> => {
    if (isSilent) return
    const query = { follow: 'true', attempt: String(attempt) }
    try {
      const body = await connection.client.stream({ path, query, accept: '*/*' })
      await copyTo(context.stdout, body)
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
