import type { AwsAccounts, AwsTarget } from '../../aws/ports.ts'
import type { ApiLimits } from '../../kinds/generated.ts'
import { errorMessage } from '../../lib/errors.ts'
import { canonicalJson } from '../../lib/json.ts'

/** Hands the `apiLimits` of pools to the buckets of their accounts, and takes back what a pool no longer wants. */
export interface PoolApiLimits {
  /** `wanted` undefined: the pool is gone. Returns what is wrong with its account, if anything. */
  apply(
    pool: string,
    wanted: { readonly target: AwsTarget; readonly limits: ApiLimits | undefined } | undefined,
  ): string | undefined
}

export function createPoolApiLimits(aws: Pick<AwsAccounts, 'setApiLimits'>): PoolApiLimits {
  const given = new Map<string, { readonly target: AwsTarget; readonly text: string }>()
  return {
    apply(pool, wanted) {
      const before = given.get(pool)
      const target = wanted?.limits && wanted.target
      const text = target && canonicalJson([target, wanted.limits])
      if (before?.text === text) return undefined
      try {
        if (before) aws.setApiLimits?.(before.target, pool, undefined)
        given.delete(pool)
        if (!target || text === undefined) return undefined
        aws.setApiLimits?.(target, pool, wanted.limits)
        given.set(pool, { target, text })
        return undefined
      } catch (error) {
        return errorMessage(error)
      }
    },
  }
}
