import { createRequire } from 'node:module'
import type * as Library from 'ajv'

const load = createRequire(import.meta.url)

/**
 * ajv, loaded when the first schema is compiled: most folders have none of their own, and loading it takes as long
 * as reading the folder. Loaded by `require`, because the callers are synchronous.
 */
export function ajvLibrary(): Pick<typeof Library, 'Ajv'> {
  return load('ajv') as typeof Library
}
