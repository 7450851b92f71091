/**
 * The first schema. Never edited after release: later changes are later migrations.
 *
 * Tables whose rows are large (objects, attempts, events, journal) keep a rowid: in a WITHOUT ROWID
 * table a row of more than a quarter page spills into overflow pages. Small tables with text keys are
 * WITHOUT ROWID, so that a key is stored once.
 *
 * The schema itself refuses what must never be: two live attempts of one run and index, one task or
 * one client token in two rows, an intent that is taken up again.
 */
export const INITIAL = `
CREATE TABLE identity (
  key TEXT NOT NULL PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE journal (
  rv INTEGER PRIMARY KEY AUTOINCREMENT,
  type TEXT NOT NULL CHECK (type IN ('ADDED', 'MODIFIED', 'DELETED')),
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  object TEXT
) STRICT;

CREATE TABLE namespaces (
  name TEXT NOT NULL PRIMARY KEY CHECK (name <> ''),
  uid TEXT NOT NULL UNIQUE,
  created_at_ms INTEGER NOT NULL,
  terminating INTEGER NOT NULL CHECK (terminating IN (0, 1)),
  rv INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE objects (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind <> ''),
  namespace TEXT NOT NULL REFERENCES namespaces (name),
  name TEXT NOT NULL CHECK (name <> ''),
  uid TEXT NOT NULL UNIQUE CHECK (uid <> ''),
  rv INTEGER NOT NULL,
  generation INTEGER NOT NULL CHECK (generation >= 1),
  created_at TEXT NOT NULL,
  deleted_at TEXT,
  meta TEXT NOT NULL,
  spec TEXT NOT NULL,
  status TEXT,
  owner_uid TEXT GENERATED ALWAYS AS (json_extract(meta, '$.ownerReferences[0].uid')) VIRTUAL,
  deployment TEXT GENERATED ALWAYS AS (
    CASE kind WHEN 'Run' THEN json_extract(spec, '$.deployment') END
  ) VIRTUAL,
  work_pool TEXT GENERATED ALWAYS AS (
    CASE kind
      WHEN 'Deployment' THEN coalesce(json_extract(spec, '$.workPool'), 'default')
      WHEN 'Run' THEN coalesce(
        json_extract(spec, '$.workPool'),
        CASE WHEN json_extract(spec, '$.deployment') IS NULL THEN 'default' END
      )
    END
  ) VIRTUAL,
  unfinished INTEGER GENERATED ALWAYS AS (
    CASE WHEN kind = 'Run' AND (
      deleted_at IS NOT NULL
      OR coalesce(json_extract(status, '$.state.type'), '')
        NOT IN ('CANCELLED', 'COMPLETED', 'FAILED', 'CRASHED')
    ) THEN 1 END
  ) VIRTUAL,
  UNIQUE (kind, namespace, name)
) STRICT;
CREATE INDEX objects_of_namespace ON objects (namespace);
CREATE INDEX objects_of_owner ON objects (owner_uid) WHERE owner_uid IS NOT NULL;
CREATE INDEX runs_of_deployment ON objects (namespace, deployment, name)
  WHERE deployment IS NOT NULL;
CREATE INDEX deployments_of_work_pool ON objects (namespace, work_pool, name)
  WHERE kind = 'Deployment';
CREATE INDEX runs_of_work_pool ON objects (namespace, work_pool, deployment, name)
  WHERE kind = 'Run';
CREATE INDEX unfinished_runs ON objects (namespace, name) WHERE unfinished = 1;
CREATE INDEX unfinished_runs_of_work_pool ON objects (namespace, work_pool, deployment, name)
  WHERE unfinished = 1;

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  run_uid TEXT NOT NULL CHECK (run_uid <> ''),
  namespace TEXT NOT NULL,
  run_name TEXT NOT NULL,
  "index" INTEGER NOT NULL CHECK ("index" >= 0),
  number INTEGER NOT NULL CHECK (number >= 1),
  try INTEGER NOT NULL CHECK (try >= 1),
  client_token TEXT NOT NULL UNIQUE CHECK (length(client_token) BETWEEN 1 AND 64),
  started_by TEXT NOT NULL CHECK (length(started_by) BETWEEN 1 AND 36),
  account TEXT NOT NULL,
  cluster TEXT NOT NULL,
  work_pool TEXT NOT NULL,
  container_name TEXT NOT NULL,
  task_definition_arn TEXT NOT NULL,
  body TEXT NOT NULL,
  phase TEXT NOT NULL CHECK (phase IN ('Intent', 'Refused', 'Launched', 'Stopped', 'Lost')),
  epoch INTEGER NOT NULL CHECK (epoch >= 0),
  created_at_ms INTEGER NOT NULL,
  sent_at_ms INTEGER,
  sends INTEGER NOT NULL CHECK (sends >= 0),
  task_arn TEXT,
  cluster_arn TEXT,
  version INTEGER,
  observation TEXT,
  observed_at_ms INTEGER,
  missing_since_ms INTEGER,
  stop_cause TEXT,
  stop_requested_at_ms INTEGER,
  outcome_class TEXT,
  outcome_message TEXT,
  exit_code INTEGER,
  ended_at_ms INTEGER,
  UNIQUE (run_uid, "index", number, try),
  CHECK (phase <> 'Launched' OR task_arn IS NOT NULL)
) STRICT;
CREATE UNIQUE INDEX attempts_task_arn ON attempts (task_arn) WHERE task_arn IS NOT NULL;
CREATE UNIQUE INDEX attempts_one_live ON attempts (run_uid, "index")
  WHERE phase IN ('Intent', 'Launched');
CREATE INDEX attempts_live ON attempts (created_at_ms) WHERE phase IN ('Intent', 'Launched');
CREATE INDEX attempts_live_of_work_pool ON attempts (namespace, work_pool)
  WHERE phase IN ('Intent', 'Launched');
CREATE TRIGGER attempts_settled_intent BEFORE UPDATE OF phase ON attempts
  WHEN new.phase = 'Intent' AND old.phase <> 'Intent'
BEGIN
  SELECT raise(ABORT, 'a settled attempt never becomes an intent again');
END;

CREATE TABLE events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  regarding_kind TEXT NOT NULL,
  regarding_name TEXT NOT NULL,
  regarding_uid TEXT NOT NULL,
  type TEXT NOT NULL CHECK (type IN ('Normal', 'Warning')),
  reason TEXT NOT NULL,
  message TEXT NOT NULL,
  count INTEGER NOT NULL CHECK (count >= 1),
  first_at_ms INTEGER NOT NULL,
  last_at_ms INTEGER NOT NULL,
  rv INTEGER NOT NULL,
  UNIQUE (namespace, name)
) STRICT;
CREATE INDEX events_regarding ON events (regarding_uid, rv);
CREATE INDEX events_by_version ON events (rv);

CREATE TABLE definitions (
  task_definition_arn TEXT NOT NULL PRIMARY KEY,
  account TEXT NOT NULL,
  family TEXT NOT NULL,
  hash TEXT NOT NULL,
  revision INTEGER NOT NULL,
  registered_at_ms INTEGER NOT NULL,
  last_used_at_ms INTEGER NOT NULL,
  status TEXT NOT NULL CHECK (status IN ('ACTIVE', 'INACTIVE', 'DELETED')),
  auto_deregister INTEGER NOT NULL CHECK (auto_deregister IN (0, 1))
) STRICT, WITHOUT ROWID;
CREATE INDEX definitions_of_family ON definitions (account, family, hash);

CREATE TABLE history (
  uid TEXT NOT NULL PRIMARY KEY,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  content_hash TEXT,
  deployment TEXT,
  work_pool TEXT,
  state_type TEXT NOT NULL,
  state_name TEXT NOT NULL,
  message TEXT,
  exit_code INTEGER,
  attempts INTEGER NOT NULL,
  created_at_ms INTEGER NOT NULL,
  started_at_ms INTEGER,
  finished_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX history_by_end ON history (finished_at_ms);
CREATE INDEX history_of_run ON history (namespace, name);
CREATE INDEX history_of_deployment ON history (namespace, deployment, finished_at_ms)
  WHERE deployment IS NOT NULL;

CREATE TABLE sources (
  id TEXT NOT NULL PRIMARY KEY,
  revision TEXT NOT NULL,
  applied_at_ms INTEGER NOT NULL,
  root_identity TEXT NOT NULL,
  held TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE source_files (
  source TEXT NOT NULL,
  path TEXT NOT NULL,
  stat TEXT NOT NULL,
  hash TEXT NOT NULL,
  problems TEXT NOT NULL,
  PRIMARY KEY (source, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE source_objects (
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  source TEXT NOT NULL,
  path TEXT NOT NULL,
  content_hash TEXT NOT NULL,
  PRIMARY KEY (kind, namespace, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX source_objects_of_source ON source_objects (source, path);
`
