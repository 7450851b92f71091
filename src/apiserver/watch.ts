import { negotiate } from './accept.ts'
import type { ChangeBatch } from './change-batch.ts'
import { type ApiError, expired } from './errors.ts'
import { matchesSelection, parseSelection, requireReached, type Selection } from './list.ts'
import type { ApiContext } from './ports.ts'
import { boolQuery, countQuery, wordQuery } from './query.ts'
import { type ApiRequest, type ApiResponse, JSON_TYPE, type StreamSink } from './request.ts'
import type { ResourceReader, WatchItem } from './resource.ts'
import { cellContext } from './respond.ts'
import { INCLUDE_OBJECT } from './table.ts'
import { createFrameWriter, errorFrame, type FrameType, type FrameWriter } from './watch-frames.ts'

/** A watch without a timeout ends after 30 to 60 minutes, spread so that clients do not come back all at once. */
const MIN_LIFETIME_MS = 30 * 60_000
/** Longest watch that a client may ask for. */
const MAX_LIFETIME_MS = 24 * 3_600_000
const BOOKMARK_INTERVAL_MS = 60_000
/** A watcher that is this far behind is cut off; it comes back and catches up or lists again. */
const MAX_BUFFERED_BYTES = 4 * 1024 * 1024
/** Objects that are written before the stream is given time to drain. */
const INITIAL_PAGE = 500

interface WatchQuery {
  readonly selection: Selection
  /** Everything that exists comes first, as ADDED. */
  readonly initialEvents: boolean
  /** WatchList: a bookmark says that the initial events are complete. */
  readonly marksEndOfInitial: boolean
  /** Changes after this version follow. */
  readonly fromVersion: number
  readonly bookmarks: boolean
  readonly lifetimeMs: number
}

/** Streams what happens to the selected objects, as newline-delimited JSON. */
export function watchResponse(
  context: ApiContext,
  reader: ResourceReader,
  request: ApiRequest,
  namespace: string | undefined,
): ApiResponse {
  const query = parseWatchQuery(context, reader, { query: request.query, namespace })
  const frames = createFrameWriter({
    reader,
    representation: negotiate(request.headers['accept']),
    includeObject: wordQuery(request.query, 'includeObject', INCLUDE_OBJECT) ?? 'Metadata',
    cells: () => cellContext(context),
  })
  return {
    status: 200,
    headers: { 'content-type': JSON_TYPE },
    body: (sink) => {
      const session = new WatchSession({ context, reader, query, frames, sink })
      session.start()
      return () => session.stop()
    },
  }
}

function parseWatchQuery(
  { hub, random }: ApiContext,
  reader: ResourceReader,
  { query, namespace }: { readonly query: URLSearchParams; readonly namespace: string | undefined },
): WatchQuery {
  const asked = countQuery(query, 'resourceVersion') ?? 0
  const hasInitialChoice = query.has('sendInitialEvents')
  const sendsInitial = boolQuery(query, 'sendInitialEvents')
  const initialEvents = hasInitialChoice ? sendsInitial : asked === 0
  if (initialEvents) requireReached(asked, hub.resourceVersion())
  const timeoutSeconds = countQuery(query, 'timeoutSeconds') ?? 0
  return {
    selection: parseSelection(reader, namespace, query),
    initialEvents,
    marksEndOfInitial: sendsInitial,
    fromVersion: initialEvents || asked === 0 ? hub.resourceVersion() : asked,
    bookmarks: boolQuery(query, 'allowWatchBookmarks'),
    lifetimeMs:
      timeoutSeconds > 0
        ? Math.min(timeoutSeconds * 1000, MAX_LIFETIME_MS)
        : MIN_LIFETIME_MS * (1 + random.fraction()),
  }
}

interface SessionParts {
  readonly context: ApiContext
  readonly reader: ResourceReader
  readonly query: WatchQuery
  readonly frames: FrameWriter
  readonly sink: StreamSink
}

/** One open watch: initial events, then what was missed, then live changes until it ends. */
class WatchSession {
  readonly #parts: SessionParts
  #cancels: (() => void)[] = []
  #ended = false

