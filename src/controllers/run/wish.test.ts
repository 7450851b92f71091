import { describe, expect, test } from 'vitest'
import {
  aLaunched,
  anEnded,
  aRun,
  aStoppedTask,
  aWorld,
  inState,
  NOON,
  valid,
} from '../../../test/world/builders.ts'
import type { RunSpec } from '../../kinds/generated.ts'
import type { RunStatus } from '../../kinds/run.ts'
import { type RunWish, renderWish } from '../../kinds/run-wish.ts'
import { decideRun } from './decide.ts'
import type { RunPlan, RunWorld } from './world.ts'

const WISH: RunWish = {
  type: 'CRASHED',
  name: 'Crashed',
  message: 'Silent.',
  fromAttempt: 1,
  force: false,
}

function decide(
  different: Partial<RunWorld>,
  run: {
    readonly wish?: Partial<RunWish>
    readonly spec?: RunSpec
    readonly status?: RunStatus
  } = {},
): RunPlan {
  const annotations = { 'capstan.dev/end-as': renderWish({ ...WISH, ...run.wish }) }
  const status = run.status ?? inState('RUNNING', 'Running')
  return decideRun(
    aWorld({ run: aRun({ meta: { annotations }, spec: run.spec ?? {}, status }), ...different }),
    NOON,
  )
}

function stateOf({ status }: RunPlan): string {
  return `${status.state?.type}/${status.state?.name}: ${status.state?.message}`
}

describe('the end that an automation asked for', () => {
  test('begins with a stop of the task, and is not said before that', () => {
    const plan = decide({ attempts: [aLaunched({ lastStatus: 'RUNNING' })] })
    expect(plan.call).toMatchObject({ type: 'StopTask', cause: 'Automation' })
    expect(stateOf(plan)).toBe('RUNNING/Running: An automation ends the run.')
  })

  test.each([
    [0, 'a program that ends well when it is stopped'],
    [143, 'a program that is killed'],
  ])('is said when the task has stopped, with exit code %i: %s', (exitCode) => {
    const stopped = aLaunched(aStoppedTask(exitCode, { stopCode: 'UserInitiated' }), {
      stopCause: 'Automation',
      stopRequestedAtMs: NOON,
    })
    const plan = decide({ attempts: [stopped], resolve: () => valid({ retry: { limit: 5 } }) })
    expect(stateOf(plan)).toBe('CRASHED/Crashed: Silent.')
    expect(plan.writes.map(({ type }) => type)).toEqual(['UpdateAttempt', 'PutHistory'])
    expect(plan.status.conditions).toContainEqual(
      expect.objectContaining({ type: 'Failed', status: 'True', reason: 'Crashed' }),
    )
  })

  test('is not that of a run that went well before', () => {
    const stopped = aLaunched(aStoppedTask(0))
    expect(stateOf(decide({ attempts: [stopped] }))).toContain('COMPLETED/Completed')
  })

  test('is at once that of a run without a task', () => {
    const status = inState('SCHEDULED', 'AwaitingRetry')
    const plan = decide({ attempts: [anEnded('ExitNonZero')] }, { status })
    expect(stateOf(plan)).toBe('CRASHED/Crashed: Silent.')
  })

  test('is weaker than a cancel while the task stops', () => {
    const plan = decide(
      { attempts: [aLaunched({ lastStatus: 'RUNNING' })] },
      { spec: { cancel: true } },
    )
    expect(plan.call).toMatchObject({ cause: 'Cancel' })
  })

  test('changes a run that is over only by force, and only once', () => {
    const attempts = [anEnded('ExitNonZero')]
    const failed = inState('FAILED', 'Failed')
    expect(stateOf(decide({ attempts }, { status: failed }))).toContain('FAILED/Failed')
    const forced = decide(
      { attempts },
      { status: failed, wish: { force: true, type: 'COMPLETED', name: 'Completed' } },
    )
    expect(stateOf(forced)).toBe('COMPLETED/Completed: Silent.')
    const again = decide(
      { attempts },
      { status: forced.status, wish: { force: true, type: 'COMPLETED', name: 'Completed' } },
    )
    expect(again.writes).toEqual([])
    expect(again.events).toEqual([])
  })

  test('stops every task of an array, and launches no more of them', () => {
    const live = aLaunched({ lastStatus: 'RUNNING' }, { index: 1, number: 1 })
    const done = anEnded('Success', { index: 0 })
    const plan = decide({ attempts: [done, live] }, { spec: { array: 3 } })
    expect(plan.call).toMatchObject({ type: 'StopTask', cause: 'Automation' })
    expect(plan.more ?? []).toEqual([])
    const over = decide(
      { attempts: [done, anEnded('Cancelled', { index: 1 })] },
      { spec: { array: 3 } },
    )
    expect(stateOf(over)).toBe('CRASHED/Crashed: Silent.')
  })
})
