const UNIT_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

const GO_STYLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/
const GO_PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g
const ISO_8601 =
  /^P(?:(\d+(?:\.\d+)?)D)?(?:T(?=\d)(?:(\d+(?:\.\d+)?)H)?(?:(\d+(?:\.\d+)?)M)?(?:(\d+(?:\.\d+)?)S)?)?$/

/** Days, hours, minutes, seconds: the groups of ISO_8601. */
const ISO_UNITS_MS = [86_400_000, 3_600_000, 60_000, 1_000] as const

/** Longest text that is looked at, so that nothing absurd is matched. */
const MAX_DURATION_TEXT = 64

/**
 * Milliseconds of `90s`, `1h30m`, `1.5h`, `2d` or ISO 8601 (`PT5M`, `P1DT2H`). Undefined for anything
 * else: a bare number names no unit, except that `0` needs none.
 */
export function parseDurationMs(text: string): number | undefined {
  if (text === '0') return 0
  if (text.length > MAX_DURATION_TEXT) return undefined
  if (GO_STYLE.test(text)) {
    const parts = [...text.matchAll(GO_PART)]
    return parts.reduce(
      (sum, [, count, unit]) => sum + Number(count) * (UNIT_MS[unit ?? ''] ?? 0),
      0,
    )
  }
  const [, ...parts]: readonly (string | undefined)[] = ISO_8601.exec(text) ?? []
  if (parts.every((part) => part === undefined)) return undefined
  return parts.reduce((sum, part, index) => sum + Number(part ?? 0) * (ISO_UNITS_MS[index] ?? 0), 0)
}
