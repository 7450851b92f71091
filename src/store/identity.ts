import type { Random } from '../lib/random.ts'
import type { Sql } from './sql.ts'
import type { Transactions } from './transaction.ts'
import type { IdentityStore } from './types.ts'

const INSTANCE_ID = 'instance-id'
const CONTROLLER_NAME = 'controller-name'
const EPOCH = 'epoch'

/** Name of a controller that was given none (`capstan up --name`). */
const DEFAULT_CONTROLLER_NAME = 'default'

/**
 * `onEpoch` hears of each epoch that this process has raised and committed. Values are remembered: only the
 * process of the newest epoch changes them. The epoch itself is read anew each time, because it says which that is.
 */
export function createIdentityStore(
  sql: Sql,
  transactions: Pick<Transactions, 'onRollback'>,
  onEpoch: (epoch: number, readEpoch: () => number) => void,
): IdentityStore {
  const known = new Map<string, string | undefined>()
  transactions.onRollback(() => known.clear())
  const find = sql.one<[string], { value: string }>('SELECT value FROM identity WHERE key = ?')
  const write = sql.write<[string, string]>(
    'INSERT OR REPLACE INTO identity (key, value) VALUES (?, ?)',
  )
  function put(key: string, value: string): void {
    write(key, value)
    known.set(key, value)
  }
  function get(key: string): string | undefined {
    if (key !== EPOCH && known.has(key)) return known.get(key)
    const value = find(key)?.value
    known.set(key, value)
    return value
  }
  const epoch = () => Number(find(EPOCH)?.value ?? 0)
  return {
    instanceId: () => get(INSTANCE_ID) ?? '',
    takeInstanceId: (id) => put(INSTANCE_ID, id),
    controllerName: () => get(CONTROLLER_NAME) ?? DEFAULT_CONTROLLER_NAME,
    setControllerName: (name) => put(CONTROLLER_NAME, name),
    epoch,
    raiseEpoch() {
      const next = epoch() + 1
      put(EPOCH, String(next))
      onEpoch(next, epoch)
      return next
    },
    get,
    set: put,
  }
}

/** Gives a new database its name for life. */
export function ensureInstanceId(identity: IdentityStore, random: Random): void {
  if (identity.get(INSTANCE_ID) === undefined) identity.set(INSTANCE_ID, random.uuid())
}
