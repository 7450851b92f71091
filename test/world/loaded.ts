import type { JsonObject } from '../../src/lib/json.ts'
import { type LoadResult, loadManifest } from '../../src/manifest/load.ts'
import { validator } from './validator.ts'

export function load(text: string): LoadResult {
  return loadManifest({ file: 'f.yaml', text, defaultNamespace: 'default', validator })
}

export function run(spec: JsonObject, metadata: JsonObject = { name: 'r' }): string {
  return JSON.stringify({ apiVersion: 'capstan.dev/v1', kind: 'Run', metadata, spec })
}

export function template(fields: JsonObject): string {
  return run({ template: fields })
}
