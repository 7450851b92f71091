import type { LogLine, LogRequest, ReadLogs } from '../apiserver/ports.ts'
import { LogsUnavailableError } from '../apiserver/ports.ts'
import type { LogLocation } from '../aws/log-location.ts'
import { createLogReader } from '../aws/log-reader.ts'
import type { AwsAccount, LogEvent } from '../aws/ports.ts'
import type { AccountBook } from '../controllers/accounts.ts'
import { outputOf } from '../controllers/attempt-logs.ts'
import type { Clock } from '../lib/clock.ts'
import type { AttemptRow, Store } from '../store/types.ts'
import type { OpenAws } from './open-aws.ts'

export interface ReadLogsDeps {
  readonly store: Store
  readonly clock: Clock
  readonly accounts: AccountBook
  readonly outputOfEveryTask: OpenAws['outputOfEveryTask']
}

/** Lines that a tail without a number gives: what CloudWatch returns in one page. */
const TAIL_LIMIT = 10_000

/** Reads the output of a run's attempts from CloudWatch Logs, or from the embedded endpoint. */
export function createReadLogs(deps: ReadLogsDeps): ReadLogs {
  return async function* read(request, signal) {
    const target = findTarget(deps, request)
    const reader = createLogReader({ logs: target.account.logs, clock: deps.clock })
    const { location, container } = target
    const isWanted = (event: LogEvent): boolean => event.timestampMs >= (request.sinceMs ?? 0)
    if (!request.follow) {
      const count = request.tailLines ?? TAIL_LIMIT
      const events = await reader.tail(location, count, signal)
      yield* events.filter(isWanted).map((event) => toLine(event, container))
      return
    }
    const finished = (): boolean => {
      const row = deps.store.attempts.byClientToken(target.attempt.clientToken)
      return row === undefined || row.endedAtMs !== undefined
    }
    const drainMs = deps.outputOfEveryTask ? 0 : undefined
    const skip = await linesToSkip(reader, location, request, signal)
    let seen = 0
    for await (const { event } of reader.follow(location, {
      finished,
      signal,
      ...(drainMs !== undefined && { drainMs }),
    })) {
      seen += 1
      if (seen > skip && isWanted(event)) yield toLine(event, container)
    }
  }
}

/** Following begins at the head; with `tail` all but the last lines that are there now are passed over. */
async function linesToSkip(
  reader: ReturnType<typeof createLogReader>,
  location: LogLocation,
  request: LogRequest,
  signal: AbortSignal,
): Promise<number> {
  if (request.tailLines === undefined) return 0
  const present = await reader.tail(location, TAIL_LIMIT, signal)
  return Math.max(0, present.length - request.tailLines)
}

interface Target {
  readonly attempt: AttemptRow
  readonly account: AwsAccount
  readonly location: LogLocation
  readonly container: string
}

function findTarget(deps: ReadLogsDeps, request: LogRequest): Target {
  const { store, accounts, outputOfEveryTask } = deps
  const { namespace, run: name } = request
  const run = store.objects.get({ kind: 'Run', namespace, name })
  const attempt = store.attempts
    .ofRun(run?.metadata.uid ?? '')
    .findLast(({ number, index }) => number === request.attempt && index === (request.index ?? 0))
  if (attempt?.taskArn === undefined) {
    throw new LogsUnavailableError(`attempt ${request.attempt} of run ${name} has no task yet`)
  }
  const account = accounts.byId(attempt.account)
  if (!account)
    throw new LogsUnavailableError(`AWS account ${attempt.account} is not known any more`)
  const container = request.container ?? attempt.containerName
  const location = outputOf(attempt, container, outputOfEveryTask)
  if (location) return { attempt, account, location, container }
  throw new LogsUnavailableError(
    `container ${container} of run ${name} writes no logs to CloudWatch: set template.configureCloudwatchLogs: true and template.executionRoleArn`,
  )
}

function toLine({ timestampMs, message }: LogEvent, container: string): LogLine {
  return { timestampMs, message, container }
}
