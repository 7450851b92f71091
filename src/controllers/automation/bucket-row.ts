import type { JsonObject } from '../../lib/json.ts'
import type { AutomationStore, BucketRow } from '../../store/automations.ts'
import type { Bucket, BucketWrite, ReadBucket } from './bucket.ts'
import { leavesOf, type TriggerNode } from './node.ts'

/** The bucket as the store keeps it; undefined when it is to go. Its end stands in the row alone. */
export function toRow(
  source: string,
  node: TriggerNode,
  write: BucketWrite,
): BucketRow | undefined {
  const { path, key, bucket } = write
  if (!bucket) return undefined
  const { dueAtMs, ...body } = bucket
  return {
    source,
    path,
    key,
    startedAtMs: bucket.startedAtMs,
    ...(dueAtMs !== undefined && { dueAtMs }),
    firesAtEnd: bucket.type === 'Event' && bucket.phase === 'Open' && isProactive(node, path),
    // JSON by its type; only the type has no index signature.
    body: body as unknown as JsonObject,
  }
}

function isProactive(node: TriggerNode, path: string): boolean {
  return leavesOf(node).some((leaf) => leaf.path === path && leaf.posture === 'Proactive')
}

export function readBuckets(store: Pick<AutomationStore, 'bucket'>, source: string): ReadBucket {
  return (path, key) => {
    const row = store.bucket({ source, path, key })
    if (!row) return undefined
    const { body, dueAtMs } = row
    // Written by toRow from a Bucket, so the shape holds.
    return { ...(body as unknown as Bucket), ...(dueAtMs !== undefined && { dueAtMs }) }
  }
}
