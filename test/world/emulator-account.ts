import { parseHeartbeat } from '../../src/aws/ecs-answers.ts'
import { AwsError } from '../../src/aws/errors.ts'
import type {
  AwsAccount,
  AwsAccounts,
  CallFailure,
  ContainerSnapshot,
  EcsPort,
  LogPage,
  LogsPort,
  NetworkFacts,
  NetworkPort,
  RegisterTaskDefinitionBody,
  TaskDefinitionSnapshot,
  TaskSnapshot,
} from '../../src/aws/ports.ts'
import type { Emulator } from '../../src/emulator/emulator.ts'
import type { Service } from '../../src/emulator/errors.ts'
import type { Clock } from '../../src/lib/clock.ts'
import { sleep } from '../../src/lib/clock.ts'
import type { JsonObject } from '../../src/lib/json.ts'

type Call = (operation: string, input: object, signal?: AbortSignal) => Promise<Wire>
// Wire answers are known by the contract suite that the emulator passes; tests read them freely.
// oxlint-disable-next-line typescript/no-explicit-any
type Wire = any

/** The ports over an emulator in the same process: no HTTP, no SDK, every call one turn of the clock's loop. */
export function createEmulatorAccounts(emulator: Emulator, clock: Clock): AwsAccounts {
  const { region } = emulator.config
  const account: AwsAccount = {
    id: region,
    region,
    ecs: ecsPort(caller(emulator, clock, 'ecs')),
    network: networkPort(caller(emulator, clock, 'ec2')),
    logs: logsPort(caller(emulator, clock, 'logs')),
  }
  return { account: () => account, close: () => {} }
}

function caller(emulator: Emulator, clock: Clock, service: Service): Call {
  return async (operation, input, signal) => {
    const reply = emulator.handle({
      service,
      operation,
      input: copyOf(input) as JsonObject,
    })
    if (reply.delayMs > 0) await sleep(clock, reply.delayMs, signal)
    if (reply.type === 'Ok') return copyOf(reply.body)
    if (reply.type === 'Reset') {
      throw new AwsError({ operation, code: 'ECONNRESET', message: 'socket hang up' })
    }
    const { code, message, status, details } = reply.error
    const resourceIds = (details['resourceIds'] ?? []) as readonly string[]
    throw new AwsError({ operation, code, message, httpStatus: status, resourceIds })
  }
}

function ecsPort(call: Call): EcsPort {
  return {
    async runTask(body, signal) {
      const answer = await call('RunTask', body, signal)
      return { tasks: answer.tasks.map(toTask), failures: toFailures(answer) }
    },
    async stopTask({ cluster, taskArn, reason }, signal) {
      const answer = await call('StopTask', { cluster, task: taskArn, reason }, signal)
      return toTask(answer.task)
    },
    async describeTasks(cluster, tasks, signal) {
      const answer = await call('DescribeTasks', { cluster, tasks, include: ['TAGS'] }, signal)
      return { tasks: answer.tasks.map(toTask), failures: toFailures(answer) }
    },
    listTaskArns: (filter, signal) =>
      pages(call, { operation: 'ListTasks', member: 'taskArns', input: filter }, signal),
    listClusterArns: (signal) =>
      pages(call, { operation: 'ListClusters', member: 'clusterArns', input: {} }, signal),
    async registerTaskDefinition(body, signal) {
      return toDefinition(await call('RegisterTaskDefinition', body, signal))
    },
    async describeTaskDefinition(taskDefinition, signal) {
      try {
        const input = { taskDefinition, include: ['TAGS'] }
        return toDefinition(await call('DescribeTaskDefinition', input, signal))
      } catch (error) {
        if (error instanceof AwsError && error.code === 'ClientException') return undefined
        throw error
      }
    },
    listTaskDefinitionArns: (familyPrefix, status, signal) =>
      pages(
        call,
        {
          operation: 'ListTaskDefinitions',
          member: 'taskDefinitionArns',
          input: { familyPrefix, status },
        },
        signal,
      ),
    async deregisterTaskDefinition(taskDefinition, signal) {
      await call('DeregisterTaskDefinition', { taskDefinition }, signal)
    },
    async deleteTaskDefinitions(taskDefinitions, signal) {
      const answer = await call('DeleteTaskDefinitions', { taskDefinitions }, signal)
      const failure = toFailures(answer).at(0)
      if (!failure) return
      const operation = 'DeleteTaskDefinitions'
      throw new AwsError({ operation, code: failure.reason, message: failure.reason })
    },
  }
}

async function pages(
  call: Call,
  listing: { readonly operation: string; readonly member: string; readonly input: object },
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const { operation, member, input } = listing
  const found: string[] = []
  let nextToken: string | undefined
  do {
    const answer = await call(operation, { ...input, nextToken }, signal)
    found.push(...answer[member])
    nextToken = answer.nextToken
  } while (nextToken !== undefined)
  return found
}

