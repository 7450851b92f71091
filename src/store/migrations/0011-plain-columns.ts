/**
 * What objects are searched by, in columns that the store writes: drawn from spec and status by the schema,
 * it was read out of their JSON anew for each index at each change. Everything that hangs on the table is
 * made anew with it, as 0001 and 0009 made it.
 */
export const PLAIN_COLUMNS = `
DROP TRIGGER unsettle_changed_run;
DROP TRIGGER unsettle_run_of_new_attempt;
DROP TRIGGER unsettle_run_of_attempt;
DROP TRIGGER unsettle_runs_of_new_template;
DROP TRIGGER unsettle_runs_of_template;
CREATE TABLE plain_objects (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind <> ''),
  namespace TEXT NOT NULL REFERENCES namespaces (name),
  name TEXT NOT NULL CHECK (name <> ''),
  uid TEXT NOT NULL UNIQUE CHECK (uid <> ''),
  rv INTEGER NOT NULL,
  generation INTEGER NOT NULL CHECK (generation >= 1),
  created_at TEXT NOT NULL,
  deleted_at TEXT,
  owner_uid TEXT,
  deployment TEXT,
  work_pool TEXT,
  unfinished INTEGER CHECK (unfinished = 1),
  settled INTEGER CHECK (settled = 1),
  meta TEXT NOT NULL,
  spec TEXT NOT NULL,
  status TEXT,
  UNIQUE (kind, namespace, name)
) STRICT;
INSERT INTO plain_objects
  SELECT id, kind, namespace, name, uid, rv, generation, created_at, deleted_at, owner_uid, deployment,
    work_pool, unfinished, settled, meta, spec, status FROM objects ORDER BY id;
DROP TABLE objects;
ALTER TABLE plain_objects RENAME TO objects;

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
CREATE INDEX unsettled_runs ON objects (namespace, name) WHERE kind = 'Run' AND settled IS NULL;

CREATE TRIGGER unsettle_changed_run AFTER UPDATE OF rv ON objects
  WHEN new.settled = 1
BEGIN
  UPDATE objects SET settled = NULL WHERE id = new.id;
END;

CREATE TRIGGER unsettle_run_of_new_attempt AFTER INSERT ON attempts
BEGIN
  UPDATE objects SET settled = NULL WHERE uid = new.run_uid AND settled = 1;
END;

CREATE TRIGGER unsettle_run_of_attempt AFTER UPDATE ON attempts
BEGIN
  UPDATE objects SET settled = NULL WHERE uid = new.run_uid AND settled = 1;
END;

CREATE TRIGGER unsettle_runs_of_new_template AFTER INSERT ON objects
  WHEN new.kind IN ('Deployment', 'WorkPool')
BEGIN
  UPDATE objects SET settled = NULL
    WHERE kind = 'Run' AND namespace = new.namespace AND settled = 1
      AND (new.kind = 'WorkPool' OR deployment = new.name);
END;

CREATE TRIGGER unsettle_runs_of_template AFTER UPDATE OF generation ON objects
  WHEN new.kind IN ('Deployment', 'WorkPool') AND new.generation <> old.generation
BEGIN
  UPDATE objects SET settled = NULL
    WHERE kind = 'Run' AND namespace = new.namespace AND settled = 1
      AND (new.kind = 'WorkPool' OR deployment = new.name);
END;
`
