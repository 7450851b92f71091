import { Cron } from 'croner'
import type { Schedule } from '../../kinds/generated.ts'
import { parseIntervalMs } from '../../kinds/interval.ts'
import type { PathStep } from '../../kinds/placeholder.ts'
import { errorMessage } from '../../lib/errors.ts'
import { expandHashedFields } from '../../lib/schedule/cron-hash.ts'
import { createRecurrence } from '../../lib/schedule/recurrence.ts'
import type { Issue } from '../problem.ts'

type Path = readonly PathStep[]

const KINDS_OF_SCHEDULE = ['cron', 'interval', 'rrule'] as const

export function checkSchedule(schedule: Schedule, path: Path): readonly Issue[] {
  const given = KINDS_OF_SCHEDULE.filter((kind) => schedule[kind] !== undefined)
  const [, second] = given
  if (given.length === 0) {
    const message = 'a schedule needs one of cron, interval and rrule'
    return [{ code: 'Missing', path, message }]
  }
  if (second !== undefined) {
    const message = `${given.join(' and ')} exclude each other`
    return [{ code: 'Exclusive', path: [...path, second], atKey: true, message }]
  }
  return [
    ...checkTimezone(schedule.timezone, [...path, 'timezone']),
    ...(schedule.cron === undefined ? [] : checkCron(schedule.cron, [...path, 'cron'])),
    ...(schedule.rrule === undefined ? [] : checkRrule(schedule.rrule, [...path, 'rrule'])),
    ...checkInterval(schedule, path),
  ]
}

const FIELDS_OF_CRON = 5
const EXAMPLE_CRON = '0 6 * * 1-5'

/** Five fields name no year, so whether a time ever comes does not depend on when one asks. */
const SOME_TIME = '2024-01-01T00:00:00'

export function checkCron(cron: string, path: Path): readonly Issue[] {
  const fields = cron.trim().split(/\s+/)
  const isNickname = cron.startsWith('@')
  if (!isNickname && fields.length !== FIELDS_OF_CRON) {
    const message = `cron has five fields (minute hour day month weekday), found ${fields.length}`
    return [{ code: 'InvalidSchedule', path, message, hint: `for example ${EXAMPLE_CRON}` }]
  }
  try {
    const pattern = expandHashedFields(cron, '')
    return new Cron(pattern, { paused: true }).nextRun(SOME_TIME) === null
      ? [{ code: 'InvalidSchedule', path, message: 'this time never comes' }]
      : []
  } catch (error) {
    const message = errorMessage(error).replace(/^CronPattern: /, '')
    return [{ code: 'InvalidSchedule', path, message, hint: `for example ${EXAMPLE_CRON}` }]
  }
}

export function checkTimezone(timezone: string | undefined, path: Path): readonly Issue[] {
  if (timezone === undefined) return []
  try {
    // Offsets such as +02:00 are zones for Intl, but know no summer time: nobody means them here.
    if (/^[+-]/.test(timezone)) throw new RangeError('an offset')
    Intl.DateTimeFormat('en', { timeZone: timezone })
    return []
  } catch {
    const message = `'${timezone}' is not an IANA time zone`
    return [{ code: 'InvalidTimezone', path, message, hint: 'for example UTC or Europe/Berlin' }]
  }
}

function checkInterval(schedule: Schedule, path: Path): readonly Issue[] {
  const { interval, anchorDate } = schedule
  if (interval === undefined) {
    if (anchorDate === undefined) return []
    const message = 'anchorDate goes with interval only'
    return [{ code: 'Exclusive', path: [...path, 'anchorDate'], atKey: true, message }]
  }
  const intervalMs = parseIntervalMs(interval)
  if (intervalMs !== undefined && intervalMs >= 1_000) return []
  const message =
    intervalMs === undefined
      ? 'must be seconds, HH:MM:SS or an ISO 8601 duration such as PT15M'
      : 'must be at least one second'
  return [{ code: 'InvalidSchedule', path: [...path, 'interval'], message }]
}

const FREQUENCIES = ['YEARLY', 'MONTHLY', 'WEEKLY', 'DAILY', 'HOURLY', 'MINUTELY', 'SECONDLY']
const RULE_PARTS = (
  'FREQ UNTIL COUNT INTERVAL BYSECOND BYMINUTE BYHOUR BYDAY BYMONTHDAY BYYEARDAY BYWEEKNO BYMONTH ' +
  'BYSETPOS WKST'
).split(' ')

/** The form of the rule (RFC 5545 3.3.10), with DTSTART and RRULE lines as Prefect writes them. */
function checkRrule(rrule: string, path: Path): readonly Issue[] {
  const lines = rrule.split(/\r?\n/).filter((line) => line.trim() !== '')
  const rule = lines.find((line) => !/^(DTSTART|EXDATE|RDATE|EXRULE)/.test(line))
  const parts = (rule ?? '').replace(/^RRULE:/, '').split(';')
  const frequency = parts.find((part) => part.startsWith('FREQ='))?.slice('FREQ='.length)
  const unknown = parts.find((part) => !RULE_PARTS.includes(part.split('=')[0] ?? ''))
  if (frequency === undefined || !FREQUENCIES.includes(frequency)) {
    const message = `a rule needs FREQ=, one of ${FREQUENCIES.join(', ')}`
    return [{ code: 'InvalidSchedule', path, message, hint: 'for example FREQ=WEEKLY;BYDAY=MO,FR' }]
  }
  if (unknown !== undefined) {
    const message = `'${unknown}' is not part of a recurrence rule`
    return [{ code: 'InvalidSchedule', path, message }]
  }
  try {
    createRecurrence({ rrule, seed: '' })
    return []
  } catch (error) {
    return [{ code: 'InvalidSchedule', path, message: errorMessage(error) }]
  }
}