  constructor(parts: SessionParts) {
    this.#parts = parts
  }

  start(): void {
    const { context, query } = this.#parts
    this.#cancels.push(context.clock.after(query.lifetimeMs, () => this.#end()))
    if (!query.initialEvents) {
      this.#follow()
      return
    }
    this.#sendInitial().catch((error: unknown) => {
      context.log.error('a watch ended with an error', { error })
      this.#end()
    })
  }

  stop(): void {
    this.#ended = true
    for (const cancel of this.#cancels) cancel()
    this.#cancels = []
  }

  async #sendInitial(): Promise<void> {
    const { reader, query, frames, sink } = this.#parts
    const { selection } = query
    const namespace = selection.namespace === undefined ? {} : { namespace: selection.namespace }
    let page = reader.list({ ...namespace, limit: INITIAL_PAGE, fields: selection.fields })
    for (;;) {
      const matching = page.items.filter((object) => matchesSelection(reader, selection, object))
      const text = matching.map((object) => frames.initial(object)).join('')
      if (text !== '') sink.write(text)
      if (!page.next) break
      // What changes while the client reads is sent afterwards: changes are followed from before the first page.
      await sink.drained()
      if (this.#ended) return
      page = reader.list({
        ...namespace,
        limit: INITIAL_PAGE,
        after: page.next,
        fields: selection.fields,
      })
    }
    if (query.marksEndOfInitial) sink.write(frames.bookmark(query.fromVersion, true))
    this.#follow()
  }

  /** Catches up and goes live in one turn of the event loop, so that no change falls in between. */
  #follow(): void {
    const { context, query } = this.#parts
    const missed = context.hub.changesSince(query.fromVersion)
    if (!missed) {
      this.#fail(
        expired(
          `too old resource version: ${query.fromVersion} (${context.hub.resourceVersion()})`,
        ),
      )
      return
    }
    this.#send(missed)
    if (this.#ended) return
    this.#cancels.push(context.hub.subscribe((batch) => this.#send(batch)))
    if (query.bookmarks) this.#scheduleBookmark()
  }

  #send(batch: ChangeBatch): void {
    const { reader, frames, sink } = this.#parts
    const text = batch
      .itemsOf(reader)
      .map((item) => {
        const type = this.#typeFor(item)
        return type ? frames.event(type, item, batch) : ''
      })
      .join('')
    if (text === '') return
    sink.write(text)
    if (sink.bufferedBytes() > MAX_BUFFERED_BYTES) this.#end()
  }

  /** An object that leaves the selection is gone for this watcher, one that enters it is new. */
  #typeFor(item: WatchItem): FrameType | undefined {
    const { reader, query } = this.#parts
    const matches = (object: WatchItem['object']): boolean =>
      matchesSelection(reader, query.selection, object)
    if (matches(item.object)) {
      if (item.type !== 'MODIFIED' || !item.previous) return item.type
      return matches(item.previous) ? 'MODIFIED' : 'ADDED'
    }
    if (item.type !== 'MODIFIED' || this.#isElsewhere(item)) return undefined
    // Without the state before it may have been selected: a needless DELETED does no harm.
    return item.previous && !matches(item.previous) ? undefined : 'DELETED'
  }

  #isElsewhere({ object }: WatchItem): boolean {
    const { namespace, fields } = this.#parts.query.selection
    if (namespace !== undefined && object.metadata.namespace !== namespace) return true
    return fields.some(
      ({ path, negated, value }) =>
        path === 'metadata.name' && !negated && value !== object.metadata.name,
    )
  }

  #scheduleBookmark(): void {
    const { context, frames, sink } = this.#parts
    const cancel = context.clock.after(BOOKMARK_INTERVAL_MS, () => {
      this.#cancels = this.#cancels.filter((other) => other !== cancel)
      sink.write(frames.bookmark(context.hub.resourceVersion(), false))
      this.#scheduleBookmark()
    })
    this.#cancels.push(cancel)
  }

  #fail(error: ApiError): void {
    this.#parts.sink.write(errorFrame(error))
    this.#end()
  }

  #end(): void {
    if (this.#ended) return
    this.stop()
    this.#parts.sink.end()
  }
}
