import { list, struct, type ValueOf } from '../shape.ts'
import { resourceRequirements, tagList } from './task-definition-shape.ts'

const containerOverride = struct({
  name: 'string',
  command: list('string'),
  environment: list(struct({ name: 'string', value: 'string' })),
  environmentFiles: list(struct({ value: 'string', type: 'string' })),
  cpu: 'number',
  memory: 'number',
  memoryReservation: 'number',
  resourceRequirements,
})

/** TaskOverride of the API. */
export const overridesShape = struct({
  containerOverrides: list(containerOverride),
  cpu: 'string',
  memory: 'string',
  inferenceAcceleratorOverrides: list(struct({ deviceName: 'string', deviceType: 'string' })),
  executionRoleArn: 'string',
  taskRoleArn: 'string',
  ephemeralStorage: struct({ sizeInGiB: 'number' }),
})

export const strategyShape = list(
  struct({ capacityProvider: 'string', weight: 'number', base: 'number' }),
)

const managedVolume = struct({
  encrypted: 'boolean',
  kmsKeyId: 'string',
  volumeType: 'string',
  sizeInGiB: 'number',
  snapshotId: 'string',
  volumeInitializationRate: 'number',
  iops: 'number',
  throughput: 'number',
  tagSpecifications: list(
    struct({ resourceType: 'string', tags: tagList, propagateTags: 'string' }),
  ),
  roleArn: 'string',
  terminationPolicy: struct({ deleteOnTermination: 'boolean' }),
  filesystemType: 'string',
})

/** Input of RunTask. */
export const runTaskShape = struct({
  capacityProviderStrategy: strategyShape,
  cluster: 'string',
  count: 'number',
  enableECSManagedTags: 'boolean',
  enableExecuteCommand: 'boolean',
  group: 'string',
  launchType: 'string',
  networkConfiguration: struct({
    awsvpcConfiguration: struct({
      subnets: list('string'),
      securityGroups: list('string'),
      assignPublicIp: 'string',
    }),
  }),
  overrides: overridesShape,
  placementConstraints: list(struct({ type: 'string', expression: 'string' })),
  placementStrategy: list(struct({ type: 'string', field: 'string' })),
  platformVersion: 'string',
  propagateTags: 'string',
  referenceId: 'string',
  startedBy: 'string',
  tags: tagList,
  taskDefinition: 'string',
  clientToken: 'string',
  volumeConfigurations: list(struct({ name: 'string', managedEBSVolume: managedVolume })),
})

export type RunTaskInput = ValueOf<typeof runTaskShape>
