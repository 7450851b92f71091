import type { EmulatorConfig } from './config.ts'
import { DueQueue } from './due-queue.ts'
import type { LogGroup, LogStream, NewLogEvent } from './logs/log-store.ts'
import type { EmulatorState } from './state.ts'
import type { TaskRecord } from './task-record.ts'

interface Destination {
  readonly groupName: string
  readonly streamName: string
  readonly createGroup: boolean
}

/** Where the output of containers goes: the stream of their log configuration, or the group that keeps all. */
export interface TaskOutput {
  /** Why the log configuration keeps the task from starting; undefined when it does not. */
  problem(task: TaskRecord): string | undefined
  /** Creates the stream of a container that starts. */
  open(task: TaskRecord, containerName: string): void
  /** Writes a line; one with a future time is written when that time has come. */
  write(task: TaskRecord, containerName: string, event: NewLogEvent): void
  /** Writes the lines whose time has come. */
  settle(nowMs: number): void
}

export interface TaskOutputParts {
  readonly config: EmulatorConfig
  readonly state: EmulatorState
  readonly nowMs: () => number
}

export function createTaskOutput({ config, state, nowMs }: TaskOutputParts): TaskOutput {
  const later = new DueQueue<{ task: TaskRecord; containerName: string; event: NewLogEvent }>()

  function streamOf(task: TaskRecord, containerName: string): LogStream | undefined {
    const to = destination(config, state, task, containerName)
    const group = to && ensureGroup(to)
    return group && state.logs.ensureStream(group, to.streamName, nowMs())
  }

  function ensureGroup({ groupName, createGroup }: Destination): LogGroup | undefined {
    const known = state.logs.groups.get(groupName)
    if (known || !createGroup) return known
    return state.logs.createGroup(groupName, nowMs())
  }

  function append(task: TaskRecord, containerName: string, event: NewLogEvent): void {
    const stream = streamOf(task, containerName)
    if (stream) state.logs.append(stream, [event], nowMs())
  }

  return {
    problem(task) {
      const missing = task.containers
        .map(({ name }) => destination(config, state, task, name))
        .find((to) => to && !to.createGroup && !state.logs.groups.has(to.groupName))
      if (!missing) return undefined
      return `ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: failed to create Cloudwatch log stream: ResourceNotFoundException: The specified log group does not exist. : exit status 1`
    },
    open(task, containerName) {
      streamOf(task, containerName)
    },
    write(task, containerName, event) {
      if (event.timestampMs <= nowMs()) append(task, containerName, event)
      else later.add(event.timestampMs, { task, containerName, event })
    },
    settle(settleMs) {
      for (let line = later.take(settleMs); line; line = later.take(settleMs)) {
        if (isWritten(line.task, line.containerName, line.event.timestampMs)) {
          append(line.task, line.containerName, line.event)
        }
      }
    },
  }
}

/** A planned line is written only if its container was still running then. */
function isWritten(task: TaskRecord, containerName: string, atMs: number): boolean {
  const container = task.containers.find(({ name }) => name === containerName)
  if (container?.startedAtMs === undefined) return false
  return container.exitedAtMs === undefined || atMs <= container.exitedAtMs
}

function destination(
  config: EmulatorConfig,
  state: EmulatorState,
  task: TaskRecord,
  containerName: string,
): Destination | undefined {
  const definition = state.definitions.get(task.definitionArn)
  const container = definition?.body.containerDefinitions?.find(
    ({ name }) => name === containerName,
  )
  const log = container?.logConfiguration
  if (log?.logDriver === 'awslogs') return awslogs(log.options ?? {}, task, containerName)
  if (!config.keepAllOutput) return undefined
  const { logGroup, streamPrefix } = config.keepAllOutput
  const streamName = `${streamPrefix}/${containerName}/${task.id}`
  return { groupName: logGroup, streamName, createGroup: true }
}

/** Without a prefix the log driver names the stream after the container's own id. */
function awslogs(
  options: Readonly<Record<string, string>>,
  task: TaskRecord,
  containerName: string,
): Destination {
  const prefix = options['awslogs-stream-prefix']
  const runtimeId = task.containers.find(({ name }) => name === containerName)?.runtimeId
  return {
    groupName: options['awslogs-group'] ?? '',
    streamName:
      prefix === undefined ? (runtimeId ?? task.id) : `${prefix}/${containerName}/${task.id}`,
    createGroup: options['awslogs-create-group'] === 'true',
  }
}
