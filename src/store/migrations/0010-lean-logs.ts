/**
 * The tables that every change adds to, with as few indexes as their questions need: a commit writes each
 * touched page of each index to the write-ahead log.
 *
 * - journal and events number their rows themselves, so that no counter is written beside them. What was
 *   given out and is gone is remembered as the identity "version-floor".
 * - events are kept under their resourceVersion, which is their order as well.
 * - ids in the event log are compared where others send them; Capstan's own are new each time. How much
 *   there is of its own is added up from where that was done last.
 * - where attempts were launched, and from which definition, is one index; what lives is another.
 */
export const LEAN_LOGS = `
INSERT INTO identity (key, value)
  SELECT 'version-floor', CAST(seq AS TEXT) FROM sqlite_sequence WHERE name = 'journal'
  ON CONFLICT (key) DO UPDATE SET value = excluded.value
    WHERE CAST(value AS INTEGER) < CAST(excluded.value AS INTEGER);
CREATE TABLE lean_journal (
  rv INTEGER PRIMARY KEY,
  type TEXT NOT NULL CHECK (type IN ('ADDED', 'MODIFIED', 'DELETED')),
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  uid TEXT NOT NULL,
  object TEXT
) STRICT;
INSERT INTO lean_journal SELECT rv, type, kind, namespace, name, uid, object FROM journal;
DROP TABLE journal;
ALTER TABLE lean_journal RENAME TO journal;

CREATE TABLE lean_events (
  rv INTEGER PRIMARY KEY,
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
  UNIQUE (namespace, name)
) STRICT;
INSERT INTO lean_events
  SELECT rv, namespace, name, uid, regarding_kind, regarding_name, regarding_uid, type, reason, message,
    count, first_at_ms, last_at_ms FROM events ORDER BY rv;
DROP TABLE events;
ALTER TABLE lean_events RENAME TO events;
CREATE INDEX events_regarding ON events (regarding_uid);

CREATE TABLE lean_event_log (
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL,
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
INSERT INTO lean_event_log
  SELECT seq, id, lane, occurred_at_ms, received_at_ms, event, namespace, resource_id, run_uid, is_outside,
    bytes, body FROM event_log ORDER BY seq;
DROP TABLE event_log;
ALTER TABLE lean_event_log RENAME TO event_log;
CREATE UNIQUE INDEX event_log_id ON event_log (id) WHERE lane <> 'Own';
CREATE INDEX event_log_of_lane ON event_log (lane, seq, bytes) WHERE lane <> 'Own';
CREATE INDEX event_log_of_run ON event_log (run_uid, seq) WHERE run_uid IS NOT NULL;
CREATE INDEX event_log_of_sender ON event_log (lane, run_uid, seq)
  WHERE lane <> 'Own' AND run_uid IS NOT NULL;
CREATE TABLE event_log_own (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  from_seq INTEGER NOT NULL,
  until_seq INTEGER NOT NULL,
  rows INTEGER NOT NULL,
  bytes INTEGER NOT NULL
) STRICT;
INSERT INTO event_log_own
  SELECT 1, coalesce(min(seq), 0), coalesce(max(seq), 0), count(*), coalesce(sum(bytes), 0)
    FROM event_log WHERE lane = 'Own';

DROP INDEX attempts_of_cluster;
DROP INDEX attempts_of_definition;
CREATE INDEX attempts_of_place ON attempts (account, cluster, task_definition_arn);
DROP INDEX attempts_live;
DROP INDEX attempts_live_of_definition;
CREATE INDEX attempts_live ON attempts (created_at_ms, task_definition_arn, phase)
  WHERE phase IN ('Intent', 'Launched');
`
