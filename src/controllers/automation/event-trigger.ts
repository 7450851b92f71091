import type { EventRecord } from '../../kinds/event.ts'
import {
  type Bucket,
  type BucketWrite,
  type EventBucket,
  type Firing,
  keptEvent,
  NOTHING,
  type ReadBucket,
  type Step,
} from './bucket.ts'
import { lifeSignOf } from './life-sign.ts'
import { RESOLVE_WAIT_MS } from './limits.ts'
import { isNamed } from './match.ts'
import { bucketKey, type EventNode, type Meaning, meaningOf, ONLY_KEY } from './node.ts'

/**
 * What one event does to an event trigger. Windows are judged by the time of receipt: what arrives late
 * because something in between was slow never makes a healthy run look dead.
 */
export function stepEventTrigger(node: EventNode, read: ReadBucket, event: EventRecord): Step {
  const meaning = meaningOf(node, event)
  if (!meaning) return NOTHING
  const key = bucketKey(node, event)
  const bucket = asEventBucket(read(node.path, key))
  const input: Input = { node, key, bucket, event, ...meaning }
  return node.posture === 'Reactive' ? stepReactive(input) : stepProactive(input)
}

interface Input extends Meaning {
  readonly node: EventNode
  readonly key: string
  readonly bucket: EventBucket | undefined
  readonly event: EventRecord
}

/** Fires once in a window, as soon as the events are there; further ones in the window change nothing. */
function stepReactive(input: Input): Step {
  const { node, bucket, event, starts, expected } = input
  const isLive = event.receivedAtMs < (bucket?.dueAtMs ?? Number.POSITIVE_INFINITY)
  const live = isLive ? bucket : undefined
  if (node.after.length === 0) return live?.phase === 'Fired' ? NOTHING : countFirst(input, live)
  if (expected && live?.phase === 'Open') return countReactive(input, live)
  return starts ? write(input, opened(input)) : NOTHING
}

/** Without `after` the first event that is expected begins the window, and counts. */
function countFirst(input: Input, live: EventBucket | undefined): Step {
  return input.expected ? countReactive(input, live ?? opened(input)) : NOTHING
}

function countReactive(input: Input, bucket: EventBucket): Step {
  const { node, key, event } = input
  const count = bucket.count + 1
  if (count < node.threshold) return write(input, { ...bucket, count })
  const firing = firingOf('Triggered', { node, key, bucket, atMs: event.receivedAtMs, event })
  // Without a window there is nothing to be quiet for: the next events count anew.
  if (node.withinMs === undefined) return { ...gone(input), firings: [firing] }
  return { ...write(input, { ...bucket, count, phase: 'Fired' }), firings: [firing] }
}

/**
 * Satisfied by the events that come; what fires is the end of the window. An event that starts the
 * window does not satisfy it. A wildcard that any state event of a run would meet does not end the
 * watch: every sign of life begins the window anew, until the run is over or rests.
 */
function stepProactive(input: Input): Step {
  const { node, event, starts, expected } = input
  const sign = lifeSignOf(event)
  if (sign === 'Quiet' && node.judgesBeats) {
    return { ...gone(input), firings: isNamed(node.expect, event.event) ? resolution(input) : [] }
  }
  if (starts) return { ...write(input, opened(input)), firings: expected ? resolution(input) : [] }
  return expected ? countProactive(input, sign === 'Alive') : NOTHING
}

function countProactive(input: Input, isAlive: boolean): Step {
  const { node, bucket, event } = input
  const isEndless = node.after.length === 0
  if (!bucket) return isEndless ? write(input, opened(input)) : NOTHING
  const count = bucket.count + 1
  if (count < node.threshold) return write(input, { ...bucket, count, last: keptEvent(event) })
  const again = isEndless || (isAlive && !isNamed(node.expect, event.event))
  const next = again ? write(input, opened(input)) : gone(input)
  return { ...next, firings: resolution(input) }
}

function resolution({ node, key, bucket, event }: Input): readonly Firing[] {
  if (bucket?.phase !== 'Fired') return []
  return [firingOf('Resolved', { node, key, bucket, atMs: event.receivedAtMs, event })]
}

/** A window that begins with the event. */
function opened({ node, event }: Input): EventBucket {
  const startedAtMs = event.receivedAtMs
  return {
    type: 'Event',
    phase: 'Open',
    startedAtMs,
    startedSeq: event.seq,
    count: 0,
    ...(node.withinMs !== undefined && { dueAtMs: startedAtMs + node.withinMs }),
    ...(node.posture === 'Proactive' && { last: keptEvent(event) }),
  }
}

/** What the end of a window comes to, given that every event before it was dealt with. */
export function dueEventTrigger(
  node: EventNode,
  key: string,
  at: { readonly bucket: EventBucket; readonly nowMs: number },
): Step {
  const { bucket, nowMs } = at
  const end: BucketWrite = { path: node.path, key, bucket: undefined }
  if (node.posture === 'Reactive' || bucket.phase === 'Fired') return { writes: [end], firings: [] }
  const firing = firingOf('Triggered', { node, key, bucket, atMs: nowMs, event: bucket.last })
  const { dueAtMs: _, ...kept } = bucket
  // Without `after` only an event that is expected begins the next window, whenever that comes.
  const dueAtMs = node.after.length === 0 ? undefined : nowMs + RESOLVE_WAIT_MS
  const fired: EventBucket = {
    ...kept,
    phase: 'Fired',
    count: 0,
    ...(dueAtMs !== undefined && { dueAtMs }),
  }
  return { writes: [{ ...end, bucket: fired }], firings: [firing] }
}

/** The window of a proactive trigger that waits for events from the first moment on. */
export function armEventTrigger(node: EventNode, nowMs: number): readonly BucketWrite[] {
  const waits = node.posture === 'Proactive' && node.after.length === 0 && node.forEach.length === 0
  if (!waits) return []
  const bucket: EventBucket = {
    type: 'Event',
    phase: 'Open',
    startedAtMs: nowMs,
    startedSeq: 0,
    count: 0,
    ...(node.withinMs !== undefined && { dueAtMs: nowMs + node.withinMs }),
  }
  return [{ path: node.path, key: ONLY_KEY, bucket }]
}

function firingOf(
  type: Firing['type'],
  at: {
    readonly node: EventNode
    readonly key: string
    readonly bucket: EventBucket
    readonly atMs: number
    readonly event: EventRecord | undefined
  },
): Firing {
  const { node, key, bucket, atMs, event } = at
  // A window without an event at its beginning is named by its time.
  const window = `${node.path}${key}/${bucket.startedSeq || `at ${bucket.startedAtMs}`}`
  return { type, atMs, event, window }
}

function write({ node, key }: Input, bucket: EventBucket): Step {
  return { writes: [{ path: node.path, key, bucket }], firings: [] }
}

function gone({ node, key, bucket }: Input): Step {
  if (!bucket) return NOTHING
  return { writes: [{ path: node.path, key, bucket: undefined }], firings: [] }
}

export function asEventBucket(bucket: Bucket | undefined): EventBucket | undefined {
  return bucket?.type === 'Event' ? bucket : undefined
}
