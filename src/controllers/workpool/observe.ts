import type { ObjectKey } from '../../kinds/meta.ts'
import type { WorkPool } from '../../kinds/workpool.ts'
import type { Store } from '../../store/types.ts'
import { closedWindow } from '../launch-windows.ts'
import type { RunLines } from '../run-lines.ts'
import type { WorkPoolWorld } from './decide.ts'

/** Reads a pool and its line. Undefined: the pool is gone. */
export function observeWorkPool(
  { store, lines }: { readonly store: Store; readonly lines: RunLines },
  key: ObjectKey,
  nowMs: number,
): WorkPoolWorld | undefined {
  const pool = store.objects.get(key) as WorkPool | undefined
  if (!pool) return undefined
  const { namespace, name } = key
  const used = store.attempts.usage(namespace, name)
  return {
    pool,
    used,
    waiting: lines.waiting(namespace, name),
    called: lines.called({ namespace, name, spec: pool.spec, used }, nowMs),
    closed: closedWindow(name, pool.spec.windows, nowMs),
  }
}
