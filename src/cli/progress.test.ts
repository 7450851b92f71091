import { expect, test } from 'vitest'
import type { AttemptStatus, RunStatus, StateType } from '../kinds/run.ts'
import { type RunSnapshot, renderFinalTable, renderProgress } from './progress.ts'

/** A local time, so that the lines are the same in every time zone. */
const NOON = new Date(2026, 0, 1, 12, 1, 3).getTime()
const ARN = 'arn:aws:ecs:eu-west-1:123456789012:task/default/3f2a91c04b7d4f0e9a'

function attempt(number: number): AttemptStatus {
  return { number, clientToken: 't', startedBy: 's', taskArn: ARN }
}

function run(name: string, type?: StateType, stateName = '', status: RunStatus = {}): RunSnapshot {
  const metadata = { name, namespace: 'default' }
  if (!type) return { metadata }
  const { message } = status as { message?: string }
  const state = { type, name: stateName, timestamp: '', ...(message ? { message } : {}) }
  return { metadata, status: { ...status, state } }
}

const TIMES = { startTime: '2026-01-01T00:00:00Z', completionTime: '2026-01-01T00:00:01.234Z' }
const NEW = run('hello')
const PENDING = run('hello', 'PENDING', 'Pending', {
  whyPending: '3 runs are ahead in pool default',
})
const RUNNING = run('hello', 'RUNNING', 'Running', { attempts: [attempt(1)] })
const RETRYING = run('hello', 'RUNNING', 'Running', { attempts: [attempt(1), attempt(2)] })
const COMPLETED = run('hello', 'COMPLETED', 'Completed', {
  ...TIMES,
  exitCode: 0,
  attempts: [attempt(1)],
})
const FAILED: RunSnapshot = {
  metadata: { name: 'hello-world', namespace: 'default' },
  status: {
    ...TIMES,
    completionTime: '2026-01-01T00:12:00Z',
    exitCode: 3,
    attempts: [attempt(1), attempt(2)],
    state: { type: 'FAILED', name: 'Failed', message: 'Essential container exited', timestamp: '' },
  },
}

test.each<[string, readonly RunSnapshot[], readonly RunSnapshot[], readonly string[]]>([
  ['nothing moved', [PENDING], [PENDING], []],
  ['a run without a state', [], [NEW], []],
  [
    'a new run says what it waits for',
    [],
    [PENDING],
    ['12:01:03  hello   Pending   3 runs are ahead in pool default'],
  ],
  [
    'the reason for waiting changed',
    [PENDING],
    [run('hello', 'PENDING', 'Pending', { whyPending: '1 run is ahead' })],
    ['12:01:03  hello   Pending   1 run is ahead'],
  ],
  ['it starts', [PENDING], [RUNNING], ['12:01:03  hello   Pending → Running   task 3f2a91c0']],
  [
    'a second attempt',
    [RUNNING],
    [RETRYING],
    ['12:01:03  hello   Running → Running   attempt 2, task 3f2a91c0'],
  ],
  [
    'steps on the way to Running are one',
    [run('hello', 'PENDING', 'Submitting')],
    [run('hello', 'PENDING', 'InfrastructurePending', { attempts: [attempt(1)] })],
    [],
  ],
  [
    'a retry is told of',
    [RUNNING],
    [run('hello', 'SCHEDULED', 'AwaitingRetry', { attempts: [attempt(1)] })],
    ['12:01:03  hello   Running → AwaitingRetry'],
  ],
  [
    'it completes',
    [RUNNING],
    [COMPLETED],
    ['12:01:03  hello   Running → Completed   exit 0, 1.2s'],
  ],
  [
    'names are aligned, runs that stay still are silent',
    [PENDING, RUNNING],
    [COMPLETED, FAILED],
    [
      '12:01:03  hello         Running → Completed   exit 0, 1.2s',
      '12:01:03  hello-world   Failed   exit 3, 12m, Essential container exited',
    ],
  ],
])('%s', (_, previous, runs, expected) => {
  expect(renderProgress(previous, runs, NOON)).toEqual(expected)
})

test('the final table explains only what is not completed', () => {
  expect(renderFinalTable([COMPLETED])).toBe(
    'NAME    STATE       EXIT   ATTEMPTS   DURATION\nhello   Completed   0      1          1.2s\n',
  )
  const other = { ...FAILED, metadata: { name: 'x', namespace: 'other' } }
  expect(renderFinalTable([COMPLETED, FAILED, other, PENDING])).toMatchInlineSnapshot(`
    "NAMESPACE   NAME          STATE       EXIT   ATTEMPTS   DURATION   REASON
    default     hello         Completed   0      1          1.2s       
    default     hello-world   Failed      3      2          12m        Essential container exited
    other       x             Failed      3      2          12m        Essential container exited
    default     hello         Pending     -      0          -          3 runs are ahead in pool default
    "
  `)
  expect(renderFinalTable([])).toBe('No runs.\n')
})

test('colours do not move the columns', () => {
  // oxlint-disable-next-line no-control-regex -- the escape character is what it looks for
  const plain = renderFinalTable([COMPLETED, FAILED], true).replace(/\u001b\[\d+m/g, '')
  expect(plain).toBe(renderFinalTable([COMPLETED, FAILED]))
})
