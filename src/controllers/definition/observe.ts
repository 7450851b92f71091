import type { DeploymentStatus } from '../../kinds/deployment.ts'
import type { DeploymentSpec, WorkPoolSpec } from '../../kinds/generated.ts'
import type { CapstanObject } from '../../kinds/meta.ts'
import type { DefinitionRow } from '../../store/definitions.ts'
import type { Store } from '../../store/types.ts'
import type { DefinitionWorld, FamilyWorld } from './decide.ts'

/** Default of `taskDefinitions.keepRevisions`. */
const KEEP_REVISIONS = 3

/**
 * Reads what a decision about these families of one account needs, from the store alone. `stubborn`:
 * ARNs that ECS does not delete.
 */
export function observeDefinitions(
  store: Store,
  { account, families }: { readonly account: string; readonly families: Iterable<string> },
  stubborn: ReadonlySet<string>,
): DefinitionWorld {
  let named: ReadonlySet<string> | undefined
  return {
    families: Array.from(families, (family) => familyWorld(store, account, family)),
    isStubborn: ({ taskDefinitionArn }) => stubborn.has(taskDefinitionArn),
    isInUse: ({ taskDefinitionArn }) => store.upkeep.isDefinitionInUse(taskDefinitionArn),
    isNamed(row) {
      named ??= namesInTemplates(store)
      return namesOf(row).some((name) => named?.has(name))
    },
  }
}

/** For a family that several pools share, the most careful pool's settings count. */
function familyWorld(store: Store, account: string, family: string): FamilyWorld {
  const revisions = store.definitions.ofFamily(account, family)
  const pools = [...new Set(revisions.flatMap(({ workPool }) => workPool ?? []))]
  const settings = pools.map((pool) => settingsOf(store, pool))
  return {
    family,
    revisions,
    keepRevisions: Math.max(
      0,
      ...settings.map(({ keepRevisions = KEEP_REVISIONS }) => keepRevisions),
    ),
    deleteInactive: settings.every(({ deleteInactive = false }) => deleteInactive),
  }
}

function settingsOf(store: Store, workPool: string): NonNullable<WorkPoolSpec['taskDefinitions']> {
  const [namespace = '', name = ''] = workPool.split('/')
  const pool = store.objects.get({ kind: 'WorkPool', namespace, name })
  return (pool?.spec as WorkPoolSpec | undefined)?.taskDefinitions ?? {}
}

/** Every way in which a template can name this very revision. A family alone means its newest, which is kept anyway. */
function namesOf({ taskDefinitionArn, family, revision }: DefinitionRow): readonly string[] {
  return [taskDefinitionArn, `${family}:${revision}`]
}

function namesInTemplates(store: Store): ReadonlySet<string> {
  const pools = store.objects.list({ kind: 'WorkPool' }) as readonly CapstanObject<WorkPoolSpec>[]
  const deployments = store.objects.list({ kind: 'Deployment' }) as readonly CapstanObject<
    DeploymentSpec,
    DeploymentStatus
  >[]
  return new Set(
    [
      ...pools.map(({ spec }) => spec.template?.taskDefinitionArn),
      ...deployments.map(({ spec }) => spec.template?.taskDefinitionArn),
      ...deployments.map(({ status }) => status?.taskDefinitionArn),
    ].filter((name) => typeof name === 'string'),
  )
}
