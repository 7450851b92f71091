/**
 * Which Runs are over and done with: nothing is decided about them until they change, or an attempt of
 * theirs, or what their template is merged from. Whatever changes takes the mark away, so that a full look
 * can pass over the marked ones without a doubt.
 */
export const SETTLED = `
ALTER TABLE objects ADD COLUMN settled INTEGER CHECK (settled = 1);
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
