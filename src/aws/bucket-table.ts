import type { ApiLimits } from '../kinds/generated.ts'
import type { BucketLimit } from './token-bucket.ts'

/** The buckets of AWS that Capstan's calls draw on. */
export const BUCKET_NAMES = [
  'clusterModify',
  'clusterRead',
  'taskDefinitionModify',
  'taskDefinitionDelete',
  'taskDefinitionRead',
  'fargateLaunch',
  'ec2Read',
  'getLogEvents',
  'filterLogEvents',
] as const
export type BucketName = (typeof BUCKET_NAMES)[number]

/** Share of the published rate that Capstan uses: at 90 % nothing is throttled, at 100 % a sixth of the calls. */
const SHARE = 0.9
/** Share of a bucket's burst that launches leave to stops. */
const URGENT_RESERVE = 0.1

interface PublishedBucket extends BucketLimit {
  /** The member of `WorkPool.spec.apiLimits` that replaces it. */
  readonly setting: keyof ApiLimits
  /** Whether urgent calls draw on it, for which a part is kept. */
  readonly hasUrgentCalls?: boolean
}

/**
 * What AWS publishes (ECS API Reference, Request throttling; the service quotas of EC2 and CloudWatch Logs). The rates of log reading differ by region; the lowest is
 * taken. Fargate's bucket of launched tasks is never tighter than that of its RunTask calls, because a
 * call launches one task.
 */
export const PUBLISHED: Readonly<Record<BucketName, PublishedBucket>> = {
  clusterModify: { burst: 100, perSecond: 40, setting: 'clusterModify', hasUrgentCalls: true },
  clusterRead: { burst: 100, perSecond: 20, setting: 'clusterRead' },
  taskDefinitionModify: { burst: 20, perSecond: 1, setting: 'taskDefinitionModify' },
  taskDefinitionDelete: { burst: 5, perSecond: 1, setting: 'taskDefinitionDelete' },
  taskDefinitionRead: { burst: 50, perSecond: 20, setting: 'taskDefinitionRead' },
  fargateLaunch: { burst: 20, perSecond: 20, setting: 'fargateLaunch' },
  ec2Read: { burst: 100, perSecond: 20, setting: 'ec2Read' },
  getLogEvents: { burst: 10, perSecond: 10, setting: 'logsRead' },
  filterLogEvents: { burst: 5, perSecond: 5, setting: 'logsRead' },
}

/** The buckets of each operation; the last one is blamed when AWS throttles it. */
export const BUCKETS_OF_OPERATION = {
  RunTask: ['clusterModify'],
  RunTaskOnFargate: ['clusterModify', 'fargateLaunch'],
  StopTask: ['clusterModify'],
  DescribeTasks: ['clusterRead'],
  ListTasks: ['clusterRead'],
  ListClusters: ['clusterRead'],
  RegisterTaskDefinition: ['taskDefinitionModify'],
  DeregisterTaskDefinition: ['taskDefinitionModify'],
  DeleteTaskDefinitions: ['taskDefinitionDelete'],
  DescribeTaskDefinition: ['taskDefinitionRead'],
  ListTaskDefinitions: ['taskDefinitionRead'],
  DescribeVpcs: ['ec2Read'],
  DescribeSubnets: ['ec2Read'],
  GetLogEvents: ['getLogEvents'],
  FilterLogEvents: ['filterLogEvents'],
} as const satisfies Readonly<Record<string, readonly BucketName[]>>
export type BucketUser = keyof typeof BUCKETS_OF_OPERATION

/** Capstan's own limit of a bucket: what `apiLimits` says as it stands, else 90 % of what AWS publishes. */
export function limitOf(name: BucketName, limits: ApiLimits): BucketLimit {
  const published = PUBLISHED[name]
  const configured = limits[published.setting]
  return {
    // A bucket that cannot hold one whole token would never let a call through.
    burst: Math.max(1, configured?.burst ?? published.burst * SHARE),
    perSecond: configured?.perSecond ?? published.perSecond * SHARE,
  }
}

/** Tokens of a bucket that calls without urgency leave alone. */
export function reserveOf(name: BucketName, limit: BucketLimit): number {
  if (PUBLISHED[name].hasUrgentCalls !== true) return 0
  return Math.min(limit.burst * URGENT_RESERVE, limit.burst - 1)
}
