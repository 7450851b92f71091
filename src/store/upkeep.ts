import type { ObjectKey } from '../kinds/meta.ts'
import { ATTEMPT_COLUMNS, type StoredAttempt, toAttempt } from './attempts.ts'
import type { Page } from './object-list.ts'
import type { Nullable, Sql } from './sql.ts'
import type { AttemptRow } from './types.ts'

/** Questions of the background parts (controllers/upkeep.ts). Every answer comes from an index of its own. */
export interface UpkeepStore {
  /** Whether a living attempt, or an attempt of an unfinished run, was launched from this revision. */
  isDefinitionInUse(taskDefinitionArn: string): boolean
  /** Living attempts whose output the controller's log follows. */
  streamingAttempts(): readonly AttemptRow[]
  /**
   * Attempts with a task that ended other than well and whose last lines were not looked for, newest
   * first. `everyTask`: also those whose log settings name no place.
   */
  attemptsWithoutLastLines(limit: number, everyTask: boolean): readonly AttemptRow[]
  /** The try of a run whose task has this startedBy. */
  attemptStartedBy(runUid: string, startedBy: string): AttemptRow | undefined
  /** Where attempts were ever launched. */
  clusters(): readonly Place[]
  /** Families of the definitions that attempts in this cluster were launched from, at most `limit`. */
  familiesIn(place: Place, limit: number): readonly string[]
  /** Of unfinished runs, by namespace and name: what decides where they are launched. */
  launchPlaces(page: Page<ObjectKey>): readonly LaunchPlace[]
  /** Unfinished runs that carry this annotation, and perhaps a few more, whose metadata hold its name as text. */
  unfinishedRunsNoting(annotation: string): readonly ObjectKey[]
  hasLiveAttempts(): boolean
  /** When an attempt last ended without proof that it has no task: refused or lost. Epoch milliseconds. */
  lastDoubtMs(): number | undefined
}

/** A cluster of an account (AwsAccount.id). */
export interface Place {
  readonly account: string
  readonly cluster: string
}

/** What a run names of the objects that its template is merged from. */
export interface LaunchPlace extends ObjectKey {
  readonly workPool: string | undefined
  readonly deployment: string | undefined
  /** Its own template has something to say about the cluster. */
  readonly namesCluster: boolean
}

/** An unfinished run that waits for a retry is among the latest of its revision. */
const RECENT_ATTEMPTS = 1_000

const UNSEEN_END = `last_lines IS NULL AND task_arn IS NOT NULL AND outcome_class <> 'Success'`

export function createUpkeepStore(sql: Sql): UpkeepStore {
  return { ...createAttemptQuestions(sql), ...createLogQuestions(sql), ...createRunQuestions(sql) }
}

type RunQuestions = Pick<UpkeepStore, 'launchPlaces' | 'unfinishedRunsNoting'>
type LogQuestions = Pick<UpkeepStore, 'streamingAttempts' | 'attemptsWithoutLastLines'>

function createAttemptQuestions(sql: Sql): Omit<UpkeepStore, keyof (LogQuestions & RunQuestions)> {
  const live = sql.one<[string], object>(
    `SELECT 1 FROM attempts INDEXED BY attempts_live
      WHERE task_definition_arn = ? AND phase IN ('Intent', 'Launched')`,
  )
  const unfinished = sql.one<[string, string, string], object>(
    `SELECT 1 FROM (
        SELECT run_uid FROM attempts
          WHERE account = +? AND cluster = +? AND task_definition_arn = +?
          ORDER BY id DESC LIMIT ${RECENT_ATTEMPTS}
      ) AS recent JOIN objects ON objects.uid = recent.run_uid
      WHERE objects.unfinished = 1 LIMIT 1`,
  )
  const clusters = createPlaces(sql)
  const startedBy = sql.one<[string, string], StoredAttempt>(
    `SELECT ${ATTEMPT_COLUMNS} FROM attempts WHERE run_uid = ? AND started_by = ?`,
  )
  const anyLive = sql.one<[], object>(
    `SELECT 1 FROM attempts WHERE phase IN ('Intent', 'Launched') LIMIT 1`,
  )
  const doubt = sql.one<[], { atMs: number | null }>(
    `SELECT max(ended_at_ms) AS atMs FROM attempts WHERE phase IN ('Refused', 'Lost')`,
  )
  return {
    isDefinitionInUse: (arn) =>
      live(arn) !== undefined ||
      clusters().some(({ account, cluster }) => unfinished(account, cluster, arn) !== undefined),
    attemptStartedBy(runUid, name) {
      const stored = startedBy(runUid, name)
      return stored && toAttempt(stored)
    },
    clusters,
    familiesIn: createFamilies(sql),
    hasLiveAttempts: () => anyLive() !== undefined,
    lastDoubtMs: () => doubt()?.atMs ?? undefined,
  }
}

