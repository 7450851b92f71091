/**
 * What each attempt owes, frozen with its launch, and when it last gave a sign of life: for people to see, and
 * to know after a restart whether its first beat is still to come. Judged is what this process has heard itself.
 */
export const BEATS = `
ALTER TABLE attempts ADD COLUMN heartbeat TEXT;
CREATE TABLE beats (
  client_token TEXT PRIMARY KEY REFERENCES attempts (client_token) ON DELETE CASCADE,
  last_at_ms INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
