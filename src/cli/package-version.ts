import { readFileSync } from 'node:fs'
import { isJsonObject } from '../lib/json.ts'
import { plainText } from './json-text.ts'

/** The version in package.json, which lies two folders above this file in the sources and in dist alike. */
export function packageVersion(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  const manifest: unknown = JSON.parse(text)
  return isJsonObject(manifest) ? plainText(manifest['version']) : 'unknown'
}
