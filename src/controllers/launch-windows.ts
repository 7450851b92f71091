import type { LaunchWindow } from '../kinds/generated.ts'
import { errorMessage } from '../lib/errors.ts'
import { isoTime } from '../lib/instant.ts'
import { createRecurrence } from '../lib/schedule/recurrence.ts'

/** Why nothing is launched now, and when to look again (epoch milliseconds; undefined: only a change helps). */
export interface ClosedWindow {
  readonly why: string
  readonly untilMs: number | undefined
}

interface ReadWindow {
  readonly effect: LaunchWindow['effect']
  readonly cron: string
  /** When the window that is open now ends; undefined while it is closed. */
  openUntilMs(nowMs: number): number | undefined
  next(nowMs: number): number | undefined
}

/**
 * Whether a pool's windows let runs be launched: never inside a Deny window, and where there are Allow
 * windows, only inside one. Undefined: launch. Pure.
 */
export function closedWindow(
  pool: string,
  windows: readonly LaunchWindow[] | undefined,
  nowMs: number,
): ClosedWindow | undefined {
  if (!windows || windows.length === 0) return undefined
  const read = readWindows(windows)
  if (read.type === 'Invalid') {
    return {
      why: `WorkPool ${pool} has a window that cannot be read: ${read.why}.`,
      untilMs: undefined,
    }
  }
  const denied = read.windows
    .filter(({ effect }) => effect === 'Deny')
    .flatMap((window) => window.openUntilMs(nowMs) ?? [])
  if (denied.length > 0) {
    const untilMs = Math.max(...denied)
    return {
      why: `WorkPool ${pool} launches nothing until ${isoTime(untilMs)}: a Deny window is open.`,
      untilMs,
    }
  }
  const allowing = read.windows.filter(({ effect }) => effect === 'Allow')
  if (allowing.length === 0 || allowing.some((one) => one.openUntilMs(nowMs) !== undefined)) {
    return undefined
  }
  const untilMs = allowing
    .flatMap((window) => window.next(nowMs) ?? [])
    .reduce<number | undefined>((first, ms) => Math.min(first ?? ms, ms), undefined)
  const when = untilMs === undefined ? 'never' : isoTime(untilMs)
  return {
    why: `WorkPool ${pool} launches in its Allow windows only; the next opens ${when}.`,
    untilMs,
  }
}

type Read =
  | { readonly type: 'Valid'; readonly windows: readonly ReadWindow[] }
  | { readonly type: 'Invalid'; readonly why: string }

function readWindows(windows: readonly LaunchWindow[]): Read {
  try {
    return { type: 'Valid', windows: windows.map(readWindow) }
  } catch (error) {
    return { type: 'Invalid', why: errorMessage(error) }
  }
}

function readWindow({ effect, cron, timezone, durationSeconds }: LaunchWindow): ReadWindow {
  const recurrence = createRecurrence({ cron, timezone, seed: '' })
  const lengthMs = durationSeconds * 1000
  return {
    effect,
    cron,
    next: (nowMs) => recurrence.next(nowMs),
    openUntilMs(nowMs) {
      const [openedMs] = recurrence.latest(1, nowMs - lengthMs, nowMs)
      return openedMs === undefined ? undefined : openedMs + lengthMs
    },
  }
}