/** Skips through the index from one family to the next: a family has many revisions, and those many attempts. */
function createFamilies(sql: Sql): UpkeepStore['familiesIn'] {
  const next = sql.one<[string, string, string], { arn: string }>(
    `SELECT task_definition_arn AS arn FROM attempts
      WHERE account = ? AND cluster = ? AND task_definition_arn > ?
      ORDER BY task_definition_arn LIMIT 1`,
  )
  return ({ account, cluster }, limit) => {
    const families: string[] = []
    let found = next(account, cluster, '')
    while (found && families.length < limit) {
      const [name = ''] = /^[^:]*$|^.*(?=:)/.exec(found.arn) ?? []
      families.push(name.split('/').at(-1) ?? name)
      // Behind `name:9999`, before any longer name.
      found = next(account, cluster, `${name};`)
    }
    return families
  }
}

/** Skips through the index from one place to the next: many attempts have few places. */
function createPlaces(sql: Sql): () => readonly Place[] {
  const next = sql.one<[string, string], Place>(
    `SELECT account, cluster FROM attempts WHERE (account, cluster) > (+?, +?)
      ORDER BY account, cluster LIMIT 1`,
  )
  return () => {
    const places: Place[] = []
    for (let place = next('', ''); place; place = next(place.account, place.cluster)) {
      places.push(place)
    }
    return places
  }
}

function createLogQuestions(sql: Sql): LogQuestions {
  const select = `SELECT ${ATTEMPT_COLUMNS} FROM attempts`
  const streaming = sql.many<[], StoredAttempt>(
    `${select} WHERE phase IN ('Intent', 'Launched')
        AND json_extract(logs, '$.streamOutput') = 1 ORDER BY created_at_ms, id`,
  )
  const withLogs = sql.many<[number], StoredAttempt>(
    `${select} WHERE ${UNSEEN_END} AND logs IS NOT NULL ORDER BY ended_at_ms DESC LIMIT +?`,
  )
  const withoutLogs = sql.many<[number], StoredAttempt>(
    `${select} WHERE ${UNSEEN_END} AND logs IS NULL ORDER BY ended_at_ms DESC LIMIT +?`,
  )
  return {
    streamingAttempts: () => streaming().map(toAttempt),
    attemptsWithoutLastLines: (limit, everyTask) =>
      [...withLogs(limit), ...(everyTask ? withoutLogs(limit) : [])].map(toAttempt),
  }
}

type StoredPlace = Pick<LaunchPlace, 'kind' | 'namespace' | 'name'> &
  Nullable<Pick<LaunchPlace, 'workPool' | 'deployment'>> & { readonly namesCluster: 0 | 1 }

function createRunQuestions(sql: Sql): RunQuestions {
  const places = sql.many<[{ namespace: string; name: string; limit: number }], StoredPlace>(
    `SELECT 'Run' AS kind, namespace, name, work_pool AS workPool, deployment,
        json_type(spec, '$.template.cluster') IS NOT NULL AS namesCluster
       FROM objects WHERE unfinished = 1 AND (namespace, name) > (+@namespace, +@name)
      ORDER BY namespace, name LIMIT +@limit`,
  )
  const noting = sql.many<[string], ObjectKey>(
    `SELECT 'Run' AS kind, namespace, name FROM objects
      WHERE unfinished = 1 AND instr(meta, +?) > 0 ORDER BY namespace, name`,
  )
  return {
    launchPlaces: ({ after = { namespace: '', name: '' }, limit }) =>
      places({ namespace: after.namespace, name: after.name, limit }).map(
        ({ workPool, deployment, namesCluster, ...key }) => ({
          ...key,
          workPool: workPool ?? undefined,
          deployment: deployment ?? undefined,
          namesCluster: namesCluster === 1,
        }),
      ),
    unfinishedRunsNoting: (annotation) => noting(JSON.stringify(annotation)),
  }
}
