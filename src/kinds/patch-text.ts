import { errorMessage } from '../lib/errors.ts'
import type { Json, JsonObject } from '../lib/json.ts'
import { CONCATENATED_FIELDS } from './merge.ts'
import { hasPlaceholder, type PathStep } from './placeholder.ts'

export interface PatchTextProblem {
  readonly code: 'InvalidPatch'
  readonly path: readonly PathStep[]
  readonly message: string
}

export interface ParsedPatches {
  readonly template: JsonObject
  readonly problems: readonly PatchTextProblem[]
}

/**
 * Customizations that were written as JSON text become lists. Done before rendering, so that a value that
 * is filled in cannot break the JSON, and once more after it, for texts that only then are JSON.
 */
export function parsePatches(template: JsonObject): ParsedPatches {
  const problems: PatchTextProblem[] = []
  const parsed: Record<string, Json> = {}
  for (const field of CONCATENATED_FIELDS) {
    const text = template[field]
    if (typeof text !== 'string') continue
    const result = parsePatch(text)
    if (typeof result !== 'string') parsed[field] = result
    else if (!hasPlaceholder(text))
      problems.push({ code: 'InvalidPatch', path: [field], message: result })
  }
  return { template: { ...template, ...parsed }, problems }
}

/** The operations, or what is wrong with the text. What each operation must look like, the schema says. */
function parsePatch(text: string): readonly Json[] | string {
  try {
    const value = JSON.parse(text) as Json
    if (Array.isArray(value)) return value as readonly Json[]
    return 'a patch is a list of operations'
  } catch (error) {
    // Of the parser's own message only the place is kept: the rest quotes the text.
    const place = /at position \d+/.exec(errorMessage(error))?.[0]
    return place === undefined ? 'not valid JSON' : `not valid JSON, ${place}`
  }
}
