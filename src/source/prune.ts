import { type CapstanObject, renderKey, WIRE } from '../kinds/meta.ts'
import { sha256 } from '../lib/names.ts'
import type { SourceObjectRow } from '../store/types.ts'

/**
 * What becomes of objects that no file names any more. Incidents behind each guard: Flux deleted
 * everything with git unchanged (flux #3148); mounts vanish; branches are reset; checkouts take seconds.
 */

/** An object has to be missing this long, from a folder that does not change meanwhile. */
export const SECOND_LOOK_MS = 200

/** The same for a folder that changes all the time: longer than a checkout leaves a moved file missing. */
export const SECOND_LOOK_BUSY_MS = 2_000

/** Up to this many objects are pruned without approval, whatever share of the folder they are. */
export const PRUNE_FLOOR = 10

/** Above the floor: up to this share of the folder's live objects. */
export const PRUNE_SHARE = 0.1

export interface Orphan {
  readonly row: SourceObjectRow
  readonly live: CapstanObject | undefined
}

/** Since when an object is missing. */
export interface Absence {
  /** Monotonic. */
  readonly sinceMs: number
  readonly revision: string
}

export interface PruneInput {
  readonly source: string
  readonly revision: string
  readonly orphans: readonly Orphan[]
  /** Whether the folder is the one that the objects came from. */
  readonly rootKnown: boolean
  /** Objects of this folder that exist, orphans included. */
  readonly liveCount: number
  /** Objects that the folder still names. */
  readonly namedCount: number
  /** By renderKey; what the last decision returned. */
  readonly absences: ReadonlyMap<string, Absence>
  /** Monotonic. */
  readonly nowMs: number
  /** Token of the held prune that someone approved. */
  readonly approved: string | undefined
}

export const HOLD_REASONS = ['RootChanged', 'EmptyFolder', 'TooMany'] as const
export type HoldReason = (typeof HOLD_REASONS)[number]

/** A prune that waits for `capstan approve`. */
export interface Hold {
  /** Names exactly this set of objects at exactly this revision. */
  readonly token: string
  readonly reason: HoldReason
  readonly message: string
  readonly revision: string
  readonly count: number
  /** The first of them, as `Run/default/hello`. */
  readonly objects: readonly string[]
}

export interface PrunePlan {
  /** Objects to delete. */
  readonly prune: readonly Orphan[]
  /** Objects that stay, or are gone already; the folder no longer owns them. */
  readonly release: readonly Orphan[]
  readonly hold?: Hold
  /** The folder may count as the known one from now on: nothing speaks against it, or someone approved. */
  readonly rootTrusted: boolean
  readonly absences: ReadonlyMap<string, Absence>
  /** When the second look is due. */
  readonly lookAgainMs?: number
}

/** Of a complete snapshot only. */
export function decidePrune(input: PruneInput): PrunePlan {
  const absences = noteAbsences(input)
  const waits = input.orphans.map((orphan) => waitMs(orphan, absences, input))
  const due = input.orphans.filter((_, index) => waits[index] === 0)
  const release = due.filter(isLeftAlone)
  const doomed = due.filter((orphan) => !isLeftAlone(orphan))
  const lookAgainMs =
    waits.length > due.length ? Math.min(...waits.filter((wait) => wait > 0)) : undefined
  const again = lookAgainMs === undefined ? {} : { lookAgainMs }
  const guarded = input.orphans.filter((orphan) => !isLeftAlone(orphan))
  const rootTrusted = input.rootKnown || guarded.length === 0
  const plan = { release, rootTrusted, absences, ...again }
  const reason = holdReason(guarded.length, input)
  if (reason === undefined) return { ...plan, prune: doomed }
  // Held only once the set is complete: one that still grows would be another set at the second look.
  if (doomed.length < guarded.length) return { ...plan, prune: [] }
  const hold = holdOf(reason, doomed, input)
  if (hold.token === input.approved) return { ...plan, prune: doomed, rootTrusted: true }
  return { ...plan, prune: [], hold }
}

function noteAbsences({
  orphans,
  absences,
  nowMs,
  revision,
}: PruneInput): ReadonlyMap<string, Absence> {
  return new Map(
    orphans.map(({ row }) => {
      const key = renderKey(row)
      return [key, absences.get(key) ?? { sinceMs: nowMs, revision }]
    }),
  )
}

function waitMs(
  { row }: Orphan,
  absences: ReadonlyMap<string, Absence>,
  { nowMs, revision }: PruneInput,
): number {
  const absence = absences.get(renderKey(row))
  if (!absence) return SECOND_LOOK_MS
  const needMs = absence.revision === revision ? SECOND_LOOK_MS : SECOND_LOOK_BUSY_MS
  return Math.max(0, needMs - (nowMs - absence.sinceMs))
}

function isLeftAlone({ live }: Orphan): boolean {
  return (
    live === undefined ||
    live.metadata.deletionTimestamp !== undefined ||
    live.metadata.annotations?.[WIRE.annotationPrune] === 'false'
  )
}

function holdReason(count: number, input: PruneInput): HoldReason | undefined {
  if (count === 0) return undefined
  if (!input.rootKnown) return 'RootChanged'
  if (input.namedCount === 0) return 'EmptyFolder'
  return count > Math.max(PRUNE_FLOOR, input.liveCount * PRUNE_SHARE) ? 'TooMany' : undefined
}

/** Objects that a hold names one by one. */
const SHOWN = 20

function holdOf(reason: HoldReason, doomed: readonly Orphan[], input: PruneInput): Hold {
  const keys = doomed.map(({ row }) => renderKey(row)).sort()
  const count = keys.length
  const sentences: Record<HoldReason, string> = {
    RootChanged: `${input.source} is not the folder that it was, and ${objects(count)} of before would be deleted`,
    EmptyFolder: `${input.source} names no objects any more, and all ${objects(count)} of it would be deleted`,
    TooMany: `${objects(count)} of ${input.liveCount} would be deleted at once`,
  }
  return {
    token: sha256([input.source, input.revision, ...keys].join('\n')).slice(0, 16),
    reason,
    message: sentences[reason],
    revision: input.revision,
    count,
    objects: keys.slice(0, SHOWN),
  }
}

function objects(count: number): string {
  return count === 1 ? '1 object' : `${count} objects`
}
