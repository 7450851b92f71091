/**
 * What following output, keeping last lines, collecting definitions and sweeping for orphans need to
 * know. Every question that they ask has an index, so that asking often costs nothing in a quiet world.
 */
export const UPKEEP = `
ALTER TABLE attempts ADD COLUMN logs TEXT;
ALTER TABLE attempts ADD COLUMN last_lines TEXT;
CREATE INDEX attempts_streaming ON attempts (created_at_ms)
  WHERE phase IN ('Intent', 'Launched') AND json_extract(logs, '$.streamOutput') = 1;
CREATE INDEX attempts_without_lines ON attempts (ended_at_ms)
  WHERE last_lines IS NULL AND task_arn IS NOT NULL AND outcome_class <> 'Success'
    AND logs IS NOT NULL;
CREATE INDEX attempts_without_lines_and_logs ON attempts (ended_at_ms)
  WHERE last_lines IS NULL AND task_arn IS NOT NULL AND outcome_class <> 'Success'
    AND logs IS NULL;
CREATE INDEX attempts_of_cluster ON attempts (account, cluster);
CREATE INDEX attempts_of_definition ON attempts (task_definition_arn);
CREATE INDEX attempts_live_of_definition ON attempts (task_definition_arn)
  WHERE phase IN ('Intent', 'Launched');
CREATE INDEX attempts_in_doubt ON attempts (ended_at_ms) WHERE phase IN ('Refused', 'Lost');

ALTER TABLE definitions ADD COLUMN work_pool TEXT;

CREATE TABLE followed_logs (
  client_token TEXT NOT NULL REFERENCES attempts (client_token) ON DELETE CASCADE,
  container TEXT NOT NULL,
  at_ms INTEGER NOT NULL,
  count_at_ms INTEGER NOT NULL CHECK (count_at_ms >= 0),
  PRIMARY KEY (client_token, container)
) STRICT, WITHOUT ROWID;
`
