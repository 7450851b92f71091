import type { StopCode } from '../../src/emulator/task-record.ts'
import { stoppedAtMs } from '../../src/emulator/task-state.ts'
import type { World } from '../world/world.ts'

/** What the account remembers for ever of one task. Times by a clock that nobody sets, epoch milliseconds. */
export interface TaskFacts {
  readonly arn: string
  readonly run: string
  readonly uid: string
  readonly attempt: string
  readonly workPool: string
  readonly createdAtMs: number
  readonly startedAtMs: number
  /** Infinity while it lives and no end is known. */
  readonly stoppedAtMs: number
  /** When whatever ends it was decided, StopTask for example. */
  readonly stopOrderedAtMs: number
  readonly code: StopCode | undefined
  readonly exitCode: number | undefined
}

/** Every task ever made, in order. */
export function taskFacts(world: World): readonly TaskFacts[] {
  return world.emulator.ledger.entries().map(({ task, launchTags }) => {
    const tag = (key: string): string =>
      launchTags.find((one) => one.key === `capstan.dev/${key}`)?.value ?? ''
    return {
      arn: task.arn,
      run: tag('run').split('/').at(-1) ?? '',
      uid: tag('run-uid'),
      attempt: tag('attempt'),
      workPool: tag('work-pool').split('/').at(-1) ?? '',
      createdAtMs: task.createdAtMs,
      startedAtMs: task.startedAtMs ?? Number.POSITIVE_INFINITY,
      stoppedAtMs: stoppedAtMs(task) ?? Number.POSITIVE_INFINITY,
      stopOrderedAtMs: task.stop?.atMs ?? Number.POSITIVE_INFINITY,
      code: task.stop?.code,
      exitCode: task.containers[0]?.exitCode,
    }
  })
}
