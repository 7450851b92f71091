import { createRequire } from 'node:module'
import type * as Library from 'rrule'

const load = createRequire(import.meta.url)

/**
 * The library, loaded when the first rule is read: most schedules have none. By require, because the times of
 * a rule are asked for where nothing can be waited for; it gives the same module each time.
 */
export function rruleLibrary(): Pick<typeof Library, 'RRule'> {
  return load('rrule') as typeof Library
}
