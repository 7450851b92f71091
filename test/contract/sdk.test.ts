import * as logs from '@aws-sdk/client-cloudwatch-logs'
import * as ec2 from '@aws-sdk/client-ec2'
import * as ecs from '@aws-sdk/client-ecs'
import type { Service } from '../../src/emulator/errors.ts'
import { type Answer, ecsContract, ToolError, type Tools } from './ecs-contract.ts'

ecsContract('the emulator through SDK v3', openSdk)

function openSdk(endpoint: string): Tools {
  const config = {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  }
  const clients: Readonly<Record<Service, { send: (command: Answer) => Answer; destroy(): void }>> =
    {
      ecs: new ecs.ECSClient(config),
      logs: new logs.CloudWatchLogsClient(config),
      ec2: new ec2.EC2Client(config),
    }
  const modules: Readonly<Record<Service, Answer>> = { ecs, logs, ec2 }
  return {
    showsErrorMembers: true,
    async call(service, operation, input) {
      const Command = modules[service][`${operation}Command`]
      try {
        const { $metadata, ...answer } = await clients[service].send(new Command(input))
        if ($metadata.requestId === undefined) throw new Error('the answer has no request id')
        return answer
      } catch (error) {
        throw toToolError(error)
      }
    },
    close: () => {
      for (const client of Object.values(clients)) client.destroy()
      return Promise.resolve()
    },
  }
}

function toToolError(error: unknown): unknown {
  if (!(error instanceof Error) || !('$fault' in error)) return error
  const { resourceIds } = error as { resourceIds?: readonly string[] }
  return new ToolError(error.name, error.message, resourceIds)
}
