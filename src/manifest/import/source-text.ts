import { parseAllDocuments } from 'yaml'
import { errorMessage } from '../../lib/errors.ts'
import { isJsonObject, type Json } from '../../lib/json.ts'

export type SourceText =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problem: string }

/** A base job template with every description in it has 30 kB. */
const MAX_CHARACTERS = 1024 * 1024
/** Anchors are the peer's way to share work pools and schedules; a bomb needs far more. */
const MAX_ALIASES = 1_000
/** Dates are read as the text that they are: manifests hold them so. */
const TIMESTAMP = 'tag:yaml.org,2002:timestamp'

/**
 * The value of a JSON or YAML text, read as the peer reads it: YAML 1.1 with merge keys, so that `yes` is
 * true and `1:30:00` is a number of seconds. Never throws.
 */
export function readSource(text: string): SourceText {
  if (text.length > MAX_CHARACTERS) {
    return { ok: false, problem: `the file is larger than ${MAX_CHARACTERS / 1024} kB` }
  }
  try {
    return toValue(text)
  } catch (error) {
    // Aliases that are no alias, and nesting that exhausts the stack.
    return { ok: false, problem: errorMessage(error) }
  }
}

function toValue(text: string): SourceText {
  const documents = parseAllDocuments(text, {
    version: '1.1',
    merge: true,
    customTags: (tags) => tags.filter((tag) => typeof tag === 'string' || tag.tag !== TIMESTAMP),
  })
  const [document, ...others] = Array.isArray(documents) ? documents : []
  if (!document) return { ok: false, problem: 'the file is empty' }
  const [error] = document.errors
  if (error) return { ok: false, problem: error.message.split('\n', 1)[0] ?? '' }
  if (others.length > 0) {
    return { ok: false, problem: 'the file holds several documents; one at a time can be imported' }
  }
  return { ok: true, value: plain(document.toJS({ maxAliasCount: MAX_ALIASES })) }
}

/** What YAML 1.1 knows beyond JSON, as null. */
function plain(value: unknown): Json {
  if (Array.isArray(value)) return value.map(plain)
  if (isJsonObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item)]))
  }
  if (typeof value === 'bigint') return Number(value)
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  return typeof value === 'string' || typeof value === 'boolean' ? value : null
}
