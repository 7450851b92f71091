import { expect, test } from 'vitest'
import { type ContainerLog, containerLogs, logLocation } from './log-location.ts'

const OPTIONS = { 'awslogs-group': 'own', 'awslogs-stream-prefix': 'q' }

test.each<[string, object | undefined, readonly ContainerLog[]]>([
  ['nothing', undefined, []],
  [
    'awslogs',
    { logDriver: 'awslogs', options: OPTIONS },
    [{ container: 'main', group: 'own', prefix: 'q' }],
  ],
  ['another driver', { logDriver: 'awsfirelens', options: OPTIONS }, []],
  ['no options', { logDriver: 'awslogs' }, []],
  ['no prefix', { logDriver: 'awslogs', options: { 'awslogs-group': 'own' } }, []],
  ['no group', { logDriver: 'awslogs', options: { 'awslogs-stream-prefix': 'q' } }, []],
])('a container with %s', (_, logConfiguration, expected) => {
  const container = { name: 'main', ...(logConfiguration && { logConfiguration }) }
  const body = { family: 'f', containerDefinitions: [container as never] }
  expect(containerLogs(body)).toEqual(expected)
})

test('the stream ends with the id of the task', () => {
  const task = 'arn:aws:ecs:eu-west-1:1:task/default/0123456789abcdef'
  expect(logLocation({ container: 'main', group: 'g', prefix: 'default/etl' }, task)).toEqual({
    group: 'g',
    stream: 'default/etl/main/0123456789abcdef',
  })
})
