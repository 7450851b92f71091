import { expect, test } from 'vitest'
import { anIntent, openTestStore } from '../../../test/world/test-store.ts'
import type { TaskSnapshot } from '../../aws/ports.ts'
import { recordObservation } from './observation.ts'

const TASK: TaskSnapshot = {
  taskArn: 'arn:aws:ecs:us-east-1:123456789012:task/default/1',
  clusterArn: 'arn:aws:ecs:us-east-1:123456789012:cluster/default',
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/f:1',
  version: 2,
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  containers: [{ name: 'main', lastStatus: 'RUNNING' }],
  tags: { 'capstan.dev/run': 'default/a' },
}

test('all that ECS says of a task is kept but its tags, which are in the frozen request', () => {
  const store = openTestStore()
  const attempt = anIntent('a')
  store.transaction(() => {
    store.attempts.insert(attempt)
    recordObservation(store, attempt, TASK, 5)
  })
  const { tags: _, ...rest } = TASK
  const found = store.attempts.byClientToken(attempt.clientToken)
  expect(found).toMatchObject({ observation: rest, version: 2, observedAtMs: 5 })
  expect(found?.observation).not.toHaveProperty('tags')
  store.close()
})
