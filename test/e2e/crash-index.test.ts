import { afterAll, describe, expect, test } from 'vitest'
import { type CrashReport, crashAnywhere, crashEverywhere } from '../world/crash-index.ts'
import { SCENARIOS } from '../world/crash-scenarios.ts'

/** Pairs of deaths at any two moments, for each scenario; CAPSTAN_CRASH_PAIRS asks for more. */
const PAIRS = Number(process.env['CAPSTAN_CRASH_PAIRS'] ?? 10)
const SEED = Number(process.env['CAPSTAN_SEED'] ?? 20_260_115)

const CASES = SCENARIOS.map((scenario) => [scenario.name, scenario] as const)
const totals = { scenarios: SCENARIOS.length, boundaries: 0, plays: 0, deaths: 0, differences: 0 }

function judge(report: CrashReport): void {
  totals.plays += report.plays
  totals.deaths += report.deaths
  totals.differences += report.differences.length
  expect(report.differences).toEqual([])
  expect(report.boundaries).toBeGreaterThan(10)
  expect(Math.max(...Object.values(report.end.tasks))).toBe(1)
  expect(report.end.liveTasks).toBe(0)
}

afterAll(() => {
  console.log(`crash index ${JSON.stringify(totals)}`)
})

describe('wherever the process dies during', () => {
  test.each(CASES)('%s, it ends as if nothing had happened', async (_, scenario) => {
    const report = await crashEverywhere(scenario, 1)
    totals.boundaries += report.boundaries
    judge(report)
  })
})

describe('wherever the process dies twice during', () => {
  test.each(CASES)('%s, it ends as if nothing had happened', async (_, scenario) => {
    judge(await crashEverywhere(scenario, 2))
    judge(await crashAnywhere(scenario, { plays: PAIRS, seed: SEED }))
  })
})
