import { expect, test } from 'vitest'
import { type LogSource, logLocation } from './log-location.ts'

const TASK = 'arn:aws:ecs:eu-west-1:1:task/default/0123456789abcdef'
const DEFINITION = {
  family: 'f',
  containerDefinitions: [
    {
      name: 'main',
      logConfiguration: {
        logDriver: 'awslogs' as const,
        options: { 'awslogs-group': 'own', 'awslogs-stream-prefix': 'q' },
      },
    },
    { name: 'silent' },
    { name: 'fire', logConfiguration: { logDriver: 'awsfirelens' as const } },
    {
      name: 'prefixless',
      logConfiguration: { logDriver: 'awslogs' as const, options: { 'awslogs-group': 'own' } },
    },
  ],
}

function locate(source: Partial<LogSource>): unknown {
  return logLocation({
    template: {},
    taskArn: TASK,
    containerName: 'main',
    prefix: 'default/etl',
    ...source,
  })
}

test.each<readonly [string, Partial<LogSource>, object | undefined]>([
  [
    'logs on',
    { template: { configureCloudwatchLogs: true } },
    { group: 'capstan', stream: 'default/etl/main/0123456789abcdef' },
  ],
  [
    'streaming',
    { template: { streamOutput: true } },
    { group: 'capstan', stream: 'default/etl/main/0123456789abcdef' },
  ],
  [
    'own prefix',
    { template: { streamOutput: true, cloudwatchLogsPrefix: 'p' } },
    { group: 'capstan', stream: 'p/main/0123456789abcdef' },
  ],
  [
    'own options',
    {
      template: {
        streamOutput: true,
        cloudwatchLogsOptions: { 'awslogs-group': 'g', 'awslogs-stream-prefix': 'o' },
      },
    },
    { group: 'g', stream: 'o/main/0123456789abcdef' },
  ],
  [
    'the definition that ran',
    { template: { streamOutput: true }, definition: DEFINITION },
    { group: 'own', stream: 'q/main/0123456789abcdef' },
  ],
  [
    'the definition of the template',
    { template: { taskDefinition: DEFINITION } },
    { group: 'own', stream: 'q/main/0123456789abcdef' },
  ],
  ['logs off', {}, undefined],
  ['no log configuration', { definition: DEFINITION, containerName: 'silent' }, undefined],
  ['another driver', { definition: DEFINITION, containerName: 'fire' }, undefined],
  ['no prefix', { definition: DEFINITION, containerName: 'prefixless' }, undefined],
])('%s', (_, source, expected) => {
  expect(locate(source)).toEqual(expected)
})
