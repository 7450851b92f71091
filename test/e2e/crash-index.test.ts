import { describe, expect, test } from 'vitest'
import { crashEverywhere } from '../world/crash-index.ts'
import { SCENARIOS } from '../world/crash-scenarios.ts'

describe.each([
  ['dies', 1],
  ['dies twice', 2],
])('wherever the process %s during', (_, deaths) => {
  test.each(SCENARIOS.map((scenario) => [scenario.name, scenario] as const))(
    '%s, it ends as if nothing had happened',
    async (name, scenario) => {
      const report = await crashEverywhere(scenario, deaths)
      expect(report.differences).toEqual([])
      expect(report.boundaries).toBeGreaterThan(10)
      expect(Math.max(...Object.values(report.end.tasks))).toBe(1)
      expect(report.end.liveTasks, name).toBe(0)
    },
  )
})
