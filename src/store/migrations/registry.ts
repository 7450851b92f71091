import { INITIAL } from './0001-initial.ts'

export interface Migration {
  /** user_version after it. */
  readonly version: number
  readonly sql: string
}

/** In order, without gaps; a released one is never edited, moved or taken out. */
export const MIGRATIONS: readonly Migration[] = [{ version: 1, sql: INITIAL }]
