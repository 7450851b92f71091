import type { LogLine, LogRequest, ReadLogs } from '../apiserver/ports.ts'
import { LogsUnavailableError } from '../apiserver/ports.ts'
import type { LogPosition } from '../aws/log-cursor.ts'
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

/** Lines that are looked at before following begins: what CloudWatch returns in one page. */
const TAIL_LIMIT = 10_000

/** Reads the output of a run's attempts from CloudWatch Logs, or from the embedded endpoint. */
export function createReadLogs(deps: ReadLogsDeps): ReadLogs {
  return async function* read(request, signal) {
    const target = findTarget(deps, request)
    const reader = createLogReader({ logs: target.account.logs, clock: deps.clock })
    const { location, container } = target
    const isWanted = (event: LogEvent): boolean => event.timestampMs >= (request.sinceMs ?? 0)
    const start = await startOf(reader, location, request, signal)
    yield* start.first.filter(isWanted).map((event) => toLine(event, container))
    if (start.isAll) return
    const finished = (): boolean => {
      const row = deps.store.attempts.byClientToken(target.attempt.clientToken)
      return !request.follow || row === undefined || row.endedAtMs !== undefined
    }
    const drainMs = deps.outputOfEveryTask || !request.follow ? 0 : undefined
    const options = { finished, signal, ...(drainMs !== undefined && { drainMs }) }
    for await (const { event } of reader.follow(location, { ...options, from: start.from })) {
      if (isWanted(event)) yield toLine(event, container)
    }
  }
}

interface Start {
  /** Lines that are there already. */
  readonly first: readonly LogEvent[]
  /** Where reading goes on; undefined: at the head of the stream. */
  readonly from?: LogPosition | undefined
  /** Nothing else is wanted. */
  readonly isAll: boolean
}

/** With `tail` the last lines and what follows them; without, everything that is not too old. */
async function startOf(
  reader: ReturnType<typeof createLogReader>,
  location: LogLocation,
  { tailLines, sinceMs, follow }: LogRequest,
  signal: AbortSignal,
): Promise<Start> {
  if (tailLines === undefined) {
    const from = sinceMs === undefined ? undefined : { atMs: sinceMs, countAtMs: 0 }
    return { first: [], from, isAll: false }
  }
  if (!follow) return { first: await reader.tail(location, tailLines, signal), isAll: true }
  // More than is wanted, to know how many lines have the time of the last one.
  const present = await reader.tail(location, Math.max(tailLines, TAIL_LIMIT), signal)
  const first = present.slice(Math.max(0, present.length - tailLines))
  return { first, from: positionBehind(present), isAll: false }
}

function positionBehind(events: readonly LogEvent[]): LogPosition | undefined {
  const atMs = events.at(-1)?.timestampMs
  if (atMs === undefined) return undefined
  return { atMs, countAtMs: events.filter(({ timestampMs }) => timestampMs === atMs).length }
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
