import { expect, test } from 'vitest'
import { DETECTION_SLACK_MS, distribution } from '../sim/beat-oracles.ts'
import { playBeatSeeds } from '../sim/beat-seeds.ts'

/** `CAPSTAN_BEAT_SEEDS` asks for more or fewer. */
const SEEDS = Number(process.env['CAPSTAN_BEAT_SEEDS'] ?? 1_000)
/** A bound on hangs: twenty seconds on a machine that does nothing else. */
const TIMEOUT_MS = 60_000 + SEEDS * 200

test(
  `${SEEDS} stories of beats, losses, lags, restarts, outages and set clocks`,
  async () => {
    const { broken, hangs, deaths, healthy } = await playBeatSeeds(1, SEEDS)
    console.log(`from the end of a window to StopTask: ${distribution(hangs)}`)
    console.log(`from the death of a task until it is known: ${distribution(deaths)}`)
    console.log(`healthy attempts: ${healthy}; broken promises: ${broken.length}`)
    expect(broken).toEqual([])
    expect(Math.max(...hangs)).toBeLessThanOrEqual(DETECTION_SLACK_MS)
  },
  TIMEOUT_MS,
)
