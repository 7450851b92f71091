import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import { BUGS } from './bugs.ts'
import { playSeeds, type SeedRange, type SeedReport } from './seeds.ts'

/** Seeds that a worker is given at once: small enough that none waits long for the last one. */
const SLICE = 50

/**
 * `npm run sim -- --seeds 10000 --from 1 --workers 2`: plays that many stories and prints one line, and
 * for each failure its shortest story. The exit code tells whether every promise held.
 * `--bugs`: plants each known mistake and prints the first seed that finds it; the exit code tells whether
 * all are found within `--seeds`.
 */
if (isMainThread) {
  process.exitCode = await main()
} else {
  parentPort?.on('message', (range: SeedRange) => {
    void playSeeds(range).then((report) => parentPort?.postMessage(report))
  })
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: '1000' },
      from: { type: 'string', default: '1' },
      workers: { type: 'string', default: '2' },
      bugs: { type: 'boolean', default: false },
    },
  })
  const [from, count, workers] = [values.from, values.seeds, values.workers].map(Number)
  if (!from || !count || !workers)
    throw new Error('--from, --seeds and --workers are numbers from 1')
  const startedMs = performance.now()
  if (values.bugs) {
    const ranges = BUGS.map(({ name }): SeedRange => ({ from, count, bug: name }))
    return tellBugs(await playAll(ranges, workers), startedMs)
  }
  return tell(await playAll(slices(from, count), workers), startedMs)
}

function slices(from: number, count: number): readonly SeedRange[] {
  const ranges: SeedRange[] = []
  for (let seed = from; seed < from + count; seed += SLICE) {
    ranges.push({ from: seed, count: Math.min(SLICE, from + count - seed) })
  }
  return ranges
}

/** Reports in the order of their ranges. */
async function playAll(ranges: readonly SeedRange[], workers: number): Promise<SeedReport[]> {
  const reports: SeedReport[] = []
  const waiting = [...ranges.entries()]
  const work = async (): Promise<void> => {
    const worker = new Worker(new URL(import.meta.url))
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, range] = next
      reports[index] = await ask(worker, range)
    }
    await worker.terminate()
  }
  await Promise.all(Array.from({ length: workers }, work))
  return reports
}

async function ask(worker: Worker, range: SeedRange): Promise<SeedReport> {
  const answered = once(worker, 'message')
  worker.postMessage(range)
  const [report] = await answered
  return report as SeedReport
}

function tell(reports: readonly SeedReport[], startedMs: number): number {
  const sum = (part: (report: SeedReport) => number): number =>
    reports.reduce((total, report) => total + part(report), 0)
  const failures = reports.flatMap((report) => report.failures)
  for (const { seed, verdict, story } of failures) {
    console.log(`seed ${seed}:\n  ${verdict.join('\n  ')}\n${JSON.stringify(story, undefined, 2)}`)
  }
  printLine({
    seeds: sum(({ seeds }) => seeds),
    failures: failures.length,
    deaths: sum(({ deaths }) => deaths),
    faults: sum(({ faults }) => faults),
    calls: sum(({ calls }) => calls),
    seconds: secondsSince(startedMs),
  })
  return failures.length === 0 ? 0 : 1
}

function tellBugs(reports: readonly SeedReport[], startedMs: number): number {
  const found = BUGS.map(({ name, because }, index) => {
    const [failure] = reports[index]?.failures ?? []
    return { bug: name, because, seed: failure?.seed ?? null, verdict: failure?.verdict[0] }
  })
  for (const one of found) printLine(one)
  const missed = found.filter(({ seed }) => seed === null).length
  printLine({ bugs: BUGS.length, missed, seconds: secondsSince(startedMs) })
  return missed === 0 ? 0 : 1
}

function secondsSince(startedMs: number): number {
  return Math.round((performance.now() - startedMs) / 100) / 10
}

function printLine(value: object): void {
  console.log(JSON.stringify(value))
}
