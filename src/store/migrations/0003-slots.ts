/** What an attempt takes of its pool while it lives; null in rows from before, which count as one task of the default size. */
export const SLOTS = `
ALTER TABLE attempts ADD COLUMN queue TEXT;
ALTER TABLE attempts ADD COLUMN cpu_units INTEGER;
ALTER TABLE attempts ADD COLUMN memory_mib INTEGER;
`
