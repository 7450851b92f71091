import { seededRandom } from '../world/seeded-random.ts'
import { type BeatVerdict, judgeBeats } from './beat-oracles.ts'
import { type BeatMistake, simulateBeats } from './beat-simulate.ts'
import { beatStoryOf } from './beat-story.ts'

/** Everything that came of a range of seeds. */
export async function playBeatSeeds(from: number, count: number): Promise<BeatVerdict> {
  const verdicts: BeatVerdict[] = []
  for (let seed = from; seed < from + count; seed += 1) {
    const { broken, ...verdict } = await playBeatSeed(seed)
    verdicts.push({ ...verdict, broken: broken.map((one) => `seed ${seed}: ${one}`) })
  }
  return {
    broken: verdicts.flatMap(({ broken }) => broken),
    hangs: verdicts.flatMap(({ hangs }) => hangs),
    deaths: verdicts.flatMap(({ deaths }) => deaths),
    healthy: verdicts.reduce((sum, { healthy }) => sum + healthy, 0),
  }
}

export async function playBeatSeed(seed: number, mistake?: BeatMistake): Promise<BeatVerdict> {
  return judgeBeats(await simulateBeats(beatStoryOf(seed, seededRandom(seed)), mistake))
}
