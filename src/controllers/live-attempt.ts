import type { AttemptRow } from '../store/types.ts'

/** Whether the attempt may have a task that has not ended: its launch was not refused, and no end was seen. */
export function isLive({ phase }: Pick<AttemptRow, 'phase'>): boolean {
  return phase === 'Intent' || phase === 'Launched'
}
