import type Database from 'better-sqlite3'
import { invariant } from '../lib/assert.ts'
import { lazily } from '../lib/lazily.ts'

/**
 * What the files of the store need of the driver. A statement is prepared once, when it is first used: most
 * programs use few of them, and preparing all takes longer than a short program runs.
 *
 * In statements with ORDER BY or GROUP BY every parameter is written `+?`, that of LIMIT too: with a bare
 * `?` this build of SQLite (STAT4) compiles the statement anew at each call, which costs five to twenty
 * times the query.
 */
export interface Sql {
  one<Parameters extends unknown[], Row>(
    text: string,
  ): (...parameters: Parameters) => Row | undefined
  many<Parameters extends unknown[], Row>(text: string): (...parameters: Parameters) => Row[]
  /** Returns how many rows changed and the last rowid; refuses to run outside a transaction. */
  write<Parameters extends unknown[]>(text: string): (...parameters: Parameters) => WriteResult
}

interface WriteResult {
  readonly changes: number
  readonly lastRowid: number
}

/**
 * `report` hears of each failed read and gives what is thrown in its place; writes fail within a
 * transaction, which classifies.
 */
export function createSql(
  database: Database.Database,
  report: (error: unknown) => unknown = (error) => error,
): Sql {
  const reported = <T>(query: () => T): T => {
    try {
      return query()
    } catch (error) {
      throw report(error)
    }
  }
  return {
    one<Parameters extends unknown[], Row>(text: string) {
      const statement = lazily(() => database.prepare<Parameters, Row>(text))
      return (...parameters) => reported(() => statement().get(...parameters))
    },
    many<Parameters extends unknown[], Row>(text: string) {
      const statement = lazily(() => database.prepare<Parameters, Row>(text))
      return (...parameters) => reported(() => statement().all(...parameters))
    },
    write<Parameters extends unknown[]>(text: string) {
      const statement = lazily(() => database.prepare<Parameters>(text))
      return (...parameters) => {
        invariant(database.inTransaction, 'the store is written inside a transaction only')
        const { changes, lastInsertRowid } = statement().run(...parameters)
        return { changes, lastRowid: Number(lastInsertRowid) }
      }
    },
  }
}

/** What SQLite answers for T: optional members are null when absent. */
export type Nullable<T> = {
  readonly [Member in keyof T]-?: undefined extends T[Member]
    ? Exclude<T[Member], undefined> | null
    : T[Member]
}

/** The row without its null members. This is the parser of rows: the schema vouches for the types. */
export function toPresent<T extends object>(row: Nullable<T>): T {
  const present: Partial<Record<keyof T, unknown>> = {}
  for (const member in row) if (row[member] !== null) present[member] = row[member]
  return present as T
}

/** Column of a member: `startedAtMs` is kept in "started_at_ms". */
export function toColumn(member: string): string {
  return `"${member.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}"`
}

/** `"run_uid" AS runUid, …` */
export function selectList(members: readonly string[]): string {
  return members.map((member) => `${toColumn(member)} AS "${member}"`).join(', ')
}

/** `("run_uid", …) VALUES (@runUid, …)` */
export function insertList(members: readonly string[]): string {
  const columns = members.map(toColumn).join(', ')
  return `(${columns}) VALUES (${members.map((member) => `@${member}`).join(', ')})`
}
