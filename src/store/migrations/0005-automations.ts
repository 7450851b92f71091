/**
 * How far the automations have read, what their triggers remember, and the actions that are still to be
 * done. What an event leads to is written in one transaction together with how far was read.
 */
export const AUTOMATIONS = `
CREATE TABLE automation_cursor (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  seq INTEGER NOT NULL,
  seen_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE trigger_sources (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  namespace TEXT NOT NULL,
  name TEXT NOT NULL,
  definition TEXT NOT NULL,
  since_seq INTEGER,
  fired INTEGER NOT NULL DEFAULT 0,
  last_fired_at_ms INTEGER,
  last_resolved_at_ms INTEGER,
  last_error TEXT,
  last_error_at_ms INTEGER,
  rate_from_ms INTEGER,
  rate_count INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX trigger_sources_of_owner ON trigger_sources (kind, namespace, name);

CREATE TABLE trigger_buckets (
  source TEXT NOT NULL REFERENCES trigger_sources (id) ON DELETE CASCADE,
  path TEXT NOT NULL,
  key TEXT NOT NULL,
  started_at_ms INTEGER NOT NULL,
  due_at_ms INTEGER,
  fires_at_end INTEGER NOT NULL CHECK (fires_at_end IN (0, 1)),
  body TEXT NOT NULL,
  PRIMARY KEY (source, path, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX trigger_buckets_due ON trigger_buckets (due_at_ms) WHERE due_at_ms IS NOT NULL;
CREATE INDEX trigger_buckets_by_age ON trigger_buckets (source, started_at_ms);
CREATE INDEX trigger_buckets_waiting ON trigger_buckets (source) WHERE fires_at_end = 1;

CREATE TABLE queued_actions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  source TEXT NOT NULL REFERENCES trigger_sources (id) ON DELETE CASCADE,
  firing TEXT NOT NULL,
  position INTEGER NOT NULL,
  action TEXT NOT NULL,
  context TEXT NOT NULL,
  sends INTEGER NOT NULL DEFAULT 0,
  due_at_ms INTEGER NOT NULL,
  UNIQUE (firing, position)
) STRICT;
CREATE INDEX queued_actions_of_source ON queued_actions (source);
`
