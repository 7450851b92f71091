import type { DeploymentSpec, RunSpec, WorkPoolSpec } from '../../kinds/generated.ts'
import { type CapstanObject, DEFAULT_WORK_POOL, type ObjectKey } from '../../kinds/meta.ts'
import type { RunStatus } from '../../kinds/run.ts'
import type { Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import { admissionOf } from './admission.ts'
import type { Facts, Resolved, RunObject, RunWorld } from './world.ts'

/** The objects that a run's template is merged from. */
export interface RunSources {
  readonly run: RunObject
  readonly workPool: CapstanObject<WorkPoolSpec> | undefined
  readonly workPoolName: string
  readonly deployment: CapstanObject<DeploymentSpec> | undefined
}

export interface ObserveDeps {
  readonly store: Store
  readonly accounts: AccountBook
  /** Merges and renders the template of one attempt (kinds/resolve with the manifest layer's validators). Pure. */
  readonly resolve: (sources: RunSources, attempt: number) => Resolved
  readonly controller: { readonly name: string; readonly epoch: number }
}

/** Reads everything that a decision about this run needs, from the store alone. Undefined: the run is gone. */
export function observeRun(deps: ObserveDeps, key: ObjectKey, facts: Facts): RunWorld | undefined {
  const run = deps.store.objects.get(key) as CapstanObject<RunSpec, RunStatus> | undefined
  if (!run) return undefined
  const { namespace } = key
  const deploymentName = run.spec.deployment
  const deployment =
    deploymentName === undefined
      ? undefined
      : read<DeploymentSpec>(deps, { kind: 'Deployment', namespace, name: deploymentName })
  const workPoolName = run.spec.workPool ?? deployment?.spec.workPool ?? DEFAULT_WORK_POOL
  const workPool = read<WorkPoolSpec>(deps, { kind: 'WorkPool', namespace, name: workPoolName })
  const account = deps.accounts.forTarget(workPool?.spec.aws ?? {})
  const sources: RunSources = { run, workPool, workPoolName, deployment }
  return {
    run,
    resolve: memoised((attempt) => resolveSources(deps, sources, attempt)),
    workPool: { name: workPoolName, suspended: suspension(workPoolName, workPool?.spec) },
    deployment: deploymentName,
    attempts: deps.store.attempts.ofRun(run.metadata.uid),
    account: { id: account.id, region: account.region },
    facts,
    definition: (family, hash) => deps.store.definitions.byHash(account.id, family, hash),
    admission: admissionOf(deps.store, run, workPoolName, workPool?.spec),
    controller: deps.controller,
  }
}

function read<Spec>(deps: ObserveDeps, key: ObjectKey): CapstanObject<Spec> | undefined {
  return deps.store.objects.get(key) as CapstanObject<Spec> | undefined
}

/** The pool `default` exists even when nobody wrote it; every other name must be there. */
function resolveSources(deps: ObserveDeps, sources: RunSources, attempt: number): Resolved {
  const { run, deployment, workPool, workPoolName } = sources
  if (run.spec.deployment !== undefined && !deployment) {
    return { type: 'Missing', what: `Deployment ${run.spec.deployment}` }
  }
  if (!workPool && workPoolName !== DEFAULT_WORK_POOL) {
    return { type: 'Missing', what: `WorkPool ${workPoolName}` }
  }
  return deps.resolve(sources, attempt)
}

function suspension(name: string, spec: WorkPoolSpec | undefined): string | undefined {
  if (spec?.suspend === true) return `WorkPool ${name} is suspended.`
  const policy = spec?.stopPolicy ?? 'None'
  return policy === 'None'
    ? undefined
    : `WorkPool ${name} launches nothing: stopPolicy is ${policy}.`
}

/** One world asks for the same attempt several times. */
function memoised(resolve: (attempt: number) => Resolved): (attempt: number) => Resolved {
  const known = new Map<number, Resolved>()
  return (attempt) => {
    const before = known.get(attempt)
    if (before) return before
    const resolved = resolve(attempt)
    known.set(attempt, resolved)
    return resolved
  }
}
