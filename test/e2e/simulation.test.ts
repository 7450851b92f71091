import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { BUGS } from '../sim/bugs.ts'

const MAIN = new URL('../sim/main.ts', import.meta.url).pathname

/** 10,000 stories are about two minutes of two cores; `CAPSTAN_SIM_SEEDS` asks for more or fewer. */
const SEEDS = Number(process.env['CAPSTAN_SIM_SEEDS'] ?? 10_000)
const SIM_TIMEOUT_MS = 60_000 + SEEDS * 180

/** Seeds within which each planted bug has to be found. */
const BUG_BUDGET = 1_000
const BUGS_TIMEOUT_MS = 1_800_000

interface Played {
  readonly exitCode: number
  readonly output: string
  readonly lines: readonly string[]
}

/** Ends with its test: what goes on after that takes the processors from all others. */
function simulate(signal: AbortSignal, ...args: readonly string[]): Promise<Played> {
  return new Promise((resolve) => {
    const options = { maxBuffer: 64 * 2 ** 20, signal }
    execFile(process.execPath, [MAIN, ...args], options, (error, output) => {
      const lines = output.trimEnd().split('\n')
      resolve({ exitCode: Number(error?.code ?? 0), output, lines })
    })
  })
}

test(
  `the promises hold in ${SEEDS} stories of faults, crashes and people`,
  async ({ signal }) => {
    const { exitCode, output, lines } = await simulate(signal, '--seeds', String(SEEDS))
    expect(JSON.parse(lines.at(-1) ?? '{}'), output).toMatchObject({ seeds: SEEDS, failures: 0 })
    expect(exitCode).toBe(0)
  },
  SIM_TIMEOUT_MS,
)

test(
  `each planted bug is found within ${BUG_BUDGET} stories`,
  async ({ signal }) => {
    const { exitCode, output, lines } = await simulate(
      signal,
      '--bugs',
      '--seeds',
      String(BUG_BUDGET),
    )
    const found = lines.slice(0, -1).map((line) => JSON.parse(line))
    expect(BUGS.length).toBeGreaterThanOrEqual(25)
    expect(found).toHaveLength(BUGS.length)
    expect(found.filter(({ seed }) => seed === null)).toEqual([])
    expect(exitCode, output).toBe(0)
  },
  BUGS_TIMEOUT_MS,
)
