import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { regressions, storeMedians } from './harness/gate.ts'
import { origin } from './harness/origin.ts'
import { PROGRAMS, type Program } from './harness/plan.ts'
import type { Sample } from './harness/sample.ts'
import { renderTable, type Summary, summarize } from './harness/summary.ts'

/**
 * `npm run bench -- [NAME...] [--times N] [--check | --store]`: runs the programs, each several times in
 * processes of its own, prints one line of JSON for each row and a table at the end.
 * `--check` runs those that CPU alone bounds and fails where one takes a fifth more CPU or calls than its
 * stored median; `--store` keeps the medians.
 */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    times: { type: 'string' },
    check: { type: 'boolean', default: false },
    store: { type: 'boolean', default: false },
  },
})
process.exitCode = await main()

async function main(): Promise<number> {
  const rows: Summary[] = []
  const from = origin()
  for (const program of chosen()) {
    const summaries = summarize(await play(program), from)
    for (const summary of summaries) console.log(JSON.stringify(summary))
    rows.push(...summaries)
  }
  console.log(`\n${from.machine}, commit ${from.commit}\n\n${renderTable(rows)}`)
  if (values.store) storeMedians(rows)
  const worse = values.check ? regressions(rows) : []
  for (const sentence of worse) console.error(`regression: ${sentence}`)
  return worse.length === 0 ? 0 : 1
}

function chosen(): readonly Program[] {
  const unknown = positionals.filter((name) => !PROGRAMS.some((program) => program.name === name))
  if (unknown.length > 0) {
    throw new Error(
      `no row is named ${unknown.join(', ')}: ${PROGRAMS.map(({ name }) => name).join(', ')}`,
    )
  }
  if (positionals.length > 0) return PROGRAMS.filter(({ name }) => positionals.includes(name))
  return PROGRAMS.filter(({ isGate, isLarge }) => (values.check ? isGate : !isLarge))
}

async function play(program: Program): Promise<readonly Sample[]> {
  const samples: Sample[] = []
  const times = Number(values.times ?? program.times)
  for (let n = 0; n < times; n += 1) samples.push(...(await playOnce(program)))
  return samples
}

/** The lines of a program that are samples. */
async function playOnce({ name, words = [name] }: Program): Promise<readonly Sample[]> {
  const [file = name, ...rest] = words
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, 'rows', `${file}.ts`), ...rest],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  const ended = new Promise<number | null>((resolve) => {
    child.once('close', resolve)
  })
  const samples: Sample[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.startsWith('{"')) samples.push(JSON.parse(line) as Sample)
  }
  const code = await ended
  if (code !== 0) throw new Error(`${name} ended with ${code}`)
  return samples
}
