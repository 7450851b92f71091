import type { LogLine, LogRequest, ReadLogs } from '../apiserver/ports.ts'
import { LogsUnavailableError } from '../apiserver/ports.ts'
import { type LogLocation, logLocation, taskIdOf } from '../aws/log-location.ts'
import { createLogReader } from '../aws/log-reader.ts'
import type { AwsAccount, LogEvent } from '../aws/ports.ts'
import type { AccountBook } from '../controllers/accounts.ts'
import { type ObserveDeps, observeRun } from '../controllers/run/observe.ts'
import { NO_FACTS, type RunWorld } from '../controllers/run/world.ts'
import type { Clock } from '../lib/clock.ts'
import type { AttemptRow, Store } from '../store/types.ts'
import type { OpenAws } from './open-aws.ts'

export interface ReadLogsDeps {
  readonly store: Store
  readonly clock: Clock
  readonly accounts: AccountBook
  readonly observe: ObserveDeps
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
  const key = { kind: 'Run', namespace: request.namespace, name: request.run } as const
  const world = observeRun(deps.observe, key, NO_FACTS)
  const attempt = world?.attempts.findLast((row) => row.number === request.attempt)
  if (!world || attempt?.taskArn === undefined) {
    throw new LogsUnavailableError(
      `attempt ${request.attempt} of run ${request.run} has no task yet`,
    )
  }
  const account = deps.accounts.byId(attempt.account)
  if (!account)
    throw new LogsUnavailableError(`AWS account ${attempt.account} is not known any more`)
  const container = request.container ?? attempt.containerName
  const location = locationOf(deps, world, { attempt, taskArn: attempt.taskArn, container })
  return { attempt, account, location, container }
}

function locationOf(
  deps: ReadLogsDeps,
  world: RunWorld,
  task: { readonly attempt: AttemptRow; readonly taskArn: string; readonly container: string },
): LogLocation {
  const every = deps.outputOfEveryTask
  const { attempt, taskArn, container } = task
  const resolved = world.resolve(attempt.number)
  const { namespace, name } = world.run.metadata
  const configured =
    resolved.type === 'Valid'
      ? logLocation({
          template: resolved.template,
          taskArn,
          containerName: container,
          prefix: `${namespace}/${world.deployment ?? name}`,
        })
      : undefined
  if (configured) return configured
  if (every)
    return { group: every.group, stream: `${every.prefix}/${container}/${taskIdOf(taskArn)}` }
  throw new LogsUnavailableError(
    `run ${name} writes no logs to CloudWatch: set template.configureCloudwatchLogs: true and template.executionRoleArn`,
  )
}

function toLine({ timestampMs, message }: LogEvent, container: string): LogLine {
  return { timestampMs, message, container }
}
