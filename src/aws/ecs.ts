import {
  DeleteTaskDefinitionsCommand,
  DeregisterTaskDefinitionCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListClustersCommand,
  ListTaskDefinitionsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  StopTaskCommand,
} from '@aws-sdk/client-ecs'
import type { BucketUser } from './bucket-table.ts'
import type { CallPriority, CallTicket } from './buckets.ts'
import type { AwsCall } from './call.ts'
import { parseFailures, parseTask, parseTaskDefinition, parseTasks } from './ecs-answers.ts'
import { AwsError, classifyError } from './errors.ts'
import type { EcsPort, RunTaskBody, TaskDefinitionSnapshot } from './ports.ts'

/** Pages of a listing; 100,000 entries at 100 a page. */
const MAX_PAGES = 1_000

/** ECS over the SDK. Every page is a call of its own and waits for its turn. */
export function createEcsPort(client: ECSClient, call: AwsCall): EcsPort {
  return { ...taskCalls(client, call), ...definitionCalls(client, call) }
}

type TaskCalls = Pick<
  EcsPort,
  'runTask' | 'stopTask' | 'describeTasks' | 'listTaskArns' | 'listClusterArns'
>

function taskCalls(client: ECSClient, call: AwsCall): TaskCalls {
  return {
    async runTask(body, signal) {
      const turn = ticket(mayUseFargate(body) ? 'RunTaskOnFargate' : 'RunTask', 'Normal', signal)
      const answer = await call(turn, () => client.send(new RunTaskCommand(body), options(signal)))
      return { tasks: parseTasks(answer.tasks), failures: parseFailures(answer.failures) }
    },
    async stopTask({ cluster, taskArn, reason }, signal) {
      const command = new StopTaskCommand({ cluster, task: taskArn, reason })
      const answer = await orUndefined(
        call(ticket('StopTask', 'Urgent', signal), () => client.send(command, options(signal))),
      )
      return parseTask(answer?.task)
    },
    async describeTasks(cluster, taskArns, signal, priority = 'Normal') {
      const command = new DescribeTasksCommand({ cluster, tasks: [...taskArns], include: ['TAGS'] })
      const answer = await call(ticket('DescribeTasks', priority, signal), () =>
        client.send(command, options(signal)),
      )
      return { tasks: parseTasks(answer.tasks), failures: parseFailures(answer.failures) }
    },
    listTaskArns(filter, signal) {
      return allPages('ListTasks', async (nextToken) => {
        const command = new ListTasksCommand({ ...filter, nextToken })
        const answer = await call(ticket('ListTasks', 'Normal', signal), () =>
          client.send(command, options(signal)),
        )
        return { items: answer.taskArns ?? [], nextToken: answer.nextToken }
      })
    },
    listClusterArns(signal) {
      return allPages('ListClusters', async (nextToken) => {
        const command = new ListClustersCommand({ nextToken })
        const answer = await call(ticket('ListClusters', 'Normal', signal), () =>
          client.send(command, options(signal)),
        )
        return { items: answer.clusterArns ?? [], nextToken: answer.nextToken }
      })
    },
  }
}

function definitionCalls(client: ECSClient, call: AwsCall): Omit<EcsPort, keyof TaskCalls> {
  return {
    async registerTaskDefinition(body, signal) {
      const answer = await call(ticket('RegisterTaskDefinition', 'Normal', signal), () =>
        client.send(new RegisterTaskDefinitionCommand(body), options(signal)),
      )
      const snapshot = parseTaskDefinition(answer.taskDefinition, answer.tags)
      if (snapshot) return snapshot
      throw emptyAnswer('RegisterTaskDefinition')
    },
    async describeTaskDefinition(
      taskDefinition,
      signal,
    ): Promise<TaskDefinitionSnapshot | undefined> {
      const command = new DescribeTaskDefinitionCommand({ taskDefinition, include: ['TAGS'] })
      const answer = await orUndefined(
        call(ticket('DescribeTaskDefinition', 'Normal', signal), () =>
          client.send(command, options(signal)),
        ),
      )
      return parseTaskDefinition(answer?.taskDefinition, answer?.tags)
    },
    listTaskDefinitionArns(family, status, signal) {
      return allPages('ListTaskDefinitions', async (nextToken) => {
        const command = new ListTaskDefinitionsCommand({ familyPrefix: family, status, nextToken })
        const answer = await call(ticket('ListTaskDefinitions', 'Low', signal), () =>
          client.send(command, options(signal)),
        )
        const arns = answer.taskDefinitionArns ?? []
        return {
          items: arns.filter((arn) => familyOf(arn) === family),
          nextToken: answer.nextToken,
        }
      })
    },
    async deregisterTaskDefinition(taskDefinition, signal) {
      const command = new DeregisterTaskDefinitionCommand({ taskDefinition })
      await orUndefined(
        call(ticket('DeregisterTaskDefinition', 'Low', signal), () =>
          client.send(command, options(signal)),
        ),
      )
    },
    async deleteTaskDefinitions(taskDefinitions, signal) {
      const command = new DeleteTaskDefinitionsCommand({ taskDefinitions: [...taskDefinitions] })
      const answer = await call(ticket('DeleteTaskDefinitions', 'Low', signal), () =>
        client.send(command, options(signal)),
      )
      const [failure] = parseFailures(answer.failures)
      if (!failure) return
      const message = `${failure.arn ?? 'a revision'}: ${failure.detail ?? failure.reason}`
      throw new AwsError({ operation: 'DeleteTaskDefinitions', code: failure.reason, message })
    },
  }
}

function ticket(
  user: BucketUser,
  priority: CallPriority,
  signal: AbortSignal | undefined,
): CallTicket {
  return { user, priority, signal }
}

function options(signal: AbortSignal | undefined): { readonly abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {}
}

/** A strategy of the cluster may be Fargate's, too; the tighter bucket is the safe guess. */
function mayUseFargate({ launchType, capacityProviderStrategy = [] }: RunTaskBody): boolean {
  if (launchType !== undefined) return launchType === 'FARGATE'
  if (capacityProviderStrategy.length === 0) return true
  return capacityProviderStrategy.some(({ capacityProvider = '' }) =>
    capacityProvider.startsWith('FARGATE'),
  )
}

/** What is not there is an answer here, not an error. */
async function orUndefined<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof AwsError && classifyError(error).verdict === 'NotFound') return undefined
    throw error
  }
}

interface Page {
  readonly items: readonly string[]
  readonly nextToken?: string | undefined
}

async function allPages(
  operation: string,
  read: (nextToken: string | undefined) => Promise<Page>,
): Promise<readonly string[]> {
  const items: string[] = []
  let nextToken: string | undefined
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer = await read(nextToken)
    items.push(...answer.items)
    nextToken = answer.nextToken
    if (nextToken === undefined || nextToken === '') return items
  }
  const message = `more than ${MAX_PAGES} pages`
  throw new AwsError({ operation, code: 'TooManyPages', message })
}

/** `familyPrefix` is the whole family for ECS, a prefix for some endpoints. */
function familyOf(taskDefinitionArn: string): string | undefined {
  return /task-definition\/([^:]+):\d+$/.exec(taskDefinitionArn)?.[1]
}

function emptyAnswer(operation: string): AwsError {
  return new AwsError({
    operation,
    code: 'EmptyAnswer',
    message: 'the answer holds no task definition',
  })
}
