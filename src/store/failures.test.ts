import Database from 'better-sqlite3'
import { describe, expect, test } from 'vitest'
import { toStoreUnusable } from './errors.ts'
import { createSql } from './sql.ts'
import { Transactions } from './transaction.ts'

function transactionsOn(database: Database.Database): Transactions {
  return new Transactions(database, {
    path: '/data/capstan.db',
    newestResourceVersion: 0,
    onListenerError: (error) => {
      throw error
    },
  })
}

function sqliteError(code: string): Error {
  return new Database.SqliteError('from SQLite', code)
}

describe('failures of SQLite', () => {
  test.each([
    ['SQLITE_CORRUPT', 'Corrupt'],
    ['SQLITE_CORRUPT_INDEX', 'Corrupt'],
    ['SQLITE_NOTADB', 'NotCapstan'],
    ['SQLITE_READONLY', 'ReadOnly'],
    ['SQLITE_READONLY_DIRECTORY', 'ReadOnly'],
    ['SQLITE_FULL', 'Full'],
    ['SQLITE_BUSY', 'Locked'],
    ['SQLITE_BUSY_SNAPSHOT', 'Locked'],
    ['SQLITE_CANTOPEN', 'Io'],
    ['SQLITE_IOERR_FSYNC', 'Io'],
  ])('%s is %s, in a sentence that names the file and keeps the cause', (code, reason) => {
    const unusable = toStoreUnusable(sqliteError(code), '/data/capstan.db')
    expect(unusable).toMatchObject({ reason, cause: { code } })
    expect(unusable?.message).toContain('/data/capstan.db')
  })

  test.each([
    ['a broken constraint', sqliteError('SQLITE_CONSTRAINT_CHECK')],
    ['an error of ours', new Error('no')],
  ])('%s is none', (_, error) => {
    expect(toStoreUnusable(error, 'x')).toBeUndefined()
  })

  test('a full disk fails the transaction, and writing goes on when there is room again', () => {
    const database = new Database(':memory:')
    database.exec('CREATE TABLE big (text)')
    database.pragma('max_page_count = 20')
    const transactions = transactionsOn(database)
    const insert = createSql(database).write<[string]>('INSERT INTO big VALUES (?)')
    const fill = () => transactions.run(() => insert('x'.repeat(200_000)))
    expect(fill).toThrow(expect.objectContaining({ reason: 'Full' }))
    expect(database.inTransaction).toBe(false)
    database.pragma('max_page_count = 1000')
    expect(fill).not.toThrow()
  })

  test('when SQLite itself ends a transaction, nothing of it goes on, whoever catches what', () => {
    const database = new Database(':memory:')
    database.exec('CREATE TABLE t (text)')
    const transactions = transactionsOn(database)
    const insert = createSql(database).write<[string]>('INSERT INTO t VALUES (?)')
    const write = () =>
      transactions.run(() => {
        insert('before')
        expect(() => transactions.run(() => database.exec('ROLLBACK'))).toThrow(
          'ended the transaction',
        )
        expect(() => transactions.run(() => insert('after'))).toThrow('ended the transaction')
        expect(() => insert('after')).toThrow('inside a transaction only')
      })
    expect(write).toThrow('ended the transaction')
    expect(database.prepare('SELECT * FROM t').all()).toEqual([])
    transactions.run(() => insert('later'))
    expect(database.prepare('SELECT * FROM t').all()).toEqual([{ text: 'later' }])
  })

  test.each(['SQLITE_IOERR_FSYNC', 'SQLITE_CORRUPT'])(
    'after %s nothing is written any more',
    (code) => {
      const transactions = transactionsOn(new Database(':memory:'))
      const write = () =>
        transactions.run(() => {
          throw sqliteError(code)
        })
      expect(write).toThrow(expect.objectContaining({ name: 'StoreUnusable' }))
      expect(() => transactions.run(() => 1)).toThrow(
        expect.objectContaining({ name: 'StoreUnusable' }),
      )
    },
  )
})
