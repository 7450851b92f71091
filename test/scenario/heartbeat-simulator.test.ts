import { expect, test } from 'vitest'
import { BEAT_BUGS } from '../sim/beat-bugs.ts'
import { playBeatSeed, playBeatSeeds } from '../sim/beat-seeds.ts'
import { someOf } from '../world/effort.ts'

/** A look in passing: test/e2e/heartbeat-simulation.test.ts plays a thousand. */
const SEEDS = someOf(100)
/** Seeds within which each planted mistake has to be found. */
const BUG_BUDGET = 150
/** A bound on hangs: some seconds on a machine that does nothing else. */
const TIMEOUT_MS = 120_000

test(
  'silence is found in time, and nobody who is well is stopped',
  async () => {
    const { broken, hangs, deaths, healthy } = await playBeatSeeds(1, SEEDS)
    expect(broken).toEqual([])
    expect(hangs.length).toBeGreaterThan(SEEDS / 5)
    expect(deaths.length).toBeGreaterThan(SEEDS / 10)
    expect(healthy).toBeGreaterThan((SEEDS * 3) / 10)
  },
  TIMEOUT_MS,
)

test.each(BEAT_BUGS)(
  'is found: $name',
  async ({ plant }) => {
    let seed = 1
    while (seed <= BUG_BUDGET && (await playBeatSeed(seed, plant())).broken.length === 0) seed += 1
    expect(seed).toBeLessThanOrEqual(BUG_BUDGET)
  },
  TIMEOUT_MS,
)

test('a seed is the same story with the same end each time', async () => {
  expect(await playBeatSeed(7)).toEqual(await playBeatSeed(7))
})
