import { createRequire } from 'node:module'
import type * as Library from 'ajv'

const load = createRequire(import.meta.url)

/**
 * The library, loaded when the first schema is compiled: most folders have none of their own, and to load it takes
 * as long as to read the folder. By require, because values are checked where nothing can be waited for.
 */
export function ajvLibrary(): Pick<typeof Library, 'Ajv'> {
  return load('ajv') as typeof Library
}
