import type { RunSpec } from '../kinds/generated.ts'
import {
  type CapstanObject,
  DEFAULT_WORK_POOL,
  isKind,
  type Kind,
  type ObjectKey,
} from '../kinds/meta.ts'
import type { Change, Store } from '../store/types.ts'

/** A key that should be reconciled, and how soon. */
export interface Wake {
  readonly key: ObjectKey
  readonly delayMs: number
}

/** A pool only counts its runs: a hundred of them that change at once are one count. */
const POOL_COUNT_DELAY_MS = 100

/**
 * Who has to look again after a commit. Every change wakes its own object; the rest follows the
 * references: a Run its pool, a new pool or Deployment the Runs that wait for it, a new namespace its
 * default pool.
 */
export function wakesOf(store: Store, change: Change): readonly Wake[] {
  const { kind, namespace, name } = change
  if (kind === 'Namespace')
    return [now({ kind: 'WorkPool', namespace: name, name: DEFAULT_WORK_POOL })]
  if (!isKind(kind)) return []
  const own = now({ kind, namespace, name })
  return [own, ...related(store, change, { kind, namespace, name })]
}

function related(store: Store, change: Change, key: ObjectKey): readonly Wake[] {
  switch (key.kind) {
    case 'Run':
      return poolOf(store, change, key)
    case 'WorkPool':
      return added(change, () => store.objects.unfinishedRunKeysOfWorkPool(key.namespace, key.name))
    case 'Deployment':
      return added(change, () => store.objects.runKeysOfDeployment(key.namespace, key.name))
    case 'Automation':
      return []
  }
}

function poolOf(store: Store, change: Change, key: ObjectKey): readonly Wake[] {
  const object = change.type === 'DELETED' ? change.object : store.objects.get(key)
  const run = object as CapstanObject<RunSpec> | undefined
  if (!run) return []
  const { namespace } = key
  const deployment = run.spec.deployment
  const parent =
    deployment === undefined
      ? undefined
      : (store.objects.get({ kind: 'Deployment', namespace, name: deployment })?.spec as
          | { readonly workPool?: string }
          | undefined)
  const name = run.spec.workPool ?? parent?.workPool ?? DEFAULT_WORK_POOL
  return [{ key: { kind: 'WorkPool', namespace, name }, delayMs: POOL_COUNT_DELAY_MS }]
}

function added(change: Change, keys: () => readonly ObjectKey[]): readonly Wake[] {
  return change.type === 'ADDED' ? keys().map(now) : []
}

function now(key: ObjectKey): Wake {
  return { key, delayMs: 0 }
}

/** Everything that a controller that just started has to look at, unfinished runs first. */
export function startKeys(store: Store, kinds: readonly Kind[]): readonly ObjectKey[] {
  const unfinished = store.objects.unfinishedRunKeys()
  const seen = new Set(unfinished.map(({ namespace, name }) => `${namespace}/${name}`))
  const others = kinds.flatMap((kind) =>
    store.objects
      .keys(kind)
      .filter(({ namespace, name }) => kind !== 'Run' || !seen.has(`${namespace}/${name}`)),
  )
  const pools = store.objects
    .namespaces()
    .map(({ name }): ObjectKey => ({ kind: 'WorkPool', namespace: name, name: DEFAULT_WORK_POOL }))
  return [...unfinished, ...pools, ...others]
}
