import type { CapstanObject } from '../../kinds/meta.ts'
import { errorMessage } from '../../lib/errors.ts'
import { parseIsoTime, renderMicroTime } from '../../lib/instant.ts'
import { ApiError, badRequest, notFound } from '../errors.ts'
import {
  type AttemptId,
  attemptsOf,
  containerNames,
  findAttempt,
  parsePodName,
} from '../pod-facade.ts'
import { type ApiContext, type LogLine, type LogRequest, LogsUnavailableError } from '../ports.ts'
import { boolQuery, countQuery } from '../query.ts'
import type { ApiResponse, StreamBody, StreamSink } from '../request.ts'
import { KIND_RESOURCES, PODS } from '../resources.ts'
import { valueAt } from '../wire.ts'
import type { ResourceCall, ResourceHandler } from './resource-call.ts'

/** How long an answer waits for the first line, so that a refusal can still be a proper error. */
const FIRST_LINE_WAIT_MS = 1_000
/** Written in one piece; the rest waits until the client has taken it. */
const MAX_BUFFERED_BYTES = 256 * 1024

/** `GET pods/NAME/log`: the attempt is in the name, `previous` means the attempt before. */
export const podLog: ResourceHandler = (call) => {
  const { context, namespace = '', name } = call
  for (const address of parsePodName(name)) {
    const run = context.store.objects.get({ kind: 'Run', namespace, name: address.run })
    if (run && findAttempt(run, address)) return streamLog(call, run, address)
  }
  throw notFound(PODS, name)
}

/** `GET runs/NAME/log`: of the latest attempt unless `attempt` says which; `index` is for arrays. */
export const runLog: ResourceHandler = (call) => {
  const { context, request, namespace = '', name } = call
  const run = context.store.objects.get({ kind: 'Run', namespace, name })
  if (!run) throw notFound(KIND_RESOURCES.Run, name)
  const all = attemptsOf(run)
  const index = countQuery(request.query, 'index') ?? all[0]?.index
  const candidates = all.filter((attempt) => attempt.index === index)
  const latest = candidates.map(({ number }) => number).reduce((a, b) => Math.max(a, b), 0)
  const number = countQuery(request.query, 'attempt') ?? latest
  if (all.length === 0) throw badRequest(noAttemptMessage(run))
  const id: AttemptId = { ...(index === undefined ? {} : { index }), number }
  if (!findAttempt(run, id)) throw badRequest(noSuchAttemptMessage(run, id))
  return streamLog(call, run, id)
}

function noSuchAttemptMessage(run: CapstanObject, { index, number }: AttemptId): string {
  const known = attemptsOf(run).filter((attempt) => attempt.index === index)
  const task =
    index === undefined
      ? `run "${run.metadata.name}"`
      : `task ${index} of run "${run.metadata.name}"`
  if (known.length === 0) return `${task} has not been launched`
  return `${task} has no attempt ${number}: it has ${known.map((attempt) => attempt.number).join(', ')}`
}

function noAttemptMessage(run: CapstanObject): string {
  const why = valueAt(run, 'status.whyPending')
  const reason = typeof why === 'string' && why !== '' ? `: ${why}` : ''
  return `run "${run.metadata.name}" has no task yet, so it has no logs${reason}`
}

