/** As 0009: a run that waits for a switch of its pool, or of its deployment, waits for another thing when that goes. */
export const SETTLED_BY_DELETION = `
CREATE TRIGGER unsettle_runs_without_template AFTER DELETE ON objects
  WHEN old.kind IN ('Deployment', 'WorkPool')
BEGIN
  UPDATE objects SET settled = NULL
    WHERE kind = 'Run' AND namespace = old.namespace AND settled = 1
      AND (old.kind = 'WorkPool' OR deployment = old.name);
END;
`
