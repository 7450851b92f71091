import { type WriteTarget, WriteTooLate } from '../../aws/write-gate.ts'
import type { Clock } from '../../lib/clock.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import { TOKEN_SAFE_MS } from './limits.ts'

/** Whether the attempt's token certainly lives: what is sent with it cannot launch a second task. */
export function isTokenSafe(
  { createdAtMs }: Pick<AttemptRow, 'createdAtMs'>,
  nowMs: number,
): boolean {
  const ageMs = nowMs - createdAtMs
  return ageMs >= 0 && ageMs < TOKEN_SAFE_MS
}

export interface LaunchAgeDeps {
  readonly store: Store
  readonly clock: Pick<Clock, 'nowMs'>
  /** The epoch of this process. */
  readonly epoch: number
}

/**
 * To be asked right before a launch leaves: its age was judged when it was decided, and since then it may have
 * waited for its turn, or the machine may have slept. Throws WriteTooLate for a repeat whose token may be dead;
 * a launch of which nothing has left yet may be as old as it likes.
 */
export function createLaunchAge({
  store,
  clock,
  epoch,
}: LaunchAgeDeps): (launch: WriteTarget) => void {
  return ({ clientToken, isRepeat }) => {
    const attempt = store.attempts.byClientToken(clientToken ?? '')
    if (!attempt || isTokenSafe(attempt, clock.nowMs())) return
    if (!isRepeat && attempt.sends === 1 && attempt.epoch === epoch) return
    const minutes = TOKEN_SAFE_MS / 60_000
    throw new WriteTooLate(
      `An earlier request of this launch may have arrived more than ${minutes} minutes ago.`,
    )
  }
}
