import type { DeploymentStatus } from '../../kinds/deployment.ts'
import { isFinalState, type RunStatus } from '../../kinds/run.ts'
import type { Change, Store } from '../../store/types.ts'

/** More revisions than the runs of a fleet free before the next look; beyond it, looking at every family is cheaper. */
const MAX_ARNS = 10_000

/**
 * Where revisions may have become free since the last look. A fleet has thousands of families, and a run that
 * ends frees something in one of them. Lost at a restart, which looks everywhere.
 */
export interface DefinitionSearch {
  /** Takes note of a change. Returns which of the two looks it asks for; undefined: none. */
  hear(change: Change): 'Narrow' | 'Wide' | undefined
  /** Takes up the families of the revisions that were heard of. Returns the accounts to be looked at. */
  narrow(store: Store): Iterable<string>
  /** Takes up every family. Returns the accounts to be looked at. */
  wide(store: Store): Iterable<string>
  /** Families of the account that are to be looked at. */
  families(account: string): ReadonlySet<string>
  /** From now on only these families of the account are to be looked at. */
  leave(account: string, families: Iterable<string>): void
}

export function createDefinitionSearch(): DefinitionSearch {
  const arns = new Set<string>()
  const accounts = new Map<string, Set<string>>()
  const add = ({
    account,
    family,
  }: {
    readonly account: string
    readonly family: string
  }): void => {
    const known = accounts.get(account)
    if (known) known.add(family)
    else accounts.set(account, new Set([family]))
  }
  return {
    hear(change) {
      const freed = freedBy(change)
      if (freed === undefined || freed === 'Anything') return freed && 'Wide'
      if (arns.size + freed.length > MAX_ARNS) return 'Wide'
      for (const arn of freed) arns.add(arn)
      return 'Narrow'
    },
    narrow(store) {
      for (const arn of arns) {
        const row = store.definitions.byArn(arn)
        if (row) add(row)
      }
      arns.clear()
      return accounts.keys()
    },
    wide(store) {
      for (const family of store.definitions.families()) add(family)
      arns.clear()
      return accounts.keys()
    },
    families: (account) => accounts.get(account) ?? new Set(),
    leave(account, families) {
      accounts.set(account, new Set(families))
    },
  }
}

/** Revisions that may have become free: when a run ends or goes, and when settings or links change. */
function freedBy(change: Change): readonly string[] | 'Anything' | undefined {
  const { kind, type, object, previous } = change
  if (kind === 'Run') return freedByRun(object?.status as RunStatus | undefined, type)
  if (kind !== 'WorkPool' && kind !== 'Deployment') return undefined
  const isRespecified = object?.metadata.generation !== previous?.metadata.generation
  if (type === 'DELETED' || isRespecified) return 'Anything'
  const [before, now] = [shownBy(previous), shownBy(object)]
  return before === undefined || before === now ? undefined : [before]
}

/** The revision to which a deployment's status links. */
function shownBy(object: Change['object']): string | undefined {
  return (object?.status as DeploymentStatus | undefined)?.taskDefinitionArn
}

/** Status does not show every attempt of an array, nor what was registered for an attempt that never came to be. */
function freedByRun(
  status: RunStatus | undefined,
  type: Change['type'],
): readonly string[] | 'Anything' | undefined {
  if (type !== 'DELETED' && !isFinalState(status?.state?.type)) return undefined
  if (!status?.attempts?.length || status.array) return 'Anything'
  return status.attempts.flatMap(({ taskDefinitionArn }) => taskDefinitionArn ?? [])
}
