import { spawnSync } from 'node:child_process'
import { DescribeSecurityGroupsCommand, EC2Client } from '@aws-sdk/client-ec2'
import {
  CreateClusterCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  type Task,
} from '@aws-sdk/client-ecs'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, findRun, openSandbox, type Sandbox } from './program.ts'

/** moto_server is Python's; importing all of it takes a while on a busy machine. */
const START_MS = 120_000

/** moto moves a task on by one state with each DescribeTasks, and Capstan looks every second. */
const LIFE_MS = 90_000

const CREDENTIALS = { accessKeyId: 'test', secretAccessKey: 'test' }

const isThere = spawnSync('moto_server', ['--help'], { stdio: 'ignore' }).status === 0

describe.skipIf(!isThere)(
  `moto_server${isThere ? '' : ' is not installed: `moto_server --help` failed'}`,
  () => {
    let sandbox: Sandbox
    let ecs: ECSClient
    let env: Readonly<Record<string, string>>
    let securityGroup = ''

    beforeAll(async () => {
      sandbox = openSandbox()
      const home = process.env['HOME'] ?? ''
      const moto = sandbox.launch('moto_server', ['-H', '127.0.0.1', '-p', '0'], {
        env: { HOME: home },
      })
      const [, endpoint = ''] = await moto.says(/Running on (http:\S+:\d+)/, START_MS)
      env = {
        AWS_ENDPOINT_URL: endpoint,
        AWS_REGION: 'us-east-1',
        AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
        AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      }
      const config = { endpoint, region: 'us-east-1', credentials: CREDENTIALS }
      ecs = new ECSClient(config)
      await ecs.send(new CreateClusterCommand({ clusterName: 'default' }))
      const ec2 = new EC2Client(config)
      const groups = await ec2.send(new DescribeSecurityGroupsCommand({}))
      ec2.destroy()
      securityGroup = groups.SecurityGroups?.[0]?.GroupId ?? ''
    }, START_MS + 10_000)

    afterAll(async () => {
      ecs.destroy()
      await sandbox.close()
    })

    /** moto adds up the memory of the containers, and wants a security group, where AWS can do without. */
    function runOnMoto(name: string): string {
      return `apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: ${name}
  labels: {team: blue}
spec:
  template:
    image: busybox
    command: [echo, hello]
    cpu: 256
    memory: 512
    labels: {team: blue}
    taskWatchPollInterval: 1
    networkConfiguration: {securityGroups: [${securityGroup}]}
    taskDefinition:
      containerDefinitions:
        - {name: main, memory: 512}
`
    }

    const UP = ['up', 'manifests', '--listen', 'none', '--log-format', 'json'] as const

    /** Tasks by the run that they are tagged with. */
    async function tasksOf(run: string): Promise<readonly Task[]> {
      const { taskArns = [] } = await ecs.send(new ListTasksCommand({}))
      const input = { tasks: taskArns, include: ['TAGS' as const] }
      const { tasks = [] } = await ecs.send(new DescribeTasksCommand(input))
      return tasks.filter(({ tags = [] }) => tags.some(({ value }) => value === `default/${run}`))
    }

    test('a run is registered, launched once, and observed to its end', async () => {
      sandbox.write('manifests/hello.yaml', runOnMoto('hello'))
      const first = sandbox.start(UP, { env })
      await eventually(async () => {
        expect((await findRun(sandbox, 'hello'))?.status?.attempts?.[0]?.taskArn).toBeDefined()
      }, LIFE_MS)
      // The second controller observes what the first one launched.
      await first.stop('SIGKILL')
      const second = sandbox.start(UP, { env })
      await eventually(async () => {
        expect(await findRun(sandbox, 'hello')).toMatchObject({
          status: {
            state: { type: 'COMPLETED' },
            exitCode: 0,
            attempts: [{ number: 1, class: 'Success', exitCode: 0 }],
          },
        })
      }, LIFE_MS)
      const run = await findRun(sandbox, 'hello')
      const tasks = await tasksOf('hello')
      expect(tasks).toHaveLength(1)
      const task = tasks.at(0)
      expect(task?.taskArn).toBe(run?.status?.attempts?.[0]?.taskArn)
      expect(task?.startedBy).toMatch(/^capstan-[0-9a-f]{28}$/)
      expect(Object.fromEntries((task?.tags ?? []).map(({ key, value }) => [key, value]))).toEqual({
        team: 'blue',
        'capstan.dev/instance': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
        'capstan.dev/run': 'default/hello',
        'capstan.dev/run-uid': run?.metadata.uid,
        'capstan.dev/attempt': '1',
        'capstan.dev/work-pool': 'default/default',
        'capstan.dev/controller': 'default',
      })
      expect(task?.overrides?.containerOverrides?.[0]?.command).toEqual(['echo', 'hello'])
      expect(await second.stop()).toEqual({ code: 0, signal: null })
    })

    test('a cluster that is not there is one clear end, and not a loop', async () => {
      const text = runOnMoto('lost').replace('    image:', '    cluster: nowhere\n    image:')
      sandbox.write('manifests/lost.yaml', text)
      const controller = sandbox.start(UP, { env })
      await eventually(async () => {
        expect(await findRun(sandbox, 'lost')).toMatchObject({
          status: {
            state: {
              type: 'FAILED',
              message: expect.stringContaining('The cluster was not found'),
            },
          },
        })
      }, LIFE_MS)
      expect(await tasksOf('lost')).toEqual([])
      expect(await controller.stop(), controller.stderr).toEqual({ code: 0, signal: null })
    })
  },
)
