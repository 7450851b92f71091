import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { playSeeds, type SeedRange, type SeedReport } from './seeds.ts'

/** Seeds that a worker is given at once: small enough that none waits long for the last one. */
const SLICE = 50

/**
 * `npm run sim -- --seeds 10000 --from 1 --workers 2`: plays that many stories and prints one line, and
 * for each failure its shortest story. `--bug NAME` plants a mistake and stops where it is found. The
 * exit code tells whether every promise held.
 */
if (isMainThread) {
  process.exitCode = await main()
} else {
  parentPort?.on('message', async (range: SeedRange) => {
    parentPort?.postMessage(await playSeeds(range))
  })
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      bug: { type: 'string' },
    },
  })
  const count = Number(values.seeds)
  const from = Number(values.from)
  const startedMs = performance.now()
  const ranges: SeedRange[] = []
  for (let seed = from; seed < from + count; seed += SLICE) {
    const range = { from: seed, count: Math.min(SLICE, from + count - seed) }
    ranges.push(values.bug === undefined ? range : { ...range, bug: values.bug })
  }
  const reports: SeedReport[] = []
  await Promise.all(Array.from({ length: Number(values.workers) }, () => work(ranges, reports)))
  const seconds = (performance.now() - startedMs) / 1000
  return tell(reports, seconds)
}

/** One worker plays slices until none is left, or until a planted bug is found. */
async function work(ranges: SeedRange[], reports: SeedReport[]): Promise<void> {
  const worker = new Worker(new URL(import.meta.url))
  for (let range = ranges.shift(); range; range = ranges.shift()) {
    const report = await ask(worker, range)
    reports.push(report)
    if (range.bug !== undefined && report.failures.length > 0) ranges.length = 0
  }
  await worker.terminate()
}

async function ask(worker: Worker, range: SeedRange): Promise<SeedReport> {
  const answered = once(worker, 'message')
  worker.postMessage(range)
  const [report] = await answered
  return report as SeedReport
}

function tell(reports: readonly SeedReport[], seconds: number): number {
  const sum = (part: (report: SeedReport) => number): number =>
    reports.reduce((total, report) => total + part(report), 0)
  const failures = reports.flatMap((report) => report.failures)
  for (const { seed, verdict, story } of failures) {
    console.log(`seed ${seed}:\n  ${verdict.join('\n  ')}\n${JSON.stringify(story, undefined, 2)}`)
  }
  console.log(
    JSON.stringify({
      seeds: sum(({ seeds }) => seeds),
      failures: failures.length,
      deaths: sum(({ deaths }) => deaths),
      faults: sum(({ faults }) => faults),
      calls: sum(({ calls }) => calls),
      seconds: Math.round(seconds * 10) / 10,
    }),
  )
  return failures.length === 0 ? 0 : 1
}
