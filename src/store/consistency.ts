import type Database from 'better-sqlite3'

/**
 * Damage that a check of the pages does not see: a flipped bit inside a value leaves a sound file. What decides
 * whether something is launched stands in an index as well, so the two are compared, for unfinished runs
 * and living attempts only: a whole integrity_check of 100,000 runs takes longer than a start may.
 */
const COMPARISONS: readonly { readonly of: string; readonly query: string }[] = [
  {
    of: 'the uid of an unfinished run',
    query: `SELECT 1 FROM objects AS row WHERE unfinished = 1
      AND NOT EXISTS (SELECT 1 FROM objects AS entry WHERE entry.uid = row.uid) LIMIT 1`,
  },
  {
    of: 'the mark of an unfinished run',
    query: `SELECT 1 FROM objects AS row WHERE unfinished = 1 AND NOT EXISTS (
        SELECT 1 FROM objects AS entry NOT INDEXED WHERE entry.id = row.id AND entry.unfinished = 1
      ) LIMIT 1`,
  },
  {
    of: 'the attempts of an unfinished run',
    query: `SELECT 1 FROM objects JOIN attempts AS row ON row.run_uid = objects.uid
      WHERE objects.unfinished = 1 AND NOT EXISTS (
        SELECT 1 FROM attempts AS entry WHERE entry.run_uid = +row.run_uid AND entry."index" = +row."index"
           AND entry.number = +row.number AND entry.try = +row.try
      ) LIMIT 1`,
  },
  {
    of: 'the run of a living attempt',
    query: `SELECT 1 FROM attempts AS row WHERE phase IN ('Intent', 'Launched') AND NOT EXISTS (
        SELECT 1 FROM attempts AS entry WHERE entry.run_uid = row.run_uid AND entry."index" = row."index"
           AND entry.number = row.number AND entry.try = row.try
      ) LIMIT 1`,
  },
  {
    of: 'the token of a living attempt',
    query: `SELECT 1 FROM attempts AS row WHERE phase IN ('Intent', 'Launched') AND NOT EXISTS (
        SELECT 1 FROM attempts AS entry WHERE entry.client_token = row.client_token
      ) LIMIT 1`,
  },
  {
    of: 'the task of a living attempt',
    query: `SELECT 1 FROM attempts AS row WHERE phase = 'Launched' AND NOT EXISTS (
        SELECT 1 FROM attempts AS entry WHERE entry.task_arn = row.task_arn AND entry.task_arn IS NOT NULL
      ) LIMIT 1`,
  },
]

/** False for a row of objects whose JSON is none: no statement would notice before somebody needs it. */
const IS_READABLE = "json_valid(meta) AND json_valid(spec) AND json_valid(coalesce(status, '{}'))"

/** What launches are decided from; the texts of runs that are over are read for people alone. */
const TEXTS: readonly { readonly of: string; readonly query: string }[] = [
  {
    of: 'an unfinished run',
    query: `SELECT 1 FROM objects WHERE unfinished = 1 AND NOT (${IS_READABLE}) LIMIT 1`,
  },
  {
    of: 'what runs are made from',
    query: `SELECT 1 FROM objects
      WHERE kind IN ('WorkPool', 'Deployment', 'Automation') AND NOT (${IS_READABLE}) LIMIT 1`,
  },
]

/**
 * A flipped letter in the schema's own text makes columns and rules disappear. The text is what the
 * migrations write, statement by statement, so it is compared with that of a database made now (3 ms).
 */
export function findSchemaDamage(
  database: Database.Database,
  fresh: Database.Database,
): string | undefined {
  const written = schemaOf(fresh)
  const found = schemaOf(database)
  const wrong = [...written].find(([name, text]) => found.get(name) !== text)
  return wrong && `the schema of ${wrong[0]} is not as it was written`
}

function schemaOf(database: Database.Database): ReadonlyMap<string, string> {
  const rows = database
    .prepare<[], { name: string; text: string | null }>(
      "SELECT name, type || ' ' || tbl_name || ' ' || sql AS text FROM sqlite_schema",
    )
    .all()
  return new Map(rows.flatMap(({ name, text }) => (text === null ? [] : [[name, text] as const])))
}

/** What stands in a table otherwise than in its index, or cannot be read; undefined when all is as it was written. */
export function findContradiction(database: Database.Database): string | undefined {
  for (const { of, query } of COMPARISONS) {
    if (database.prepare(query).get() !== undefined) return `${of} differs between table and index`
  }
  for (const { of, query } of TEXTS) {
    if (database.prepare(query).get() !== undefined) return `the text of ${of} is no JSON`
  }
  return undefined
}