function networkPort(call: Call): AwsAccount['network'] {
  return remembering({
    async read(wanted, signal) {
      const filter =
        wanted === undefined
          ? { Name: 'isDefault', Values: ['true'] }
          : { Name: 'vpc-id', Values: [wanted] }
      const answer = await call('DescribeVpcs', { Filters: [filter] }, signal)
      const vpcId: string | undefined = answer.Vpcs?.[0]?.VpcId
      return { vpcId, subnets: vpcId === undefined ? [] : await subnets(vpcId, signal) }
    },
  })

  async function subnets(vpcId: string, signal?: AbortSignal): Promise<NetworkFacts['subnets']> {
    const filter = { Filters: [{ Name: 'vpc-id', Values: [vpcId] }] }
    const answer = await call('DescribeSubnets', filter, signal)
    return (answer.Subnets ?? []).map((subnet: Wire) => ({
      subnetId: subnet.SubnetId,
      vpcId: subnet.VpcId,
      availabilityZone: subnet.AvailabilityZone,
      tags: {},
    }))
  }
}

/** What a process has read is known to it for as long as it lives. */
export function remembering(port: Pick<NetworkPort, 'read'>): NetworkPort {
  const known = new Map<string | undefined, NetworkFacts>()
  return {
    async read(vpcId, signal) {
      const facts = await port.read(vpcId, signal)
      known.set(vpcId, facts)
      return facts
    },
    known: (vpcId) => known.get(vpcId),
  }
}

/** What is not there (yet) is undefined, as in src/aws/logs.ts. */
function logsPort(call: Call): LogsPort {
  const page = async (operation: string, input: object, signal?: AbortSignal) => {
    try {
      return await call(operation, input, signal)
    } catch (error) {
      if (error instanceof AwsError && error.code === 'ResourceNotFoundException') return undefined
      throw error
    }
  }
  return {
    async getLogEvents({ group, stream, token, startTimeMs, fromHead, limit }, signal) {
      const input = {
        logGroupName: group,
        logStreamName: stream,
        startFromHead: fromHead,
        limit,
        nextToken: token,
        startTime: startTimeMs,
      }
      const answer = await page('GetLogEvents', input, signal)
      const nextToken = fromHead ? answer?.nextForwardToken : answer?.nextBackwardToken
      return answer && toLogPage(answer.events, stream, nextToken)
    },
    async filterLogEvents({ group, streams, startTimeMs, token, limit }, signal) {
      const input = {
        logGroupName: group,
        logStreamNames: streams,
        startTime: startTimeMs,
        limit,
        nextToken: token,
      }
      const answer = await page('FilterLogEvents', input, signal)
      return answer && toLogPage(answer.events, '', answer.nextToken)
    },
  }
}

function toLogPage(
  events: readonly Wire[],
  stream: string,
  nextToken: string | undefined,
): LogPage {
  return present<LogPage>({
    events: events.map((event) => ({
      timestampMs: event.timestamp,
      message: event.message,
      stream: event.logStreamName ?? stream,
    })),
    nextToken,
  })
}

function toFailures(answer: Wire): readonly CallFailure[] {
  return answer.failures ?? []
}

function toTask(task: Wire): TaskSnapshot {
  return present({
    taskArn: task.taskArn,
    clusterArn: task.clusterArn,
    taskDefinitionArn: task.taskDefinitionArn,
    version: task.version ?? 0,
    lastStatus: task.lastStatus,
    desiredStatus: task.desiredStatus,
    launchType: task.launchType,
    capacityProviderName: task.capacityProviderName,
    startedBy: task.startedBy,
    group: task.group,
    containers: (task.containers ?? []).map(
      (container: Wire): ContainerSnapshot =>
        present({
          name: container.name,
          lastStatus: container.lastStatus,
          exitCode: container.exitCode,
          reason: container.reason,
          healthStatus: container.healthStatus,
        }),
    ),
    stopCode: task.stopCode,
    stoppedReason: task.stoppedReason,
    createdAtMs: toMs(task.createdAt),
    startedAtMs: toMs(task.startedAt),
    stoppingAtMs: toMs(task.stoppingAt),
    stoppedAtMs: toMs(task.stoppedAt),
    tags: toTags(task.tags),
    heartbeat: parseHeartbeat(task.overrides),
  })
}

function toDefinition(answer: Wire): TaskDefinitionSnapshot {
  const { taskDefinition, tags } = answer
  return {
    taskDefinitionArn: taskDefinition.taskDefinitionArn,
    family: taskDefinition.family,
    revision: taskDefinition.revision,
    status: taskDefinition.status,
    body: taskDefinition as RegisterTaskDefinitionBody,
    tags: toTags(tags),
  }
}

function toTags(
  tags: readonly { key: string; value: string }[] | undefined,
): Record<string, string> {
  return Object.fromEntries((tags ?? []).map(({ key, value }) => [key, value]))
}

function toMs(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : Math.round(seconds * 1000)
}

/** Absent members stay absent, as exactOptionalPropertyTypes wants. */
function present<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T
}

/** What the wire makes of a value; structuredClone does the same and takes ten times as long. */
function copyOf(value: unknown): Wire {
  if (Array.isArray(value)) return value.map(copyOf)
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) copy[key] = copyOf(member)
  }
  return copy
}
