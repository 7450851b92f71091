import { badRequest } from './errors.ts'

const TRUE_WORDS = ['1', 't', 'T', 'true', 'True', 'TRUE']
const FALSE_WORDS = ['0', 'f', 'F', 'false', 'False', 'FALSE', '']

/** A boolean as Go's strconv.ParseBool reads it: the Python client sends `True`. Absent is false. */
export function boolQuery(query: URLSearchParams, name: string): boolean {
  const text = query.get(name) ?? ''
  if (TRUE_WORDS.includes(text)) return true
  if (FALSE_WORDS.includes(text)) return false
  throw badRequest(`query parameter ${name}: "${text}" is not a boolean`)
}

/** A whole number ≥ 0; absent and empty give undefined. */
export function countQuery(query: URLSearchParams, name: string): number | undefined {
  const text = query.get(name) ?? ''
  if (text === '') return undefined
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw badRequest(`query parameter ${name}: "${text}" is not a whole number`)
  }
  return value
}

/** A value out of a fixed set of words; absent and empty give undefined. */
export function wordQuery<Word extends string>(
  query: URLSearchParams,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = query.get(name) ?? ''
  if (text === '') return undefined
  const word = words.find((candidate) => candidate === text)
  if (word === undefined) {
    throw badRequest(
      `query parameter ${name}: "${text}" is not supported: use one of ${words.join(', ')}`,
    )
  }
  return word
}
