import { readFileSync } from 'node:fs'
import { isJsonObject, type JsonObject } from '../lib/json.ts'

/** Undefined: there is no such file. Its content is undefined where it is not the text of one JSON object. */
export function readJsonFile(
  path: string,
): { readonly content: JsonObject | undefined } | undefined {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  return { content: parseObject(text) }
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
