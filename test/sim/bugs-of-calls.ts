import { AwsError } from '../../src/aws/errors.ts'
import type {
  DescribeTasksAnswer,
  EcsPort,
  RunTaskBody,
  TaskSnapshot,
} from '../../src/aws/ports.ts'
import type { Bug } from './bugs.ts'

/** Mistakes in how ECS is asked and in how its answers are read. */
export const CALL_BUGS: readonly Bug[] = [
  {
    name: 'a new token for every send',
    because: 'ambiguous timeout: the retry must be the same request',
    plant: () => {
      let sends = 0
      return sending((body) => ({ ...body, clientToken: `token-${(sends += 1)}` }))
    },
  },
  {
    name: 'no token at all',
    because: 'intermediate state: a crash after the call launches again',
    plant: () => sending(({ clientToken: _, ...body }) => body as RunTaskBody),
  },
  {
    name: 'one token for all tries of an attempt',
    because: 'attempt counting: a refused try is asked for again and refused again',
    plant: () =>
      sending((body) => {
        const tag = (key: string): string => body.tags?.find((one) => one.key === key)?.value ?? ''
        const clientToken = `${tag('capstan.dev/run-uid')}-${tag('capstan.dev/attempt')}`
        return { ...body, clientToken }
      }),
  },
  {
    name: 'conflicts are refusals',
    because: 'token reused with other parameters',
    plant: () => {
      let sends = 0
      return {
        ecs: (ecs) => ({
          runTask: async (body, signal) => {
            try {
              return await ecs.runTask({ ...body, group: `group-${(sends += 1)}` }, signal)
            } catch (error) {
              throw codeOf(error) === 'ConflictException' ? refusal() : error
            }
          },
        }),
      }
    },
  },
  {
    name: 'an intent that is not stored',
    because: 'intermediate state: the call comes before its record',
    plant: () => ({ attempts: () => ({ insert: () => {} }) }),
  },
  {
    name: 'any error of RunTask ends the attempt',
    because: 'ambiguous timeout: an error is not a proof of absence',
    plant: () => ({
      ecs: (ecs) => ({
        runTask: (body, signal) =>
          ecs.runTask(body, signal).catch((error: unknown) => {
            throw codeOf(error) === 'ConflictException' ? error : refusal()
          }),
      }),
    }),
  },
  {
    name: 'a throttle in disguise is a refusal',
    because: 'throttles are recognised by their text',
    plant: () => ({
      ecs: (ecs) => ({
        runTask: (body, signal) =>
          ecs.runTask(body, signal).catch((error: unknown) => {
            throw codeOf(error) === 'InvalidParameterException' ? refusal() : error
          }),
      }),
    }),
  },
  {
    name: 'absence in a description means stopped and failed',
    because: 'stale read: absence proves nothing',
    plant: () =>
      reading((answer, cluster) => ({
        ...answer,
        tasks: [
          ...answer.tasks,
          ...answer.failures.flatMap(({ arn }) => (arn === undefined ? [] : ghost(arn, cluster))),
        ],
      })),
  },
  {
    name: 'the end of an earlier attempt is taken for the end of this one',
    because: 'name reuse: an observation belongs to one attempt of one uid',
    plant: () => {
      const ends = new Map<string, TaskSnapshot>()
      return reading(
        eachTask((task) => {
          const run = task.tags['capstan.dev/run'] ?? ''
          const end = ends.get(run) ?? (task.lastStatus === 'STOPPED' ? task : undefined)
          if (end) ends.set(run, end)
          return end ? { ...end, taskArn: task.taskArn } : task
        }),
      )
    },
  },
  {
    name: 'a missing exit code is success',
    because: 'failed start read as success (dagster#33469)',
    plant: () => reading(eachTask(withExitCodes)),
  },
  {
    name: 'a stop is asked for and never sent',
    because: 'lost effect: the record is not the deed',
    plant: () => ({ ecs: () => ({ stopTask: () => Promise.resolve(undefined) }) }),
  },
  {
    name: 'the end of an attempt is seen by nobody',
    because: 'unobserved state: an event that never came',
    plant: () =>
      reading((answer) => ({
        ...answer,
        tasks: answer.tasks.filter(({ lastStatus }) => lastStatus !== 'STOPPED'),
      })),
  },
]

function sending(change: (body: RunTaskBody) => RunTaskBody): ReturnType<Bug['plant']> {
  return { ecs: (ecs) => ({ runTask: (body, signal) => ecs.runTask(change(body), signal) }) }
}

type ChangeAnswer = (answer: DescribeTasksAnswer, cluster: string) => DescribeTasksAnswer

function reading(change: ChangeAnswer): ReturnType<Bug['plant']> {
  const changed = (ecs: EcsPort): Partial<EcsPort> => ({
    describeTasks: async (cluster, ...rest) =>
      change(await ecs.describeTasks(cluster, ...rest), cluster),
  })
  return { ecs: changed }
}

function eachTask(change: (task: TaskSnapshot) => TaskSnapshot): ChangeAnswer {
  return (answer) => ({ ...answer, tasks: answer.tasks.map(change) })
}

function withExitCodes(task: TaskSnapshot): TaskSnapshot {
  if (task.lastStatus !== 'STOPPED') return task
  const containers = task.containers.map((one) => ({ exitCode: 0, ...one }))
  return { ...task, stopCode: 'EssentialContainerExited', containers }
}

function ghost(taskArn: string, clusterArn: string): TaskSnapshot {
  return {
    taskArn,
    clusterArn,
    taskDefinitionArn: '',
    version: 99,
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stopCode: 'EssentialContainerExited',
    containers: [{ name: 'main', exitCode: 1 }],
    tags: {},
  }
}

function codeOf(error: unknown): string | undefined {
  return error instanceof AwsError ? error.code : undefined
}

function refusal(): AwsError {
  const code = 'InvalidParameterException'
  return new AwsError({ operation: 'RunTask', code, message: 'no' })
}
