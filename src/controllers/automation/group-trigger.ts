import type { Firing, GroupBucket, ReadBucket, Step } from './bucket.ts'
import { type GroupNode, ONLY_KEY } from './node.ts'

/**
 * What the firings of its parts do to a compound or sequence trigger. `steps` are those of the parts, in
 * their order. When it fires it forgets everything, so that no firing of a part counts twice.
 */
export function stepGroup(node: GroupNode, read: ReadBucket, steps: readonly Step[]): Step {
  const writes = steps.flatMap((step) => step.writes)
  const fired = steps.map(({ firings }) => firings.findLast(({ type }) => type === 'Triggered'))
  const cause = latest(fired)
  if (!cause) return { writes, firings: [] }
  const before = read(node.path, ONLY_KEY)
  const known = before?.type === 'Group' ? before.partsAtMs : []
  const partsAtMs =
    node.type === 'compound' ? compound(node, known, fired) : sequence(node, known, fired)
  const count = partsAtMs.filter((ms) => isWithin(node, ms, cause.atMs)).length
  const isMet =
    node.type === 'compound'
      ? count >= node.required
      : isWithin(node, partsAtMs.at(-1) ?? null, cause.atMs)
  if (!isMet) {
    const bucket = groupBucket(node, partsAtMs, cause.atMs)
    return { writes: [...writes, { path: node.path, key: ONLY_KEY, bucket }], firings: [] }
  }
  const forgotten = before ? [{ path: node.path, key: ONLY_KEY, bucket: undefined }] : []
  return { writes: [...writes, ...forgotten], firings: [cause] }
}

function latest(fired: readonly (Firing | undefined)[]): Firing | undefined {
  return fired
    .filter((firing) => firing !== undefined)
    .reduce<Firing | undefined>(
      (best, one) => (best && best.atMs >= one.atMs ? best : one),
      undefined,
    )
}

type Times = readonly (number | null)[]

/** When each part fired last. */
function compound(
  { parts }: GroupNode,
  known: Times,
  fired: readonly (Firing | undefined)[],
): Times {
  return parts.map((_, index) => fired[index]?.atMs ?? known[index] ?? null)
}

/**
 * When the latest chain of the first one, two, three … parts began. Read from the end, so that one event
 * that fires several parts is one link and not two.
 */
function sequence(node: GroupNode, known: Times, fired: readonly (Firing | undefined)[]): Times {
  return node.parts.map((_, index) => {
    const now = fired[index]?.atMs
    const before = known[index] ?? null
    if (now === undefined) return before
    if (index === 0) return now
    const beganMs = known[index - 1] ?? null
    return isWithin(node, beganMs, now) ? Math.max(beganMs ?? 0, before ?? 0) : before
  })
}

function isWithin({ withinMs }: GroupNode, ms: number | null, nowMs: number): boolean {
  return ms !== null && nowMs - ms <= (withinMs ?? Number.POSITIVE_INFINITY)
}

/** Forgotten when nothing in it can count any more. */
function groupBucket({ withinMs }: GroupNode, partsAtMs: Times, nowMs: number): GroupBucket {
  return {
    type: 'Group',
    startedAtMs: nowMs,
    partsAtMs,
    ...(withinMs !== undefined && { dueAtMs: nowMs + withinMs + 1 }),
  }
}
