import { readFileSync } from 'node:fs'
import { errorCode } from '../lib/errors.ts'
import { isJsonObject, type JsonObject, parseJson } from '../lib/json.ts'

/** Undefined: there is no such file. Its content is undefined where it is not the text of one JSON object. */
export function readJsonFile(
  path: string,
): { readonly content: JsonObject | undefined } | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined
    throw error
  }
  return { content: parseObject(text) }
}

function parseObject(text: string): JsonObject | undefined {
  const value = parseJson(text)
  return isJsonObject(value) ? value : undefined
}
