import type { Random } from '../lib/random.ts'
import type { Sql } from './sql.ts'
import type { IdentityStore } from './types.ts'

const INSTANCE_ID = 'instance-id'
const CONTROLLER_NAME = 'controller-name'
const EPOCH = 'epoch'

/** Name of a controller that was given none (`capstan up --name`). */
const DEFAULT_CONTROLLER_NAME = 'default'

/** `onEpoch` hears of each epoch that this process has raised and committed. */
export function createIdentityStore(
  sql: Sql,
  onEpoch: (epoch: number, readEpoch: () => number) => void,
): IdentityStore {
  const find = sql.one<[string], { value: string }>('SELECT value FROM identity WHERE key = ?')
  const put = sql.write<[string, string]>(
    'INSERT OR REPLACE INTO identity (key, value) VALUES (?, ?)',
  )
  const get = (key: string) => find(key)?.value
  const epoch = () => Number(get(EPOCH) ?? 0)
  return {
    instanceId: () => get(INSTANCE_ID) ?? '',
    takeInstanceId: (id) => {
      put(INSTANCE_ID, id)
    },
    controllerName: () => get(CONTROLLER_NAME) ?? DEFAULT_CONTROLLER_NAME,
    setControllerName: (name) => {
      put(CONTROLLER_NAME, name)
    },
    epoch,
    raiseEpoch() {
      const next = epoch() + 1
      put(EPOCH, String(next))
      onEpoch(next, epoch)
      return next
    },
    get,
    set: (key, value) => {
      put(key, value)
    },
  }
}

/** Gives a new database its name for life. */
export function ensureInstanceId(identity: IdentityStore, random: Random): void {
  if (identity.get(INSTANCE_ID) === undefined) identity.set(INSTANCE_ID, random.uuid())
}
