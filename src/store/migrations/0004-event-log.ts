/**
 * What has happened, in the order in which it became known: what automations read and subscribers see.
 * The newest row is never deleted, so a seq is given out once. Lanes have limits of their own: what
 * others send never pushes out what Capstan itself has recorded.
 */
export const EVENT_LOG = `
CREATE TABLE event_log (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  lane TEXT NOT NULL CHECK (lane IN ('Own', 'Outside', 'Beat')),
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
CREATE INDEX event_log_of_lane ON event_log (lane, seq, bytes);
CREATE INDEX event_log_of_run ON event_log (run_uid, seq) WHERE run_uid IS NOT NULL;
CREATE INDEX event_log_of_sender ON event_log (lane, run_uid, seq)
  WHERE lane <> 'Own' AND run_uid IS NOT NULL;
`
