import { KINDS, renderKey } from '../kinds/meta.ts'
import type { SourceObjectRow } from '../store/types.ts'
import { decideClaims, renderHolder } from './claims.ts'
import { type DesiredObject, isGood, type ReadFile } from './desired.ts'
import { decideObject, type ObjectFacts } from './object-rules.ts'
import type { SourceProblem } from './problem.ts'

/** What was seen of a folder beside what is known of it. Files that are as they were do not take part. */
export interface SyncInput {
  /** Root of the folder. */
  readonly source: string
  /** Files that are new, changed or not yet finished, by path. Those with problems keep what they own. */
  readonly files: readonly ReadFile[]
  /** Files that a complete snapshot did not have. */
  readonly gone: ReadonlySet<string>
  /** What all of these files own. */
  readonly owned: readonly SourceObjectRow[]
  readonly facts: (object: DesiredObject) => ObjectFacts
  /** Whether the controller follows that folder too. */
  readonly isFollowed: (source: string) => boolean
}

export interface Step {
  readonly type: 'Keep' | 'Create' | 'Update' | 'Steer' | 'Replace'
  readonly object: DesiredObject
  readonly facts: ObjectFacts
}

/**
 * A row whose file lets go while another one speaks for the object. It changes hands at once, with the content that
 * it had: what the new file says may have to wait, and by then nobody knows that the former owner is gone.
 */
export interface Handover {
  readonly from: SourceObjectRow
  readonly to: SourceObjectRow
}

export interface Plan {
  /** In the order in which they are applied: what others refer to comes first. */
  readonly steps: readonly Step[]
  readonly handovers: readonly Handover[]
  readonly problems: readonly SourceProblem[]
  /** New content that has to wait until something is gone. */
  readonly waiting: readonly DesiredObject[]
  /** Owned objects that no file names any more; prune.ts says what becomes of them. */
  readonly orphans: readonly SourceObjectRow[]
  /** Files whose objects are not all settled by the steps: they are decided again even if they do not change. */
  readonly open: ReadonlySet<string>
}

/** What to do so that the store says what the folder says. Pruning is decided apart, for the folder as a whole. */
export function decideSync(input: SyncInput): Plan {
  const claims = decideClaims({ ...input, owner: (object) => input.facts(object).owner })
  const steps: Step[] = []
  const handovers: Handover[] = []
  const problems: SourceProblem[] = []
  const waiting: DesiredObject[] = []
  const open = new Set<string>()
  for (const [object, claim] of claims) {
    const facts = input.facts(object)
    if (claim.type === 'Granted') handovers.push(...handoverOf(input.source, object, facts))
    const decision =
      claim.type === 'Refused'
        ? refuseClaim(object, renderHolder(claim.holder))
        : decideObject(input.source, object, facts)
    if (decision.type === 'Refuse') problems.push(problemAt(object, decision))
    else if (decision.type === 'Wait') waiting.push(object)
    else if (!isKept(input.source, decision.type, object, facts)) {
      steps.push({ type: decision.type, object, facts })
    }
    if (decision.type === 'Replace') waiting.push(object)
    if (['Refuse', 'Wait', 'Replace'].includes(decision.type)) open.add(object.file)
  }
  const orphans = findOrphans(input)
  return { steps: steps.toSorted(byKind), handovers, problems, waiting, orphans, open }
}

function handoverOf(
  source: string,
  { file: path }: DesiredObject,
  { owner: from }: ObjectFacts,
): readonly Handover[] {
  if (!from || (from.source === source && from.path === path)) return []
  return [{ from, to: { ...from, source, path } }]
}

function refuseClaim(object: DesiredObject, holder: string) {
  return {
    type: 'Refuse',
    code: 'Claimed',
    message: `${renderKey(object)} is already defined in ${holder}`,
    hint: 'remove one of the two, or give one of them another name',
  } as const
}

function problemAt(
  { file, line, column }: DesiredObject,
  { code, message, hint }: Pick<SourceProblem, 'code' | 'message'> & { readonly hint: string },
): SourceProblem {
  return { code, file, line, column, message, hint }
}

/** Nothing has to be written: the inventory says already that this file owns this content. */
function isKept(
  source: string,
  type: Step['type'],
  { file, contentHash }: DesiredObject,
  { owner }: ObjectFacts,
): boolean {
  return (
    type === 'Keep' &&
    owner?.source === source &&
    owner.path === file &&
    owner.contentHash === contentHash
  )
}

function findOrphans({ files, gone, owned }: SyncInput): readonly SourceObjectRow[] {
  const good = files.filter(isGood)
  const speaking = new Set([...good.map((file) => file.path), ...gone])
  const named = new Set(good.flatMap((file) => file.objects.map(renderKey)))
  return owned.filter((row) => speaking.has(row.path) && !named.has(renderKey(row)))
}

function byKind(a: Step, b: Step): number {
  return KINDS.indexOf(a.object.kind) - KINDS.indexOf(b.object.kind)
}
