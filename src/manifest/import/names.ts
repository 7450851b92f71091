import { limitedName } from '../../lib/names.ts'

/** Longest names of objects and of schedules' slugs. */
const MAX_NAME_LENGTH = 253
const MAX_SLUG_LENGTH = 63
const NAMELESS = 'imported'

/** The text as metadata.name: lower case, everything but letters, digits, `-` and `.` becomes `-`. */
export function toName(text: string): string {
  return limitedName(slug(text, /[^a-z0-9.-]+/g), MAX_NAME_LENGTH)
}

/** The same for short names, which have no dots. */
export function toSlug(text: string): string {
  return limitedName(slug(text, /[^a-z0-9-]+/g), MAX_SLUG_LENGTH)
}

function slug(text: string, other: RegExp): string {
  const plain = text
    .toLowerCase()
    .replace(other, '-')
    .replace(/-{2,}/g, '-')
    .replace(/[-.]*\.[-.]*/g, '.')
    .replace(/^[-.]+|[-.]+$/g, '')
  return plain === '' ? NAMELESS : plain
}
