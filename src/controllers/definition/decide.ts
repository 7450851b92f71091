import type { DefinitionRow } from '../../store/definitions.ts'

/** One family of the registry, with the settings that count for it. */
export interface FamilyWorld {
  readonly family: string
  /** Oldest first. */
  readonly revisions: readonly DefinitionRow[]
  /** Newest ACTIVE revisions that stay. */
  readonly keepRevisions: number
  readonly deleteInactive: boolean
}

/** What a decision about the revisions of one account may look at. */
export interface DefinitionWorld {
  readonly families: readonly FamilyWorld[]
  /** Whether a living attempt, or an attempt of an unfinished run, was launched from it. Pure lookup. */
  readonly isInUse: (row: DefinitionRow) => boolean
  /** Whether a Deployment or a WorkPool names it. Pure lookup. */
  readonly isNamed: (row: DefinitionRow) => boolean
  /** Whether ECS refused to delete it. Pure lookup. */
  readonly isStubborn: (row: DefinitionRow) => boolean
}

/** At most one call: the next world is asked again, so that a run that starts meanwhile is seen. */
export interface DefinitionPlan {
  readonly action:
    | { readonly type: 'Deregister'; readonly row: DefinitionRow }
    | { readonly type: 'Delete'; readonly rows: readonly DefinitionRow[] }
    | undefined
  /** Milliseconds until a revision that is too young today may be collected; undefined: none waits. */
  readonly lookAgainInMs: number | undefined
  /** Families of such revisions. */
  readonly waiting: ReadonlySet<string>
}

/**
 * From the registration to the commit of the intent is one step of a reconcile, and perhaps its retry;
 * a minute of it is plenty, and a revision that goes too early is only registered again.
 */
export const YOUNG_MS = 60_000

/** DeleteTaskDefinitions takes at most 10 revisions. */
export const DELETE_BATCH = 10

type Verdict = 'Keep' | 'Wait' | 'Deregister'

interface Candidate {
  readonly row: DefinitionRow
  readonly world: DefinitionWorld
  /** How many newer revisions take a place before it. */
  readonly rank: number
  readonly keepRevisions: number
  readonly ageMs: number
}

/** What happens to an ACTIVE revision. First match wins. */
const RULES: readonly {
  readonly matches: (candidate: Candidate) => boolean
  readonly verdict: Verdict
  readonly because: string
}[] = [
  {
    matches: ({ row }) => row.workPool === undefined,
    verdict: 'Keep',
    because: 'another controller registered it, so it is not ours to take away',
  },
  {
    matches: ({ row, rank, keepRevisions }) => !row.autoDeregister && rank < keepRevisions,
    verdict: 'Keep',
    because: 'the newest revisions are what people roll back to, and the next run reuses them',
  },
  {
    matches: ({ ageMs }) => ageMs < YOUNG_MS,
    verdict: 'Wait',
    because: 'the run that registered it may be about to commit its intent',
  },
  {
    matches: ({ row, world }) => world.isInUse(row),
    verdict: 'Keep',
    because: 'an unfinished run was launched from it, and may be again; its end asks anew',
  },
  {
    matches: ({ row, world }) => world.isNamed(row),
    verdict: 'Keep',
    because: 'someone linked to it, and linked revisions are never touched',
  },
  {
    matches: () => true,
    verdict: 'Deregister',
    because: 'nobody uses it, and its place among the newest is taken or was never wanted',
  },
]

/** The next revision to deregister, oldest first; when there is none, the next to delete. */
export function decideDefinitions(world: DefinitionWorld, nowMs: number): DefinitionPlan {
  let lookAgainInMs: number | undefined
  const waiting = new Set<string>()
  for (const family of world.families) {
    for (const candidate of candidatesOf(world, family, nowMs)) {
      const verdict = RULES.find(({ matches }) => matches(candidate))?.verdict
      if (verdict === 'Deregister') {
        return { action: { type: 'Deregister', row: candidate.row }, lookAgainInMs: 0, waiting }
      }
      if (verdict !== 'Wait') continue
      waiting.add(family.family)
      const waitMs = YOUNG_MS - Math.max(0, candidate.ageMs)
      lookAgainInMs = Math.min(waitMs, lookAgainInMs ?? waitMs)
    }
  }
  const rows = world.families.flatMap((family) => deletable(world, family)).slice(0, DELETE_BATCH)
  if (rows.length > 0) return { action: { type: 'Delete', rows }, lookAgainInMs: 0, waiting }
  return { action: undefined, lookAgainInMs, waiting }
}

function candidatesOf(
  world: DefinitionWorld,
  { revisions, keepRevisions }: FamilyWorld,
  nowMs: number,
): readonly Candidate[] {
  const active = revisions.filter(({ status }) => status === 'ACTIVE')
  let rank = active.filter(takesPlace).length
  return active.map((row) => {
    if (takesPlace(row)) rank -= 1
    return { row, world, rank, keepRevisions, ageMs: nowMs - row.registeredAtMs }
  })
}

/** Whether the revision counts among those that are kept: one that is to go anyway, or is not ours, takes no place. */
function takesPlace({ autoDeregister, workPool }: DefinitionRow): boolean {
  return !autoDeregister && workPool !== undefined
}

function deletable(world: DefinitionWorld, family: FamilyWorld): readonly DefinitionRow[] {
  if (!family.deleteInactive) return []
  return family.revisions.filter(
    (row) =>
      row.status === 'INACTIVE' &&
      row.workPool !== undefined &&
      !world.isStubborn(row) &&
      !world.isInUse(row),
  )
}
