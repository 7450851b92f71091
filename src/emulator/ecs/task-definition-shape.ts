import { list, map, struct, type ValueOf } from '../shape.ts'

const keyValue = struct({ name: 'string', value: 'string' })

const linuxParameters = struct({
  capabilities: struct({ add: list('string'), drop: list('string') }),
  devices: list(
    struct({ hostPath: 'string', containerPath: 'string', permissions: list('string') }),
  ),
  initProcessEnabled: 'boolean',
  sharedMemorySize: 'number',
  tmpfs: list(struct({ containerPath: 'string', size: 'number', mountOptions: list('string') })),
  maxSwap: 'number',
  swappiness: 'number',
})

const secrets = list(struct({ name: 'string', valueFrom: 'string' }))

/** GPUs and accelerators that a container asks for. */
export const resourceRequirements = list(
  struct({
    value: 'string',
    type: 'string',
    sharingStrategy: struct({
      nvidiaMps: struct({ memory: 'number', maxComputePercent: 'number' }),
    }),
  }),
)

const portMapping = struct({
  containerPort: 'number',
  hostPort: 'number',
  protocol: 'string',
  name: 'string',
  appProtocol: 'string',
  containerPortRange: 'string',
})

const containerDefinition = struct({
  name: 'string',
  image: 'string',
  repositoryCredentials: struct({ credentialsParameter: 'string' }),
  cpu: 'number',
  memory: 'number',
  memoryReservation: 'number',
  links: list('string'),
  portMappings: list(portMapping),
  essential: 'boolean',
  restartPolicy: struct({
    enabled: 'boolean',
    ignoredExitCodes: list('number'),
    restartAttemptPeriod: 'number',
  }),
  entryPoint: list('string'),
  command: list('string'),
  environment: list(keyValue),
  environmentFiles: list(struct({ value: 'string', type: 'string' })),
  mountPoints: list(
    struct({ sourceVolume: 'string', containerPath: 'string', readOnly: 'boolean' }),
  ),
  volumesFrom: list(struct({ sourceContainer: 'string', readOnly: 'boolean' })),
  linuxParameters,
  secrets,
  dependsOn: list(struct({ containerName: 'string', condition: 'string' })),
  startTimeout: 'number',
  stopTimeout: 'number',
  versionConsistency: 'string',
  hostname: 'string',
  user: 'string',
  workingDirectory: 'string',
  disableNetworking: 'boolean',
  privileged: 'boolean',
  readonlyRootFilesystem: 'boolean',
  dnsServers: list('string'),
  dnsSearchDomains: list('string'),
  extraHosts: list(struct({ hostname: 'string', ipAddress: 'string' })),
  dockerSecurityOptions: list('string'),
  interactive: 'boolean',
  pseudoTerminal: 'boolean',
  dockerLabels: map('string'),
  ulimits: list(struct({ name: 'string', softLimit: 'number', hardLimit: 'number' })),
  logConfiguration: struct({
    logDriver: 'string',
    options: map('string'),
    secretOptions: secrets,
  }),
  healthCheck: struct({
    command: list('string'),
    interval: 'number',
    timeout: 'number',
    retries: 'number',
    startPeriod: 'number',
  }),
  systemControls: list(struct({ namespace: 'string', value: 'string' })),
  resourceRequirements,
  firelensConfiguration: struct({ type: 'string', options: map('string') }),
  credentialSpecs: list('string'),
})

const volume = struct({
  name: 'string',
  host: struct({ sourcePath: 'string' }),
  configuredAtLaunch: 'boolean',
  dockerVolumeConfiguration: struct({
    scope: 'string',
    autoprovision: 'boolean',
    driver: 'string',
    driverOpts: map('string'),
    labels: map('string'),
  }),
  efsVolumeConfiguration: struct({
    fileSystemId: 'string',
    rootDirectory: 'string',
    transitEncryption: 'string',
    transitEncryptionPort: 'number',
    authorizationConfig: struct({ accessPointId: 'string', iam: 'string' }),
  }),
  s3filesVolumeConfiguration: struct({
    fileSystemArn: 'string',
    rootDirectory: 'string',
    transitEncryptionPort: 'number',
    accessPointArn: 'string',
  }),
  fsxWindowsFileServerVolumeConfiguration: struct({
    fileSystemId: 'string',
    rootDirectory: 'string',
    authorizationConfig: struct({ credentialsParameter: 'string', domain: 'string' }),
  }),
})

/** Tags as the ECS API spells them. */
export const tagList = list(struct({ key: 'string', value: 'string' }))

/** Input of RegisterTaskDefinition. */
export const registerTaskDefinitionShape = struct({
  family: 'string',
  taskRoleArn: 'string',
  executionRoleArn: 'string',
  networkMode: 'string',
  containerDefinitions: list(containerDefinition),
  volumes: list(volume),
  placementConstraints: list(struct({ type: 'string', expression: 'string' })),
  requiresCompatibilities: list('string'),
  cpu: 'string',
  memory: 'string',
  tags: tagList,
  pidMode: 'string',
  ipcMode: 'string',
  proxyConfiguration: struct({
    type: 'string',
    containerName: 'string',
    properties: list(keyValue),
  }),
  inferenceAccelerators: list(struct({ deviceName: 'string', deviceType: 'string' })),
  ephemeralStorage: struct({ sizeInGiB: 'number' }),
  runtimePlatform: struct({ cpuArchitecture: 'string', operatingSystemFamily: 'string' }),
  enableFaultInjection: 'boolean',
})

export type DefinitionInput = ValueOf<typeof registerTaskDefinitionShape>
export type ContainerDefinition = ValueOf<typeof containerDefinition>
export type TagInput = ValueOf<typeof tagList>
