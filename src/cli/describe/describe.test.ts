import { expect, test } from 'vitest'
import type { JsonObject } from '../../lib/json.ts'
import type { ApiObject } from '../objects.ts'
import { renderDescription } from './describe.ts'
import { labelOf } from './label.ts'

const NOW = Date.parse('2026-01-01T12:00:00Z')

const RUN: ApiObject = {
  apiVersion: 'capstan.dev/v1',
  kind: 'Run',
  metadata: {
    name: 'hello',
    namespace: 'default',
    uid: '0b5c',
    resourceVersion: '17',
    generation: 1,
    creationTimestamp: '2026-01-01T11:30:00Z',
    labels: { app: 'etl', 'app.kubernetes.io/name': 'x' },
    annotations: {
      note: 'two\nlines',
      'kubectl.kubernetes.io/last-applied-configuration': '{"hidden":true}',
    },
    managedFields: [{ manager: 'hidden' }],
    finalizers: ['capstan.dev/task'],
  },
  spec: {
    deployment: 'etl',
    parameters: { day: '2026-01-01', nested: { list: [1, { a: true }], empty: [] } },
    template: {
      command: 'python main.py\n--all\n',
      env: { GREETING: 'hello', UNSET: null, camelCase: 1 },
      networkConfiguration: { assignPublicIp: 'ENABLED' },
    },
  },
  status: {
    observedGeneration: 1,
    state: {
      type: 'FAILED',
      name: 'Failed',
      message: 'Exit code 3',
      timestamp: '2026-01-01T11:55:00Z',
    },
    exitCode: 3,
    identifier: 'default::arn:aws:ecs:eu-west-1:123456789012:task/default/abc2',
    attempts: [
      {
        number: 1,
        taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/default/abc1',
        class: 'SpotInterruption',
        launchedAt: '2026-01-01T11:31:00Z',
        startedAt: '2026-01-01T11:32:00Z',
        stoppedAt: '2026-01-01T11:32:50Z',
        stoppedReason: 'Your Spot Task was interrupted.',
      },
      { number: 2, launchedAt: '2026-01-01T11:40:00Z' },
      {
        number: 3,
        taskArn: 'arn:aws:ecs:eu-west-1:123456789012:task/default/abc2',
        class: 'ExitNonZero',
        exitCode: 3,
        launchedAt: '2026-01-01T11:45:00Z',
        startedAt: '2026-01-01T11:46:00Z',
        stoppedAt: '2026-01-01T11:55:00Z',
        stoppedReason: 'Essential container in task exited',
        logStream: 'default/etl/main/abc2',
        lastLines: ['Traceback:', '\tValueError: bad input'],
      },
    ],
    conditions: [
      {
        type: 'Failed',
        status: 'True',
        reason: 'ExitNonZero',
        message: 'Exit code 3',
        lastTransitionTime: '2026-01-01T11:55:00Z',
      },
    ],
  },
}

const HEARTBEAT = [
  {
    name: 'heartbeat.frequencySeconds',
    value: '60',
    source: 'Deployment env.PREFECT_FLOWS_HEARTBEAT_FREQUENCY',
  },
  { name: 'heartbeat.missed', value: '3', source: 'Default' },
]

const EVENTS: readonly JsonObject[] = [
  {
    type: 'Warning',
    reason: 'Failed',
    message: 'Exit code 3\n',
    source: { component: 'capstan' },
    firstTimestamp: '2026-01-01T11:30:00Z',
    lastTimestamp: '2026-01-01T11:55:00Z',
    count: 3,
  },
  {
    type: 'Normal',
    reason: 'Launched',
    message: 'Attempt 1 is task abc1',
    reportingComponent: 'capstan',
    lastTimestamp: '2026-01-01T11:31:00Z',
  },
]

test('a run with everything', async () => {
  await expect(
    renderDescription(RUN, { events: EVENTS, settings: HEARTBEAT, nowMs: NOW }),
  ).toMatchFileSnapshot('__golden__/run.txt')
})

test('text from the server cannot move the cursor', () => {
  const evil = '\u001b[2Jgone\rover\u009b1m'
  const object: ApiObject = {
    ...RUN,
    metadata: { ...RUN.metadata, annotations: { note: evil } },
    spec: { value: evil, list: [evil] },
    status: { attempts: [{ number: 1, stoppedReason: evil, lastLines: [evil] }] },
  }
  const text = renderDescription(object, {
    events: [{ message: evil, reason: evil }],
    settings: [{ name: 'x', value: evil, source: evil }],
    nowMs: NOW,
  })
  // oxlint-disable-next-line no-control-regex -- the control characters are what it looks for
  expect(text).not.toMatch(/[\u001b\u009b\r]/)
  expect(text).toContain('^[[2Jgone\\rover^[1m')
})

test('an object without status and events', async () => {
  const pool: ApiObject = {
    apiVersion: 'capstan.dev/v1',
    kind: 'WorkPool',
    metadata: { name: 'default', namespace: 'default' },
    spec: {},
  }
  await expect(renderDescription(pool, { events: [], nowMs: NOW })).toMatchFileSnapshot(
    '__golden__/work-pool.txt',
  )
})

test.each([
  ['image', 'Image'],
  ['observedGeneration', 'Observed Generation'],
  ['uid', 'UID'],
  ['taskDefinitionArn', 'Task Definition ARN'],
  ['ephemeralStorageGiB', 'Ephemeral Storage GiB'],
  ['MY_VARIABLE', 'MY_VARIABLE'],
  ['app.kubernetes.io/name', 'app.kubernetes.io/name'],
])('%s is labelled %s', (field, label) => {
  expect(labelOf(field)).toBe(label)
})
