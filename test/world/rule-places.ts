import type { Kind } from '../../src/kinds/meta.ts'
import type { JsonObject } from '../../src/lib/json.ts'
import { type Issue, renderPath } from '../../src/manifest/problem.ts'
import { validator } from './validator.ts'

export function check(kind: Kind, spec: JsonObject): readonly Issue[] {
  return validator.object(kind, {
    apiVersion: 'capstan.dev/v1',
    kind,
    metadata: { name: 'me' },
    spec,
  })
}

export type Case = readonly [string, JsonObject, string, string]

export function places(kind: Kind, spec: JsonObject): readonly (readonly [string, string])[] {
  return check(kind, spec).map(({ code, path }) => [code, renderPath(path)] as const)
}

export const DAILY = { cron: '0 6 * * *' }