function streamLog(call: ResourceCall, run: CapstanObject, id: AttemptId): Promise<ApiResponse> {
  const { context, request } = call
  const { query } = request
  const previous = boolQuery(query, 'previous')
  if (previous && id.number === 1) {
    throw badRequest(
      `previous terminated container in pod "${call.name}" not found: this is the first attempt`,
    )
  }
  const container = checkContainer(run, query.get('container') ?? '')
  const tailLines = countQuery(query, 'tailLines')
  const sinceMs = parseSince(query, context.clock.nowMs())
  const limitBytes = countQuery(query, 'limitBytes')
  const logRequest: LogRequest = {
    namespace: run.metadata.namespace,
    run: run.metadata.name,
    attempt: previous ? id.number - 1 : id.number,
    ...(id.index === undefined ? {} : { index: id.index }),
    follow: boolQuery(query, 'follow') && !previous,
    ...(container === undefined ? {} : { container }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(sinceMs === undefined ? {} : { sinceMs }),
  }
  return respondWithLines(context, logRequest, {
    timestamps: boolQuery(query, 'timestamps'),
    limitBytes: limitBytes ?? Number.POSITIVE_INFINITY,
  })
}

/** The main container needs no name: logs of a task without sidecars are found without one. */
function checkContainer(run: CapstanObject, asked: string): string | undefined {
  const names = containerNames(run)
  if (asked === '' || asked === names[0]) return undefined
  if (names.includes(asked)) return asked
  throw badRequest(
    `container ${asked} is not valid for run ${run.metadata.name}: it has ${names.join(', ')}`,
  )
}

function parseSince(query: URLSearchParams, nowMs: number): number | undefined {
  const seconds = countQuery(query, 'sinceSeconds')
  if (seconds !== undefined) return nowMs - seconds * 1000
  const time = query.get('sinceTime') ?? ''
  if (time === '') return undefined
  const atMs = parseIsoTime(time)
  if (atMs === undefined) throw badRequest(`sinceTime: "${time}" is not an RFC 3339 time`)
  return atMs
}

interface LineFormat {
  readonly timestamps: boolean
  readonly limitBytes: number
}

async function respondWithLines(
  context: ApiContext,
  request: LogRequest,
  format: LineFormat,
): Promise<ApiResponse> {
  const abort = new AbortController()
  const lines = context.readLogs(request, abort.signal)[Symbol.asyncIterator]()
  const first = lines.next()
  try {
    await settledWithin(context, first)
  } catch (error) {
    throw toApiError(error)
  }
  return {
    status: 200,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' },
    body: streamLines({ context, lines, first, abort, format }),
  }
}

/** Waits for the promise for a moment; rejects if it rejects in time. */
function settledWithin(context: ApiContext, promise: Promise<unknown>): Promise<void> {
  return new Promise((resolve, reject) => {
    const cancel = context.clock.after(FIRST_LINE_WAIT_MS, resolve)
    promise.then(
      () => {
        cancel()
        resolve()
      },
      (error: unknown) => {
        cancel()
        reject(error instanceof Error ? error : new Error(errorMessage(error)))
      },
    )
  })
}

function toApiError(error: unknown): ApiError {
  if (error instanceof LogsUnavailableError) return badRequest(error.message)
  return new ApiError('InternalError', `the logs could not be read: ${errorMessage(error)}`)
}

interface LineStream {
  readonly context: ApiContext
  readonly lines: AsyncIterator<LogLine>
  readonly first: Promise<IteratorResult<LogLine>>
  readonly abort: AbortController
  readonly format: LineFormat
}

function streamLines(stream: LineStream): StreamBody {
  return (sink) => {
    pump(stream, sink)
      .catch((error: unknown) => {
        // The status was sent long ago: what went wrong is told in the stream, as the kubelet does.
        if (!stream.abort.signal.aborted)
          sink.write(`the logs could not be read: ${errorMessage(error)}\n`)
      })
      .finally(() => sink.end())
    return () => stream.abort.abort(new Error('the client went away'))
  }
}

async function pump({ lines, first, abort, format }: LineStream, sink: StreamSink): Promise<void> {
  let left = format.limitBytes
  for (let result = await first; !result.done; result = await lines.next()) {
    const text = renderLine(result.value, format)
    const bytes = Buffer.byteLength(text)
    if (bytes >= left) {
      sink.write(Buffer.from(text).subarray(0, left).toString('utf8'))
      abort.abort(new Error('limitBytes is reached'))
      return
    }
    left -= bytes
    sink.write(text)
    if (sink.bufferedBytes() > MAX_BUFFERED_BYTES) await sink.drained()
  }
}

function renderLine({ timestampMs, message }: LogLine, { timestamps }: LineFormat): string {
  const text = message.endsWith('\n') ? message : `${message}\n`
  return timestamps ? `${renderMicroTime(timestampMs)} ${text}` : text
}
