import { join } from 'node:path'
import Database from 'better-sqlite3'
import { systemRandom } from '../../src/lib/random.ts'
import { openBenchStore } from '../harness/controller.ts'
import { anIntent } from '../harness/fill.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startMeter } from '../harness/meter.ts'
import { percentile, report, round } from '../harness/sample.ts'

// Durable intents a second: attempts that are committed one by one, of which as many wait for the disk at
// once as there are workers. Beside it, SQLite alone with one synced commit per row.
const ROWS = Number(process.argv[2] ?? 20_000)
const AT_ONCE = 64
const RAW_ROWS = 500

const raw = rawRowsPerSecond()
const store = openBenchStore()
const waits: number[] = []
let left = ROWS
const meter = startMeter()
await Promise.all(Array.from({ length: AT_ONCE }, work))
const { wallMs, cpuMs, stallMs } = meter.stop()
report({
  name: 'intents',
  value: round((ROWS / wallMs) * 1_000, 0),
  unit: 'intents/s',
  target: 30_000,
  better: 'higher',
  cpuMs: round(cpuMs / ROWS, 4),
  stallMs,
  beside: {
    p99Ms: round(percentile(waits, 0.99)),
    oneSyncPerRowPerSecond: round(raw, 0),
    shareOfRaw: round(((ROWS / wallMs) * 1_000) / raw),
  },
})
store.close()
process.exit(0)

async function work(): Promise<void> {
  while (left > 0) {
    left -= 1
    const startedMs = performance.now()
    const uid = systemRandom.uuid()
    store.transaction(() => store.attempts.insert(anIntent(uid, `run-${left}`)), 'Later')
    await store.durable()
    waits.push(performance.now() - startedMs)
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
