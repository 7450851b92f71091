import type { Clock } from '../lib/clock.ts'
import { createSlicer } from '../runtime/slicer.ts'
import type { SourceObjectRow, SourceRow, Store } from '../store/types.ts'
import { heldOf, holdToJson } from './approval.ts'
import type { ReadFile } from './desired.ts'
import { isAtomic, type Root } from './layout.ts'
import { problemToJson } from './problem.ts'
import type { PrunePlan } from './prune.ts'
import { sourceRecords } from './records.ts'
import type { Plan } from './sync.ts'
import {
  applyStep,
  handOver,
  prune,
  release,
  type StepResult,
  type WriteContext,
} from './write-objects.ts'

/** Writes per transaction where the folder changes file by file anyway: about 10 ms, subscribers included. */
const CHUNK = 64

/** What is decided about one snapshot. */
export interface Decision {
  readonly root: Root
  /** Of all files that are there. */
  readonly digest: string
  /** Everything was looked at, and no file is still being written. */
  readonly isSettled: boolean
  readonly files: readonly ReadFile[]
  readonly gone: ReadonlySet<string>
  readonly plan: Plan
  /** Undefined: nothing may be pruned on this evidence. */
  readonly prunePlan: PrunePlan | undefined
}

/** What the writes of one look came to. */
export interface Applied {
  created: number
  updated: number
  replaced: number
  pruned: number
  /** Files with objects that someone else changed between the decision and the write. */
  readonly stale: Set<string>
}

export function noWrites(): Applied {
  return { created: 0, updated: 0, replaced: 0, pruned: 0, stale: new Set() }
}

/** Adds what was written to `sum`. */
export function addWrites(sum: Applied, applied: Applied): void {
  sum.created += applied.created
  sum.updated += applied.updated
  sum.replaced += applied.replaced
  sum.pruned += applied.pruned
  for (const file of applied.stale) sum.stale.add(file)
}

export interface ApplyPorts {
  readonly store: Store
  readonly clock: Clock
  /** Root of the folder. */
  readonly source: string
  /** For Runs that are created. */
  readonly runAnnotations: Readonly<Record<string, string>>
}

/**
 * Writes a decision: one revision in one transaction. A plain folder has no revisions, its files come one by
 * one, so there a large decision is cut into chunks. The rows of the files come last: such a row says that all of
 * the file's objects are as the file says, so interrupted work is done again. A loss of power may undo the last
 * chunks, which are then read from the folder again: the caller waits for `store.durable`.
 */
export async function applyDecision(ports: ApplyPorts, decision: Decision): Promise<Applied> {
  const { store, clock } = ports
  const applied = noWrites()
  const objects = objectWrites(ports, decision, applied)
  const row = nextRow(store.sources.get(ports.source), decision)
  const writes = [
    ...objects,
    ...bookWrites(ports, decision, applied),
    ...(row || objects.length > 0 ? [() => conclude(ports, row, applied)] : []),
  ]
  const size = isAtomic(decision.root.layout) ? Math.max(1, writes.length) : CHUNK
  const slicer = createSlicer(clock)
  for (let start = 0; start < writes.length; start += size) {
    if (start > 0) await slicer.pause()
    store.transaction(() => {
      for (const write of writes.slice(start, start + size)) write()
    }, 'Later')
  }
  return applied
}

/** Files whose objects are not all settled: something waits, is refused, or is not pruned yet. */
export function unsettledFiles({ plan, prunePlan }: Decision): ReadonlySet<string> {
  const settled = new Set<SourceObjectRow>()
  for (const { row } of prunePlan?.prune ?? []) settled.add(row)
  for (const { row } of prunePlan?.release ?? []) settled.add(row)
  const orphans = plan.orphans.filter((row) => !settled.has(row))
  return new Set([...plan.open, ...orphans.map((row) => row.path)])
}

type Write = () => void
type NewSourceRow = Omit<SourceRow, 'id' | 'appliedAtMs'>

function objectWrites(ports: ApplyPorts, { plan, prunePlan }: Decision, applied: Applied): Write[] {
  const { store, source, clock, runAnnotations } = ports
  const context: WriteContext = {
    store,
    source,
    nowMs: clock.nowMs(),
    runAnnotations,
    namespaceUids: new Map(),
  }
  return [
    ...plan.handovers.map((handover) => () => handOver(context, handover)),
    ...plan.steps.map((step) => () => note(applied, applyStep(context, step), step.object.file)),
    ...(prunePlan?.prune ?? []).map((orphan) => () => {
      if (prune(context, orphan)) applied.pruned += 1
    }),
    ...(prunePlan?.release ?? []).map((orphan) => () => release(context, orphan)),
  ]
}

function note(applied: Applied, result: StepResult, file: string): void {
  if (result === 'Created') applied.created += 1
  if (result === 'Updated') applied.updated += 1
  if (result === 'Replaced') applied.replaced += 1
  if (result === 'Stale') applied.stale.add(file)
}

function bookWrites({ store, source }: ApplyPorts, decision: Decision, applied: Applied): Write[] {
  const unsettled = unsettledFiles(decision)
  const files = decision.files.filter(({ path }) => !unsettled.has(path))
  const gone = [...decision.gone].filter((path) => !unsettled.has(path))
  return [
    ...files.map(({ path, stat, hash, problems }) => () => {
      if (applied.stale.has(path)) return
      store.sources.putFile({ source, path, stat, hash, problems: problems.map(problemToJson) })
    }),
    ...gone.map((path) => () => store.sources.removeFile(source, path)),
  ]
}

/** Writes the folder's own row where it changes, and the events that tell of the whole decision. */
function conclude(
  { store, source, clock }: ApplyPorts,
  row: NewSourceRow | undefined,
  applied: Applied,
): void {
  const nowMs = clock.nowMs()
  const before = store.sources.get(source)
  const next = row && { ...row, id: source, appliedAtMs: nowMs }
  if (next) store.sources.put(next)
  store.eventLog.append(sourceRecords(source, { before, next, applied }, nowMs))
}

/** The folder's own row; undefined when it stays as it is. */
function nextRow(row: SourceRow | undefined, decision: Decision): NewSourceRow | undefined {
  const { root, digest, isSettled, prunePlan } = decision
  const revision = root.commit ?? digest
  // The first row ends the start: until then, what comes was there all along.
  if (!row) return isSettled ? { revision, rootIdentity: root.identity } : undefined
  const rootIdentity = prunePlan?.rootTrusted ? root.identity : row.rootIdentity
  const held = prunePlan ? nextHeld(row, prunePlan) : row.held
  const isSame = row.revision === revision && row.rootIdentity === rootIdentity && row.held === held
  return isSame ? undefined : { revision, rootIdentity, ...(held && { held }) }
}

/** What is held back from now on: as it stands, with its approval, while it is the same. */
function nextHeld(row: SourceRow, { hold }: PrunePlan): SourceRow['held'] {
  if (!hold) return undefined
  return hold.token === heldOf(row)?.token ? row.held : holdToJson(hold)
}
