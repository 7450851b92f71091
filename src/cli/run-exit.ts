import { type ApiObject, numberAt } from './objects.ts'
import { stateTypeOf } from './steering.ts'

/** Largest exit code that a process can have. */
const MAX_EXIT_CODE = 255

/**
 * The exit code of `run --wait`: the container's own. 1 when it gave none (-1), when the run crashed
 * (the machinery failed, not the program), or when it did not complete although the program ended with 0.
 */
export function exitCodeOfRun(run: ApiObject | undefined): number {
  const state = stateTypeOf(run)
  const exitCode = numberAt(run, 'status', 'exitCode')
  if (state === 'COMPLETED') return exitCode ?? 0
  if (state === 'CRASHED' || exitCode === undefined) return 1
  return exitCode > 0 && exitCode <= MAX_EXIT_CODE ? exitCode : 1
}
