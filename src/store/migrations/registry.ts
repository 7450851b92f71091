import { INITIAL } from './0001-initial.ts'
import { UPKEEP } from './0002-upkeep.ts'
import { SLOTS } from './0003-slots.ts'

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
]
