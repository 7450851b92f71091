import type { EventRecord } from '../../kinds/event.ts'
import { type BucketWrite, NOTHING, type ReadBucket, type Step } from './bucket.ts'
import {
  armEventTrigger,
  asEventBucket,
  dueEventTrigger,
  stepEventTrigger,
} from './event-trigger.ts'
import { stepGroup } from './group-trigger.ts'
import { leavesOf, type TriggerNode } from './node.ts'

/**
 * The engine of triggers: what an event, or the end of a window, does to what a trigger remembers, and
 * whether it fires. Pure: what is to be remembered is returned, and a caller that writes it together
 * with what was fired can die anywhere.
 */
export function stepTrigger(node: TriggerNode, read: ReadBucket, event: EventRecord): Step {
  if (node.type === 'event') return stepEventTrigger(node, read, event)
  return stepGroup(
    node,
    read,
    node.parts.map((part) => stepTrigger(part, read, event)),
  )
}

/** A window whose end has come, of the event trigger at `path`. */
export interface DueWindow {
  readonly path: string
  readonly key: string
}

export function dueTrigger(
  node: TriggerNode,
  read: ReadBucket,
  window: DueWindow,
  nowMs: number,
): Step {
  if (node.type !== 'event') {
    if (node.path === window.path) return forgetGroup(read, window, nowMs)
    const steps = node.parts.map((part) => dueTrigger(part, read, window, nowMs))
    return stepGroup(node, read, steps)
  }
  if (node.path !== window.path) return NOTHING
  const bucket = asEventBucket(read(window.path, window.key))
  if (bucket?.dueAtMs === undefined || bucket.dueAtMs > nowMs) return NOTHING
  return dueEventTrigger(node, window.key, { bucket, nowMs })
}

function forgetGroup(read: ReadBucket, { path, key }: DueWindow, nowMs: number): Step {
  const dueAtMs = read(path, key)?.dueAtMs
  if (dueAtMs === undefined || dueAtMs > nowMs) return NOTHING
  return { writes: [{ path, key, bucket: undefined }], firings: [] }
}

/** What a trigger remembers from its first moment on. */
export function armTrigger(node: TriggerNode, nowMs: number): readonly BucketWrite[] {
  return leavesOf(node).flatMap((leaf) => armEventTrigger(leaf, nowMs))
}
