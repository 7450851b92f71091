/** A token bucket: `burst` calls at once, refilled by `perSecond`. */
export interface Bucket {
  readonly burst: number
  readonly perSecond: number
}

export type Buckets = Readonly<Partial<Record<BucketName, Bucket>>>

/**
 * The published rates of a region (ECS API reference "Request throttling", Fargate throttling quotas,
 * CloudWatch Logs quotas, EC2 API throttling).
 */
export const AWS_BUCKETS = {
  clusterResourceModify: { burst: 100, perSecond: 40 },
  clusterResourceRead: { burst: 100, perSecond: 20 },
  taskDefinitionModify: { burst: 20, perSecond: 1 },
  taskDefinitionDelete: { burst: 5, perSecond: 1 },
  taskDefinitionRead: { burst: 50, perSecond: 20 },
  clusterModify: { burst: 20, perSecond: 1 },
  clusterRead: { burst: 50, perSecond: 20 },
  tagModify: { burst: 20, perSecond: 10 },
  tagRead: { burst: 50, perSecond: 20 },
  fargateRunTask: { burst: 20, perSecond: 20 },
  fargateOnDemandLaunch: { burst: 100, perSecond: 20 },
  fargateSpotLaunch: { burst: 100, perSecond: 20 },
  getLogEvents: { burst: 25, perSecond: 25 },
  filterLogEvents: { burst: 25, perSecond: 25 },
  describeLogStreams: { burst: 25, perSecond: 25 },
  describeLogGroups: { burst: 10, perSecond: 10 },
  createLogGroup: { burst: 10, perSecond: 10 },
  createLogStream: { burst: 50, perSecond: 50 },
  putLogEvents: { burst: 5000, perSecond: 5000 },
  ec2Describe: { burst: 100, perSecond: 20 },
  ec2DescribeUnfiltered: { burst: 50, perSecond: 10 },
} as const satisfies Readonly<Record<string, Bucket>>

export type BucketName = keyof typeof AWS_BUCKETS

/** The bucket that each operation takes one token of; Fargate's launch buckets come on top in RunTask. */
export const BUCKET_OF_OPERATION: Readonly<Record<string, BucketName>> = {
  RunTask: 'clusterResourceModify',
  StopTask: 'clusterResourceModify',
  DescribeTasks: 'clusterResourceRead',
  ListTasks: 'clusterResourceRead',
  DescribeContainerInstances: 'clusterResourceRead',
  ListContainerInstances: 'clusterResourceRead',
  RegisterTaskDefinition: 'taskDefinitionModify',
  DeregisterTaskDefinition: 'taskDefinitionModify',
  DeleteTaskDefinitions: 'taskDefinitionDelete',
  DescribeTaskDefinition: 'taskDefinitionRead',
  ListTaskDefinitions: 'taskDefinitionRead',
  ListTaskDefinitionFamilies: 'taskDefinitionRead',
  CreateCluster: 'clusterModify',
  DeleteCluster: 'clusterModify',
  PutClusterCapacityProviders: 'clusterModify',
  DescribeClusters: 'clusterRead',
  ListClusters: 'clusterRead',
  TagResource: 'tagModify',
  UntagResource: 'tagModify',
  ListTagsForResource: 'tagRead',
  GetLogEvents: 'getLogEvents',
  FilterLogEvents: 'filterLogEvents',
  DescribeLogStreams: 'describeLogStreams',
  DescribeLogGroups: 'describeLogGroups',
  CreateLogGroup: 'createLogGroup',
  DeleteLogGroup: 'createLogGroup',
  CreateLogStream: 'createLogStream',
  PutLogEvents: 'putLogEvents',
  DescribeVpcs: 'ec2Describe',
  DescribeSubnets: 'ec2Describe',
  DescribeSecurityGroups: 'ec2Describe',
}
