/**
 * What automations do is recorded in a lane of its own: others give them cause, and may not push out by
 * that what Capstan itself has recorded. The rest of the table and its indexes are as 0010 made them.
 */
export const AUTOMATION_LANE = `
CREATE TABLE laned_event_log (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
  lane TEXT NOT NULL CHECK (lane IN ('Own', 'Outside', 'Beat', 'Automation')),
  occurred_at_ms INTEGER NOT NULL,
  received_at_ms INTEGER NOT NULL,
  event TEXT NOT NULL,
  namespace TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  run_uid TEXT,
  is_outside INTEGER,
  bytes INTEGER NOT NULL,
  body TEXT NOT NULL
) STRICT;
INSERT INTO laned_event_log
  SELECT seq, id, lane, occurred_at_ms, received_at_ms, event, namespace, resource_id, run_uid, is_outside,
    bytes, body FROM event_log ORDER BY seq;
DROP TABLE event_log;
ALTER TABLE laned_event_log RENAME TO event_log;
CREATE UNIQUE INDEX event_log_id ON event_log (id) WHERE lane <> 'Own';
CREATE INDEX event_log_of_lane ON event_log (lane, seq, bytes) WHERE lane <> 'Own';
CREATE INDEX event_log_of_run ON event_log (run_uid, seq) WHERE run_uid IS NOT NULL;
CREATE INDEX event_log_of_sender ON event_log (lane, run_uid, seq)
  WHERE lane <> 'Own' AND run_uid IS NOT NULL;
CREATE INDEX event_log_of_automation ON event_log (resource_id, seq) WHERE lane = 'Automation';
`
