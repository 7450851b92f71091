import { INITIAL } from './0001-initial.ts'
import { UPKEEP } from './0002-upkeep.ts'
import { SLOTS } from './0003-slots.ts'
import { EVENT_LOG } from './0004-event-log.ts'
import { AUTOMATIONS } from './0005-automations.ts'
import { BEATS } from './0006-beats.ts'
import { NAMESPACE_META } from './0007-namespace-meta.ts'
import { POOL_USE } from './0008-pool-use.ts'
import { SETTLED } from './0009-settled.ts'
import { LEAN_LOGS } from './0010-lean-logs.ts'
import { PLAIN_COLUMNS } from './0011-plain-columns.ts'
import { SETTLED_BY_DELETION } from './0012-settled-by-deletion.ts'
import { AUTOMATION_LANE } from './0013-automation-lane.ts'

export interface Migration {
  /** user_version after it. */
  readonly version: number
  readonly sql: string
}

/** In order, without gaps; a released one is never edited, moved or taken out. */
export const MIGRATIONS: readonly Migration[] = [
  { version: 1, sql: INITIAL },
  { version: 2, sql: UPKEEP },
  { version: 3, sql: SLOTS },
  { version: 4, sql: EVENT_LOG },
  { version: 5, sql: AUTOMATIONS },
  { version: 6, sql: BEATS },
  { version: 7, sql: NAMESPACE_META },
  { version: 8, sql: POOL_USE },
  { version: 9, sql: SETTLED },
  { version: 10, sql: LEAN_LOGS },
  { version: 11, sql: PLAIN_COLUMNS },
  { version: 12, sql: SETTLED_BY_DELETION },
  { version: 13, sql: AUTOMATION_LANE },
]
