const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
const YEAR = 365 * DAY

interface AgeRule {
  /** The rule holds below this many seconds. */
  readonly belowSeconds: number
  /** Whole units are shown as `unit`; what is left over as `rest`, where the rule shows it. */
  readonly unit: readonly [seconds: number, letter: string]
  readonly rest?: readonly [seconds: number, letter: string]
}

/** kubectl's HumanDuration (k8s.io/apimachinery duration.go): two units while the second one matters. */
const RULES: readonly AgeRule[] = [
  { belowSeconds: 2 * MINUTE, unit: [1, 's'] },
  { belowSeconds: 10 * MINUTE, unit: [MINUTE, 'm'], rest: [1, 's'] },
  { belowSeconds: 3 * HOUR, unit: [MINUTE, 'm'] },
  { belowSeconds: 8 * HOUR, unit: [HOUR, 'h'], rest: [MINUTE, 'm'] },
  { belowSeconds: 2 * DAY, unit: [HOUR, 'h'] },
  { belowSeconds: 8 * DAY, unit: [DAY, 'd'], rest: [HOUR, 'h'] },
  { belowSeconds: 2 * YEAR, unit: [DAY, 'd'] },
  { belowSeconds: 8 * YEAR, unit: [YEAR, 'y'], rest: [DAY, 'd'] },
  { belowSeconds: Number.POSITIVE_INFINITY, unit: [YEAR, 'y'] },
]

/** Clocks of two machines differ a little: this much "in the future" still counts as now. */
const TOLERATED_SKEW_SECONDS = 2

/** A span as kubectl's AGE column shows it: `45s`, `5m30s`, `3h`, `2d4h`; `<invalid>` for the future. */
export function renderAge(spanMs: number): string {
  const seconds = Math.trunc(spanMs / 1000)
  if (Number.isNaN(seconds)) return '<unknown>'
  if (seconds <= -TOLERATED_SKEW_SECONDS) return '<invalid>'
  if (seconds < 0) return '0s'
  const rule = RULES.find(({ belowSeconds }) => seconds < belowSeconds)
  if (!rule) return '<unknown>'
  const whole = `${Math.floor(seconds / rule.unit[0])}${rule.unit[1]}`
  if (!rule.rest) return whole
  const rest = Math.floor((seconds % rule.unit[0]) / rule.rest[0])
  return rest === 0 ? whole : `${whole}${rest}${rule.rest[1]}`
}
