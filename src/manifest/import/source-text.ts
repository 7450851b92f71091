import { parseAllDocuments } from 'yaml'
import { errorMessage } from '../../lib/errors.ts'
import { isJsonObject, type Json } from '../../lib/json.ts'

export type SourceText =
  | { readonly ok: true; readonly value: Json }
  | { readonly ok: false; readonly problem: string }

/** A base job template with every description in it has 30 kB. */
const MAX_CHARACTERS = 1024 * 1024
/** Anchors are Prefect's way to share work pools and schedules; a bomb needs far more. */
const MAX_ALIASES = 1_000
/** Dates are read as the text that they are: manifests hold them so. */
const TIMESTAMP = 'tag:yaml.org,2002:timestamp'

/**
 * What Prefect's parser (PyYAML) takes for a boolean or a number is less than YAML 1.1 does: `y`, `n` and a
 * single dot are text, and an exponent needs a dot and a sign, so that a commit such as 12e4567 is no number.
 * `sample` is a text that finds the tag.
 */
const PREFECT_SCALARS: readonly { readonly sample: string; readonly test: RegExp }[] = [
  { sample: 'y', test: /^(?:[Yy]es|YES|[Tt]rue|TRUE|[Oo]n|ON)$/ },
  { sample: 'n', test: /^(?:[Nn]o|NO|[Ff]alse|FALSE|[Oo]ff|OFF)$/ },
  { sample: '1.5', test: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)$/ },
  { sample: '1e5', test: /^(?:[-+]?[0-9][0-9_]*\.[0-9_]*|\.[0-9][0-9_]*)[eE][-+][0-9]+$/ },
]

/**
 * The value of a JSON or YAML text, read as Prefect reads it: YAML 1.1 with merge keys, so that `yes` is
 * true and `1:30:00` is a number of seconds. Never throws.
 */
export function readSource(text: string): SourceText {
  if (text.length > MAX_CHARACTERS) {
    return { ok: false, problem: `the file is larger than ${MAX_CHARACTERS / 1024} kB` }
  }
  try {
    return fromJson(text) ?? toValue(text)
  } catch (error) {
    // Aliases that are no alias, and nesting that exhausts the stack.
    return { ok: false, problem: errorMessage(error) }
  }
}

/** JSON as JSON means it; undefined where the text is none. */
function fromJson(text: string): SourceText | undefined {
  if (!/^\s*[{[]/.test(text)) return undefined
  try {
    return { ok: true, value: plain(JSON.parse(text)) }
  } catch {
    return undefined
  }
}

function toValue(text: string): SourceText {
  const documents = parseAllDocuments(text, {
    version: '1.1',
    merge: true,
    customTags: (tags) =>
      tags
        .filter((tag) => typeof tag === 'string' || tag.tag !== TIMESTAMP)
        .map((tag) => (typeof tag === 'string' ? tag : asPrefect(tag))),
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

function asPrefect<T extends { readonly test?: RegExp | undefined }>(tag: T): T {
  const rule = PREFECT_SCALARS.find(({ sample }) => tag.test?.test(sample))
  return rule ? { ...tag, test: rule.test } : tag
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
