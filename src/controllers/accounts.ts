import type { AwsAccount, AwsAccounts, AwsTarget } from '../aws/ports.ts'
import { canonicalJson } from '../lib/json.ts'
import type { Store } from '../store/types.ts'

/** Finds the account of a pool, and again the account of an attempt whose pool has moved since. */
export interface AccountBook {
  /** The account for a pool's `aws` settings; remembers it in the database. */
  forTarget(target: AwsTarget): AwsAccount
  /** The account with this AwsAccount.id; undefined when no pool ever used it. */
  byId(id: string): AwsAccount | undefined
}

const KEY_PREFIX = 'aws-target/'

/**
 * Attempts carry an account's id, pools carry its settings. The settings hold no secrets (profile names
 * and role ARNs only), so they are kept beside the attempts: a task can be watched and stopped even
 * after its pool was edited or deleted.
 */
export function createAccountBook(store: Store, accounts: AwsAccounts): AccountBook {
  return {
    forTarget(target) {
      const account = accounts.account(target)
      const text = canonicalJson(target)
      if (store.identity.get(KEY_PREFIX + account.id) !== text) {
        store.transaction(() => store.identity.set(KEY_PREFIX + account.id, text))
      }
      return account
    },
    byId(id) {
      const text = store.identity.get(KEY_PREFIX + id)
      return text === undefined ? undefined : accounts.account(JSON.parse(text) as AwsTarget)
    },
  }
}
