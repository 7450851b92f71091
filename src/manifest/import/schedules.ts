import type { PathStep } from '../../kinds/placeholder.ts'
import { isJsonObject, type Json, type JsonObject, ownMember } from '../../lib/json.ts'
import { toSlug } from './names.ts'
import type { Reporter } from './report.ts'
import { asText, isEmpty, members, toText } from './values.ts'

type SourcePath = readonly PathStep[]

/** Members that a Schedule has, by the name that Prefect gives them. */
const FIELDS: Readonly<Record<string, string>> = {
  cron: 'cron',
  interval: 'interval',
  rrule: 'rrule',
  timezone: 'timezone',
  active: 'active',
  anchor_date: 'anchorDate',
  parameters: 'parameters',
  slug: 'slug',
}

const KINDS = ['cron', 'interval', 'rrule']

/** `schedules`, or the one `schedule`, of a deployment; undefined when it says nothing about schedules. */
export function toSchedules(
  deployment: JsonObject,
  path: SourcePath,
  report: Reporter,
): readonly JsonObject[] | undefined {
  const { schedule, schedules } = deployment
  if (Array.isArray(schedules)) {
    return (schedules as readonly Json[]).flatMap((item, index) =>
      toSchedule(item, [...path, 'schedules', index], report),
    )
  }
  if (schedule === undefined || schedule === null) return undefined
  return toSchedule(schedule, [...path, 'schedule'], report)
}

function toSchedule(source: Json, path: SourcePath, report: Reporter): readonly JsonObject[] {
  if (!isJsonObject(source)) {
    report.lost({ path, value: source }, 'a schedule is a map', 'Write it as a map')
    return []
  }
  const kinds = KINDS.filter((kind) => !isEmpty(source[kind]))
  if (kinds.length !== 1) {
    const reason = 'a schedule has exactly one of cron, interval and rrule'
    report.lost({ path, value: source }, reason, 'Write one schedule for each')
    return []
  }
  const known = members(source).filter(
    ([key, value]) => ownMember(FIELDS, key) !== undefined && value !== null,
  )
  reportLost(source, path, report)
  const fields = known.map(
    ([key, value]) => [ownMember(FIELDS, key) ?? key, toValue(key, value)] as const,
  )
  const isInterval = kinds.includes('interval')
  return [Object.fromEntries(fields.filter(([field]) => field !== 'anchorDate' || isInterval))]
}

function toValue(key: string, value: Json): Json {
  if (key === 'slug') return toSlug(toText(value))
  if (key === 'anchor_date') return toInstant(toText(value))
  return key === 'interval' && typeof value === 'number' ? Math.max(1, value) : value
}

/** Prefect reads a time without a zone as UTC. */
function toInstant(text: string): string {
  const [date = '', time = '00:00:00'] = text.trim().split(/[T ]/, 2)
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(time)
  return `${date}T${time}${hasZone ? '' : 'Z'}`
}

/** Members that are not kept: reason and what to do. */
const LOST: Readonly<Record<string, readonly [reason: string, action: string]>> = {
  replaces: ['schedules are replaced by what the file says', 'Nothing has to be done'],
  max_scheduled_runs: ['runs are made when they are due', 'Nothing has to be done'],
  max_active_runs: ['runs of one schedule have no limit of their own', 'Use spec.concurrency'],
  catchup: ['Capstan says it with one of three words', 'Set catchUp to None, Latest or All'],
}

function reportLost(source: JsonObject, path: SourcePath, report: Reporter): void {
  for (const [key, value] of members(source)) {
    const place = { path: [...path, key], value }
    if (key === 'day_or') {
      if (value !== false) continue
      const reason = 'cron meets when day of month or day of week fits, never only when both do'
      report.changed(place, reason, 'Check the schedule; `0 0 * * 1#1` names a first Monday')
    } else if (ownMember(FIELDS, key) === undefined && !isEmpty(value)) {
      const [reason, action] = ownMember(LOST, key) ?? [
        'a schedule has no such member',
        'Remove it',
      ]
      report.lost(place, reason, action)
    }
  }
  if (isEmpty(source['anchor_date']) && !isEmpty(source['interval'])) {
    const reason =
      'an interval counts from midnight of 2020-01-01, where Prefect counts from the time of deploying'
    const place = { path: [...path, 'interval'], value: source['interval'] }
    report.changed(place, reason, 'Set anchorDate to keep the times of before')
  }
  if (asText(source['anchor_date']) !== undefined && isEmpty(source['interval'])) {
    const place = { path: [...path, 'anchor_date'], value: source['anchor_date'] }
    report.lost(place, 'an anchor belongs to an interval', 'Remove it')
  }
}
