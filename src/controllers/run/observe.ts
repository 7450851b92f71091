import type { DeploymentSpec, WorkPoolSpec } from '../../kinds/generated.ts'
import { type CapstanObject, DEFAULT_WORK_POOL, type ObjectKey } from '../../kinds/meta.ts'
import type { Run } from '../../kinds/run.ts'
import { DEFAULT_QUEUE } from '../../kinds/workpool.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import type { LeaseBook } from '../leases.ts'
import type { RunLines } from '../run-lines.ts'
import { poolNameOf } from '../run-place.ts'
import { admissionOf } from './admission.ts'
import type { Facts, Resolved, RunWorld } from './world.ts'

/** The objects that a run's template is merged from. */
export interface RunSources {
  readonly run: Run
  readonly workPool: CapstanObject<WorkPoolSpec> | undefined
  readonly workPoolName: string
  readonly deployment: CapstanObject<DeploymentSpec> | undefined
}

export interface ObserveDeps {
  readonly store: Store
  readonly accounts: AccountBook
  /** When this process last asked ECS about an attempt's task. */
  readonly lookedAtMs: RunWorld['lookedAtMs']
  /** For how long this process has known an attempt's task. */
  readonly knownForMs: (attempt: AttemptRow) => number | undefined
  /** Merges and renders the template of one attempt (kinds/resolve with the manifest layer's validators). Pure. */
  readonly resolve: (sources: RunSources, attempt: number) => Resolved
  readonly controller: { readonly name: string; readonly epoch: number; readonly instance: string }
  readonly lines: RunLines
  readonly heartbeat: HeartbeatDeps
}

/** What runs have to know about heartbeats. */
export interface HeartbeatDeps {
  readonly leases: LeaseBook
  /** Where tasks that are launched now can beat; undefined: nowhere. */
  readonly url: () => string | undefined
  readonly tokenOf: (runUid: string) => string
  /** Milliseconds since this process last asked ECS about an attempt's task and was answered; undefined: never. */
  readonly lookedAgoMs: (attempt: AttemptRow) => number | undefined
}

/** Reads everything that a decision about this run needs, from the store alone. Undefined: the run is gone. */
export function observeRun(deps: ObserveDeps, key: ObjectKey, facts: Facts): RunWorld | undefined {
  const run = deps.store.objects.get(key) as Run | undefined
  if (!run) return undefined
  const sources = readSources(deps.store, run)
  const { workPool, workPoolName, deployment } = sources
  const account = deps.accounts.forTarget(workPool?.spec.aws ?? {})
  return {
    run,
    resolve: memoised((attempt) => resolveSources(deps, sources, attempt)),
    workPool: {
      name: workPoolName,
      suspended: suspension(workPoolName, workPool?.spec),
      isDrained: workPool?.spec.stopPolicy === 'HoldAndDrain',
      queue: run.spec.queue ?? deployment?.spec.queue ?? DEFAULT_QUEUE,
    },
    deployment: run.spec.deployment,
    attempts: deps.store.attempts.ofRun(run.metadata.uid),
    account: { id: account.id, region: account.region },
    facts,
    lookedAtMs: deps.lookedAtMs,
    ageMs: (attempt) =>
      attempt.epoch === deps.controller.epoch ? deps.knownForMs(attempt) : undefined,
    heartbeat: heartbeatFacts(deps.heartbeat, run),
    network: (vpcId) => account.network.known(vpcId),
    definition: (family, hash) => deps.store.definitions.byHash(account.id, family, hash),
    admission: admissionOf(deps, sources),
    controller: deps.controller,
  }
}

function heartbeatFacts(
  { leases, url, tokenOf, lookedAgoMs }: HeartbeatDeps,
  run: Run,
): RunWorld['heartbeat'] {
  return {
    url: url(),
    token: () => tokenOf(run.metadata.uid),
    signs(attempt) {
      const signs = leases.signs(attempt)
      return signs && { ...signs, lookedAgoMs: lookedAgoMs(attempt) }
    },
  }
}

export function readSources(store: Store, run: Run): RunSources {
  const { namespace } = run.metadata
  const { deployment: name } = run.spec
  const deployment =
    name === undefined
      ? undefined
      : read<DeploymentSpec>(store, { kind: 'Deployment', namespace, name })
  const workPoolName = poolNameOf(run.spec, deployment?.spec)
  const workPool = read<WorkPoolSpec>(store, { kind: 'WorkPool', namespace, name: workPoolName })
  return { run, workPool, workPoolName, deployment }
}

function read<Spec>(store: Store, key: ObjectKey): CapstanObject<Spec> | undefined {
  return store.objects.get(key) as CapstanObject<Spec> | undefined
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

/** Why the pool launches nothing by its own switches; undefined where it does. */
export function suspension(name: string, spec: WorkPoolSpec | undefined): string | undefined {
  if (spec?.suspend === true) return `WorkPool ${name} is suspended.`
  const policy = spec?.stopPolicy ?? 'None'
  return policy === 'None'
    ? undefined
    : `WorkPool ${name} launches nothing: stopPolicy is ${policy}.`
}

/** Remembers answers: one decision asks for the same attempt several times. */
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
