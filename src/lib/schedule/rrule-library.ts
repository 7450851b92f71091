import { createRequire } from 'node:module'
import type * as Library from 'rrule'

const load = createRequire(import.meta.url)

/**
 * The rrule library, loaded when the first rule is read: most schedules have none. Loaded by `require`, because
 * the callers are synchronous.
 */
export function rruleLibrary(): Pick<typeof Library, 'RRule'> {
  return load('rrule') as typeof Library
}
