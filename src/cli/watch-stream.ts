import { type Clock, sleep } from '../lib/clock.ts'
import { isJsonObject, type JsonObject, parseJson } from '../lib/json.ts'
import type { ApiClient, ApiRequest } from './client.ts'
import { ApiError, CliError, parseStatus } from './errors.ts'
import { textAt } from './objects.ts'
import { RECONNECT_DELAY_MS, retried, untilBroken } from './reconnect.ts'

/** One line of a watch. Bookmarks and errors are dealt with below and never reach the caller. */
export interface WatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly object: JsonObject
}

/** Longest line of a watch: an object of the largest size that the API takes, several times over. */
const MAX_LINE_BYTES = 32 * 2 ** 20

/**
 * Changes after `resourceVersion`, for as long as the caller reads. Servers end every watch after a
 * while, and are restarted; it is taken up again where it stopped. Throws ApiError with reason Expired when the server no
 * longer reaches back that far.
 */
export async function* watch(
  client: ApiClient,
  request: ApiRequest,
  resourceVersion: string,
  clock: Clock,
): AsyncGenerator<WatchEvent, void> {
  let last = resourceVersion
  let isNew = true
  for (;;) {
    const query = {
      ...request.query,
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: last,
    }
    const open = () => client.stream({ ...request, query })
    const body = isNew ? await open() : await retried(open, clock, request.signal)
    isNew = false
    for await (const line of readLines(untilBroken(body, request.signal))) {
      const frame = parseFrame(line)
      last = resourceVersionOf(frame.object) ?? last
      if (frame.type === 'ERROR') throw new ApiError(parseStatus(frame.object, 500))
      if (isChange(frame)) yield frame
    }
    await sleep(clock, RECONNECT_DELAY_MS, request.signal)
  }
}

interface Frame {
  readonly type: string
  readonly object: JsonObject
}

function isChange(frame: Frame): frame is WatchEvent {
  return frame.type === 'ADDED' || frame.type === 'MODIFIED' || frame.type === 'DELETED'
}

function parseFrame(line: string): Frame {
  const value = parseJson(line)
  if (isJsonObject(value) && typeof value['type'] === 'string' && isJsonObject(value['object'])) {
    return { type: value['type'], object: value['object'] }
  }
  throw new CliError('the server sent a line that is no watch event: is it Capstan?')
}

/** Of an object itself, or of the object in the one row of a Table. */
function resourceVersionOf(object: JsonObject): string | undefined {
  const rows = object['rows']
  const row: unknown = Array.isArray(rows) ? rows[0] : undefined
  return (
    textAt(row, 'object', 'metadata', 'resourceVersion') ??
    textAt(object, 'metadata', 'resourceVersion')
  )
}

/** The lines of a byte stream, without their ends; empty ones are skipped. */
export async function* readLines(body: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of body) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      if (end > 0) yield rest.subarray(0, end).toString('utf8')
      rest = rest.subarray(end + 1)
    }
    if (rest.length > MAX_LINE_BYTES) throw new CliError('a line of the server is too long')
  }
  if (rest.length > 0) yield rest.toString('utf8')
}
