import type { ObjectKey } from '../kinds/meta.ts'
import { canonicalJson, type JsonObject } from '../lib/json.ts'
import type { Page } from './object-list.ts'
import { insertList, type Sql, selectList } from './sql.ts'
import type { SourceFileRow, SourceObjectRow, SourceRow, SourceStore } from './types.ts'

const SOURCE_MEMBERS = [
  'id',
  'revision',
  'appliedAtMs',
  'rootIdentity',
  'held',
] as const satisfies readonly (keyof SourceRow)[]

const FILE_MEMBERS = [
  'source',
  'path',
  'stat',
  'hash',
  'problems',
] as const satisfies readonly (keyof SourceFileRow)[]

const OBJECT_MEMBERS = [
  'kind',
  'namespace',
  'name',
  'source',
  'path',
  'contentHash',
] as const satisfies readonly (keyof SourceObjectRow)[]

type StoredSource = Omit<SourceRow, 'held'> & { readonly held: string | null }
type StoredFile = Omit<SourceFileRow, 'problems'> & { readonly problems: string }

/** SQLite's word for no limit. */
const ALL = -1

const BEFORE_ALL = { path: '', kind: '', namespace: '', name: '' } as const

/** What the folder sources have read and what they own. */
export function createSourceStore(sql: Sql): SourceStore {
  return { ...createRoots(sql), ...createFiles(sql), ...createInventory(sql) }
}

function createRoots(sql: Sql) {
  const select = `SELECT ${selectList(SOURCE_MEMBERS)} FROM sources`
  const get = sql.one<[string], StoredSource>(`${select} WHERE id = ?`)
  const list = sql.many<[], StoredSource>(`${select} ORDER BY id`)
  const put = sql.write<[StoredSource]>(
    `INSERT OR REPLACE INTO sources ${insertList(SOURCE_MEMBERS)}`,
  )
  return {
    get(id: string) {
      const row = get(id)
      return row && toSource(row)
    },
    list: () => list().map(toSource),
    put(row: SourceRow) {
      put({ ...row, held: row.held === undefined ? null : canonicalJson(row.held) })
    },
  }
}

function createFiles(sql: Sql) {
  const files = sql.many<[string, string, number], StoredFile>(
    `SELECT ${selectList(FILE_MEMBERS)} FROM source_files
      WHERE source = +? AND path > +? ORDER BY path LIMIT +?`,
  )
  const put = sql.write<[StoredFile]>(
    `INSERT OR REPLACE INTO source_files ${insertList(FILE_MEMBERS)}`,
  )
  const remove = sql.write<[string, string]>(
    'DELETE FROM source_files WHERE source = ? AND path = ?',
  )
  return {
    files: (source: string, { after, limit }: Page<SourceFileRow> = { limit: ALL }) =>
      files(source, after?.path ?? '', limit).map(toFile),
    putFile(row: SourceFileRow) {
      put({ ...row, problems: canonicalJson(row.problems) })
    },
    removeFile(source: string, path: string) {
      remove(source, path)
    },
  }
}

function createInventory(sql: Sql) {
  const select = `SELECT ${selectList(OBJECT_MEMBERS)} FROM source_objects`
  const put = sql.write<[SourceObjectRow]>(
    `INSERT OR REPLACE INTO source_objects ${insertList(OBJECT_MEMBERS)}`,
  )
  const page = sql.many<[object], SourceObjectRow>(
    `${select} WHERE source = +@source AND path >= +@path
        AND (path, kind, namespace, name) > (+@path, +@kind, +@namespace, +@name)
      ORDER BY path, kind, namespace, name LIMIT +@limit`,
  )
  const count = sql.one<[string], { readonly count: number }>(
    'SELECT count(*) AS count FROM source_objects WHERE source = ?',
  )
  const byKey = 'kind = @kind AND namespace = @namespace AND name = @name'
  const remove = sql.write<[ObjectKey]>(`DELETE FROM source_objects WHERE ${byKey}`)
  return {
    objects(source: string, { after, limit }: Page<SourceObjectRow> = { limit: ALL }) {
      const { path, kind, namespace, name } = after ?? BEFORE_ALL
      return page({ source, path, kind, namespace, name, limit })
    },
    objectsOfFile: sql.many<[string, string], SourceObjectRow>(
      `${select} WHERE source = +? AND path = +? ORDER BY kind, namespace, name`,
    ),
    countObjects: (source: string) => count(source)?.count ?? 0,
    owner: sql.one<[ObjectKey], SourceObjectRow>(`${select} WHERE ${byKey}`),
    putObject(row: SourceObjectRow) {
      put(row)
    },
    removeObject(key: ObjectKey) {
      remove(key)
    },
  }
}

function toSource({ held: text, ...row }: StoredSource): SourceRow {
  if (text === null) return row
  const held: JsonObject = JSON.parse(text)
  return { ...row, held }
}

/** What nearly all of a hundred thousand files have. */
const NO_PROBLEMS: readonly JsonObject[] = []

function toFile(row: StoredFile): SourceFileRow {
  const problems: readonly JsonObject[] =
    row.problems === '[]' ? NO_PROBLEMS : JSON.parse(row.problems)
  return { ...row, problems }
}
