import type * as LogsSdk from '@aws-sdk/client-cloudwatch-logs'
import { defined } from '../lib/defined.ts'
import type { AwsCall } from './call.ts'
import { AwsError, classifyError } from './errors.ts'
import type { LogEvent, LogPage, LogsPort } from './ports.ts'

/** CloudWatch Logs over the SDK, which is loaded when it is first asked. */
export function createLogsPort(
  loadClient: () => Promise<LogsSdk.CloudWatchLogsClient>,
  call: AwsCall,
): LogsPort {
  return {
    getLogEvents(request, signal) {
      return whenThere(async () => {
        const [client, { GetLogEventsCommand }] = await Promise.all([loadClient(), loadSdk()])
        const command = new GetLogEventsCommand({
          logGroupName: request.group,
          logStreamName: request.stream,
          startFromHead: request.fromHead,
          limit: request.limit,
          ...defined({ nextToken: request.token, startTime: request.startTimeMs }),
        })
        const answer = await call({ user: 'GetLogEvents', priority: 'Normal', signal }, () =>
          client.send(command, signal ? { abortSignal: signal } : {}),
        )
        const token = request.fromHead ? answer.nextForwardToken : answer.nextBackwardToken
        return toPage(answer.events, request.stream, token)
      })
    },
    filterLogEvents(request, signal) {
      return whenThere(async () => {
        const [client, { FilterLogEventsCommand }] = await Promise.all([loadClient(), loadSdk()])
        const command = new FilterLogEventsCommand({
          logGroupName: request.group,
          logStreamNames: [...request.streams],
          startTime: request.startTimeMs,
          limit: request.limit,
          ...defined({ nextToken: request.token }),
        })
        const answer = await call({ user: 'FilterLogEvents', priority: 'Normal', signal }, () =>
          client.send(command, signal ? { abortSignal: signal } : {}),
        )
        return toPage(answer.events, '', answer.nextToken)
      })
    },
  }
}

function loadSdk(): Promise<typeof LogsSdk> {
  return import('@aws-sdk/client-cloudwatch-logs')
}

interface SdkLogEvent {
  readonly timestamp?: number | undefined
  readonly message?: string | undefined
  readonly eventId?: string | undefined
  readonly logStreamName?: string | undefined
}

function toPage(
  events: readonly SdkLogEvent[] | undefined,
  stream: string,
  nextToken: string | undefined,
): LogPage {
  const parsed = (events ?? []).map((event): LogEvent => {
    return {
      timestampMs: event.timestamp ?? 0,
      message: event.message ?? '',
      stream: event.logStreamName ?? stream,
      ...defined({ eventId: event.eventId }),
    }
  })
  return { events: parsed, ...defined({ nextToken }) }
}

/** A group or stream that is not there (yet) has no events. */
async function whenThere(read: () => Promise<LogPage>): Promise<LogPage | undefined> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof AwsError && classifyError(error).verdict === 'NotFound') return undefined
    throw error
  }
}
