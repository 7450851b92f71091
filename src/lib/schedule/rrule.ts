import type { RRule } from 'rrule'
import { toDate } from '../instant.ts'
import type { Times } from './recurrence.ts'
import { checkReachable, type RuleOptions, STEP_MS } from './rrule-checks.ts'
import { rruleLibrary } from './rrule-library.ts'
import { createZone, parseCompactTime, type Zone } from './zone.ts'

const DAY_MS = 86_400_000

interface Rule {
  readonly zone: Zone
  readonly options: RuleOptions
  /** Wall time, as everything that the library sees: it knows no zones. */
  readonly startWallMs: number
  readonly excludedMs: ReadonlySet<number>
}

/**
 * The times of an iCalendar rule (RFC 5545): an RRULE, and DTSTART and EXDATE lines beside it. A rule
 * counts on the wall: a time that is skipped comes at the change, one that comes twice the first time.
 * Throws with a sentence for a rule that cannot be read or never comes.
 */
export function rruleTimes(text: string, zone: Zone, defaultStartWallMs: number): Times {
  const rule = parseRule(text, zone, defaultStartWallMs)
  checkReachable(rule.options, rule.startWallMs)
  return {
    next: (afterMs) => nextTime(rule, afterMs),
    latest: (count, afterMs, untilMs) => latestTimes(rule, count, afterMs, untilMs),
  }
}

function nextTime(rule: Rule, afterMs: number): number | undefined {
  let wallMs = rule.zone.wallOf(afterMs) - changeNear(rule.zone, afterMs)
  for (;;) {
    const found = ruleFrom(rule, wallMs).after(toDate(wallMs))
    if (found === null) return undefined
    wallMs = found.getTime()
    const instantMs = rule.zone.instantOf(wallMs)
    if (instantMs > afterMs && !rule.excludedMs.has(wallMs)) return instantMs
  }
}

/** Looks back in windows that double, so that neither a dense rule nor a rare one is walked from its start. */
function latestTimes(
  rule: Rule,
  count: number,
  afterMs: number,
  untilMs: number,
): readonly number[] {
  const { zone, options } = rule
  const endMs = zone.wallOf(untilMs) + changeNear(zone, untilMs)
  const firstMs = zone.wallOf(afterMs) - DAY_MS
  let spanMs = Math.max(DAY_MS, 2 * count * (STEP_MS[options.freq] ?? DAY_MS) * options.interval)
  for (;;) {
    const startMs = Math.max(firstMs, endMs - spanMs)
    const walls = ruleFrom(rule, startMs).between(toDate(startMs), toDate(endMs), true)
    const instants = walls
      .map((date) => date.getTime())
      .filter((ms) => !rule.excludedMs.has(ms))
      .map((ms) => zone.instantOf(ms))
      .filter((ms) => ms > afterMs && ms <= untilMs)
    const unique = [...new Set(instants)]
    if (unique.length >= count || startMs === firstMs) return unique.slice(-count)
    spanMs *= 2
  }
}

/** How far the wall is moved within a day of this instant; 0 on all days but two of a year. */
function changeNear(zone: Zone, instantMs: number): number {
  const offset = (ms: number): number => zone.wallOf(ms) - ms
  return Math.abs(offset(instantMs + DAY_MS) - offset(instantMs - DAY_MS))
}

/**
 * The library walks from DTSTART, so a rule without COUNT starts as near as its phase allows. Months and
 * years have no fixed length; their rules are short walks.
 */
function ruleFrom({ options, startWallMs }: Rule, nearWallMs: number): RRule {
  const stepMs = (STEP_MS[options.freq] ?? 0) * options.interval
  const steps =
    stepMs === 0 || options.count !== undefined
      ? 0
      : Math.max(0, Math.floor((nearWallMs - startWallMs) / stepMs) - 1)
  const dtstart = toDate(startWallMs + steps * stepMs)
  const { RRule } = rruleLibrary()
  return new RRule({ ...options, dtstart }, true)
}

function parseRule(text: string, zone: Zone, defaultStartWallMs: number): Rule {
  const lines = text.split(/\r?\n/).map((line) => line.trim())
  const start = lines.find((line) => line.startsWith('DTSTART'))
  const refused = lines.find((line) => /^(RDATE|EXRULE)/.test(line))
  if (refused !== undefined) {
    throw new Error(`${refused.slice(0, 6)} is not supported: write a second schedule instead`)
  }
  const rules = lines.filter((line) => line !== '' && !/^(DTSTART|EXDATE)/.test(line))
  const [rule = ''] = rules
  if (rules.length !== 1) throw new Error('a schedule has one recurrence rule')
  const zoneOfStart = /;TZID=([^:;]+)/.exec(start ?? '')?.[1]
  const own = zoneOfStart === undefined ? zone : createZone(zoneOfStart)
  const options = parseOptions(rule.replace(/^RRULE:/, ''), own)
  const excluded = lines.filter((line) => line.startsWith('EXDATE')).flatMap(valuesOf)
  return {
    zone: own,
    options,
    startWallMs: start === undefined ? defaultStartWallMs : wallTime(valuesOf(start)[0] ?? '', own),
    excludedMs: new Set(excluded.map((value) => wallTime(value, own))),
  }
}

function parseOptions(rule: string, zone: Zone): RuleOptions {
  const { until, freq, interval = 1, ...rest } = rruleLibrary().RRule.parseString(rule)
  if (freq === undefined) throw new Error('a rule needs FREQ')
  const untilText = /UNTIL=([^;]+)/.exec(rule)?.[1]
  return {
    ...rest,
    freq,
    interval,
    ...(until && untilText && { until: toDate(wallTime(untilText, zone)) }),
  }
}

/** `DTSTART;TZID=Europe/Berlin:20260101T000000` has one value, EXDATE may have several. */
function valuesOf(line: string): readonly string[] {
  return line.slice(line.indexOf(':') + 1).split(',')
}

/** Times that end in Z are instants, the others stand on the wall. */
function wallTime(text: string, zone: Zone): number {
  const ms = parseCompactTime(text)
  if (ms === undefined)
    throw new Error(`'${text}' is no date of a recurrence rule (20260131T083000Z)`)
  return text.endsWith('Z') ? zone.wallOf(ms) : ms
}
