import {
  type EventLabels,
  type EventRecord,
  LABEL,
  toCanonical,
  toPrefect,
  toPrefectLabels,
} from '../../kinds/event.ts'
import type { LabelFilter } from '../../kinds/generated.ts'

/**
 * Filters of triggers. Events stand in the log in Capstan's words; a pattern may be in Prefect's too, so
 * every text is compared in both: `prefect.flow-run.*`, `capstan.run.*` and even `prefect.*` all match.
 */

/** Whether a name fits one of the patterns; a trailing `*` stands for any rest. */
export function fitsName(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => fits(pattern, [name, toPrefect(name)]))
}

/** Whether one of the patterns names the event in full. */
export function isNamed(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => toCanonical(pattern) === name)
}

/** Whether the labels meet the filter: each of its labels is there, with a value that is asked for. */
export function fitsLabels(filter: LabelFilter | undefined, labels: EventLabels): boolean {
  if (filter === undefined) return true
  return Object.entries(filter).every(([written, wanted]) => {
    const label = toCanonical(written)
    const value = labels[label]
    if (value === undefined) return false
    return fitsValue(typeof wanted === 'string' ? [wanted] : wanted, spellingsOf(label, value))
  })
}

/** Only ids and roles are said in other words by Prefect. */
function spellingsOf(label: string, value: string): readonly string[] {
  if (label === LABEL.id) return [value, toPrefect(value)]
  if (label !== LABEL.role) return [value]
  return [value, ...Object.values(toPrefectLabels({ [label]: value }))]
}

/** Whether some related resource meets each of the filters. */
export function fitsRelated(
  filters: LabelFilter | readonly LabelFilter[] | undefined,
  related: EventRecord['related'],
): boolean {
  if (filters === undefined) return true
  const all = isList(filters) ? filters : [filters]
  return all
    .filter((filter) => Object.keys(filter).length > 0)
    .every((filter) => related.some((labels) => fitsLabels(filter, labels)))
}

function isList(filters: LabelFilter | readonly LabelFilter[]): filters is readonly LabelFilter[] {
  return Array.isArray(filters)
}

/** One of the plain patterns must fit, where there are any, and none of those with a `!`. */
function fitsValue(wanted: readonly string[], spellings: readonly string[]): boolean {
  const unwanted = wanted.filter((pattern) => pattern.startsWith('!'))
  const plain = wanted.filter((pattern) => !pattern.startsWith('!'))
  if (unwanted.some((pattern) => fits(pattern.slice(1), spellings))) return false
  if (plain.length === 0) return unwanted.length > 0
  return plain.some((pattern) => fits(pattern, spellings))
}

function fits(pattern: string, spellings: readonly string[]): boolean {
  if (!pattern.endsWith('*')) return spellings.includes(pattern)
  const start = pattern.slice(0, -1)
  return spellings.some((text) => text.startsWith(start))
}
