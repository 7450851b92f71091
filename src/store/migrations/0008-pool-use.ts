/**
 * What a pool's living tasks take is counted after each change of its runs: from the index alone, because
 * the rows hold whole request bodies.
 */
export const POOL_USE = `
DROP INDEX attempts_live_of_work_pool;
CREATE INDEX attempts_live_of_work_pool
  ON attempts (namespace, work_pool, queue, cpu_units, memory_mib, phase)
  WHERE phase IN ('Intent', 'Launched');
`
