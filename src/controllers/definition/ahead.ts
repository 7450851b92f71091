import type { Deployment } from '../../kinds/deployment.ts'
import { type ObjectKey, parseKey, renderKey } from '../../kinds/meta.ts'
import { RetryableError } from '../../lib/errors.ts'
import type { Part } from '../../runtime/manager.ts'
import { awaitChange, type Outcome } from '../../runtime/outcome.ts'
import type { Change, Store } from '../../store/types.ts'
import type { AccountBook } from '../accounts.ts'
import { type AskChore, type ChoreDeps, createChore } from '../chore.ts'
import type { ReadNextDefinition } from '../next-definition.ts'
import type { DefinitionRegistrar } from '../registrar.ts'

export interface RegisterAheadDeps extends ChoreDeps {
  readonly accounts: AccountBook
  readonly registrar: DefinitionRegistrar
  readonly nextDefinition: ReadNextDefinition
  /** Queues a deployment about which something new is known. */
  readonly wakeDeployment: (key: ObjectKey) => void
}

/** Runs that came in the same commit as their deployment go first, and register what they need. */
const AFTER_RUNS_MS = 1_000

/**
 * Registers what the next run of each deployment will use, so that a run starts without waiting for it.
 * A run that comes earlier registers the same content itself: the registrar makes one revision of both.
 * Crash windows: as those of any registration; the hash in a tag finds the revision again.
 */
export function createRegisterAhead(deps: RegisterAheadDeps): Part {
  return createChore(deps, {
    name: 'definitions ahead',
    workers: 1,
    reconcile: (key, { signal }) => registerAhead(deps, parseKey(key), signal),
    begin(ask) {
      for (const key of deps.store.objects.keys('Deployment')) ask(renderKey(key), AFTER_RUNS_MS)
    },
    onChange: (change, ask) => askFor(deps.store, change, ask),
  })
}

/** Asks again for a deployment or pool whose spec is new; a status changes no definition. */
function askFor(store: Store, change: Change, ask: AskChore): void {
  const { kind, namespace, name, type, object, previous } = change
  if (type === 'DELETED' || object?.metadata.generation === previous?.metadata.generation) return
  if (kind === 'Deployment') ask(renderKey({ kind, namespace, name }), AFTER_RUNS_MS)
  if (kind !== 'WorkPool') return
  for (const key of store.objects.deploymentKeysOfWorkPool(namespace, name)) {
    ask(renderKey(key), AFTER_RUNS_MS)
  }
}

async function registerAhead(
  deps: RegisterAheadDeps,
  key: ObjectKey,
  signal: AbortSignal,
): Promise<Outcome> {
  const { store, accounts, registrar } = deps
  const deployment = store.objects.get(key) as Deployment | undefined
  const next = deployment && deps.nextDefinition(deployment)
  const account = next && accounts.byId(next.accountId)
  if (!account) return awaitChange()
  const { family, hash } = next.wanted
  const isKnown = store.definitions.byHash(account.id, family, hash)?.status === 'ACTIVE'
  if (!isKnown) await patiently(registrar.ensure(account, next.wanted, signal))
  deps.wakeDeployment(key)
  return awaitChange()
}

/** Nobody waits for this, so every failure is retried ever more slowly; a run that needs the definition tells its user. */
async function patiently(ensured: Promise<unknown>): Promise<void> {
  try {
    await ensured
  } catch (error) {
    throw new RetryableError('A task definition could not be registered ahead.', { cause: error })
  }
}
