import { join } from 'node:path'
import Database from 'better-sqlite3'
import { MAX_ARRAY_CALLS } from '../../src/controllers/run/limits.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { openBenchStore } from '../harness/controller.ts'
import { anIntent } from '../harness/fill.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { type Metered, startMeter } from '../harness/meter.ts'
import { percentile, report, round } from '../harness/sample.ts'

// Durable intents a second, grouped as the product groups them: an array commits those of as many tasks as
// it launches at a time in one transaction, and several arrays wait for the disk together. Beside it, runs
// of one task each, whose intents are committed one by one, and SQLite alone with one synced commit per row.
const ROWS = Number(process.argv[2] ?? 100_000)
/** Arrays that are launched at the same time. */
const ARRAYS = 4
/** Runs of one task that are launched at the same time: more than the controller has workers for. */
const SINGLES = 64
const RAW_ROWS = 500

interface Measured extends Metered {
  readonly perSecond: number
  readonly p99Ms: number
  readonly cpuMsPerRow: number
}

const raw = rawRowsPerSecond()
const grouped = await measure(ROWS, { atOnce: ARRAYS, together: MAX_ARRAY_CALLS })
const single = await measure(ROWS / 5, { atOnce: SINGLES, together: 1 })
report({
  name: 'intents',
  value: round(grouped.perSecond, 0),
  unit: 'intents/s',
  target: 30_000,
  better: 'higher',
  cpuMs: round(grouped.cpuMsPerRow, 4),
  stallMs: grouped.stallMs,
  beside: {
    together: MAX_ARRAY_CALLS,
    oneSyncPerRowPerSecond: round(raw, 0),
    shareOfRaw: round(grouped.perSecond / raw),
  },
})
report({
  name: 'intents-p99',
  value: round(grouped.p99Ms),
  unit: 'ms until durable',
  target: 5,
  better: 'lower',
})
report({
  name: 'intents-single',
  value: round(single.perSecond, 0),
  unit: 'intents/s',
  better: 'higher',
  cpuMs: round(single.cpuMsPerRow, 4),
  stallMs: single.stallMs,
  beside: {
    atOnce: SINGLES,
    p99Ms: round(single.p99Ms),
    shareOfRaw: round(single.perSecond / raw),
  },
})
process.exit(0)

async function measure(
  rows: number,
  { atOnce, together }: { readonly atOnce: number; readonly together: number },
): Promise<Measured> {
  const store = openBenchStore()
  const waits: number[] = []
  let left = rows
  async function work(): Promise<void> {
    while (left > 0) {
      left -= together
      const startedMs = performance.now()
      const row = anIntent(systemRandom.uuid(), `run-${left}`)
      store.transaction(() => {
        for (let index = 0; index < together; index += 1) {
          store.attempts.insert({ ...row, index, clientToken: systemRandom.hex(16) })
        }
      }, 'Later')
      await store.durable()
      waits.push(performance.now() - startedMs)
    }
  }
  const meter = startMeter()
  await Promise.all(Array.from({ length: atOnce }, work))
  const metered = meter.stop()
  store.close()
  return {
    ...metered,
    perSecond: (rows / metered.wallMs) * 1_000,
    cpuMsPerRow: metered.cpuMs / rows,
    p99Ms: percentile(waits, 0.99),
  }
}

function rawRowsPerSecond(): number {
  const database = new Database(join(temporaryFolder(), 'raw.db'))
  database.pragma('journal_mode = WAL')
  database.pragma('synchronous = FULL')
  database.exec('CREATE TABLE intents (id INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT')
  const insert = database.prepare<[string]>('INSERT INTO intents (body) VALUES (?)')
  const body = JSON.stringify(anIntent(systemRandom.uuid(), 'run'))
  const startedMs = performance.now()
  for (let row = 0; row < RAW_ROWS; row += 1) insert.run(body)
  const perSecond = (RAW_ROWS / (performance.now() - startedMs)) * 1_000
  database.close()
  return perSecond
}
