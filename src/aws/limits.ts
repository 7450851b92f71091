import type { ApiLimit, ApiLimits } from '../kinds/generated.ts'

/** Limits under which nothing waits: for an endpoint that throttles nobody. */
export const UNLIMITED: ApiLimits = {
  clusterModify: { burst: 100_000, perSecond: 100_000 },
  clusterRead: { burst: 100_000, perSecond: 100_000 },
  taskDefinitionModify: { burst: 100_000, perSecond: 100_000 },
  taskDefinitionDelete: { burst: 100_000, perSecond: 100_000 },
  taskDefinitionRead: { burst: 100_000, perSecond: 100_000 },
  fargateLaunch: { burst: 100_000, perSecond: 100_000 },
  ec2Read: { burst: 100_000, perSecond: 100_000 },
  logsRead: { burst: 100_000, perSecond: 100_000 },
}

/** The base limits with those of the owners over them; where owners differ the lowest counts. */
export function combineLimits(base: ApiLimits, owners: readonly ApiLimits[]): ApiLimits {
  const names = new Set(owners.flatMap((limits) => Object.keys(limits) as (keyof ApiLimits)[]))
  const lowest = [...names].map((name) => [name, lowestOf(owners, name)] as const)
  return { ...base, ...Object.fromEntries(lowest) }
}

function lowestOf(owners: readonly ApiLimits[], name: keyof ApiLimits): ApiLimit {
  const bursts = owners.flatMap((limits) => limits[name]?.burst ?? [])
  const rates = owners.flatMap((limits) => limits[name]?.perSecond ?? [])
  return {
    ...(bursts.length > 0 && { burst: Math.min(...bursts) }),
    ...(rates.length > 0 && { perSecond: Math.min(...rates) }),
  }
}
