import type {
  ContainerEnd,
  DriverContainer,
  DriverTask,
  TaskReport,
} from '../../src/emulator/drivers/driver.ts'

/** A container with nothing but an image. */
export function aDriverContainer(own: Partial<DriverContainer> = {}): DriverContainer {
  return {
    name: 'main',
    image: 'registry.example/app:1',
    essential: true,
    command: [],
    entryPoint: [],
    environment: {},
    secretNames: [],
    workingDirectory: undefined,
    stopTimeoutMs: 30_000,
    dependsOn: [],
    healthCheck: undefined,
    limits: {},
    definition: {},
    ...own,
  }
}

/** A task that starts at once. */
export function aDriverTask(own: Partial<DriverTask> = {}): DriverTask {
  const { id = 'task-1' } = own
  return {
    id,
    arn: `arn:aws:ecs:us-east-1:123456789012:task/default/${id}`,
    family: 'f',
    group: 'family:f',
    startedBy: undefined,
    capacityProviderName: undefined,
    tags: [],
    networkMode: 'awsvpc',
    memoryMiB: undefined,
    volumes: [],
    containers: [aDriverContainer()],
    startAtMs: 0,
    ...own,
  }
}

/** What a driver has told of one task. */
export interface Reported {
  readonly lines: string[]
  readonly ends: Map<string, ContainerEnd>
  readonly started: string[]
  readonly health: string[]
  failure?: string
  isLost?: boolean
}

/** A report that writes down what it is told. */
export function watchTask(): { readonly seen: Reported; readonly report: TaskReport } {
  const seen: Reported = { lines: [], ends: new Map(), started: [], health: [] }
  const report: TaskReport = {
    started: (name) => seen.started.push(name),
    exited: (name, end) => seen.ends.set(name, end),
    failedToStart: (_atMs, reason) => {
      seen.failure = reason
    },
    lost: () => {
      seen.isLost = true
    },
    health: (name, status) => seen.health.push(`${name} ${status}`),
    output: (name, message) => seen.lines.push(`${name}: ${message}`),
  }
  return { seen, report }
}
