import { seededRandom } from '../world/seeded-random.ts'
import { BUGS, type Bug } from './bugs.ts'
import type { Verdict } from './oracles.ts'
import { shrink } from './shrink.ts'
import { createLab, type Lab, simulate } from './simulate.ts'
import { type Story, storyOf } from './story.ts'

export interface Failure {
  readonly seed: number
  readonly verdict: Verdict
  /** The shortest story found that fails too. */
  readonly story: Story
}

export interface SeedReport {
  readonly seeds: number
  readonly deaths: number
  readonly faults: number
  readonly calls: number
  readonly failures: readonly Failure[]
}

/** A message to a worker: plain data. */
export interface SeedRange {
  readonly from: number
  readonly count: number
  /** Name of a planted bug: playing stops where it is found, and nothing is shrunk. */
  readonly bug?: string
}

/** Failures that are shrunk; further ones are told as they came. */
const MAX_SHRUNK = 3

/** Plays the stories of a range of seeds, one after another. */
export async function playSeeds({ from, count, bug }: SeedRange): Promise<SeedReport> {
  const failures: Failure[] = []
  const lab = createLab(bug === undefined ? undefined : bugNamed(bug))
  let [deaths, faults, calls, seeds] = [0, 0, 0, 0]
  for (let seed = from; seed < from + count; seed += 1) {
    const story = storyOf(seed, seededRandom(seed))
    const result = await simulate(story, lab)
    seeds += 1
    deaths += result.deaths
    faults += result.faults
    calls += result.calls
    if (result.verdict.length === 0) continue
    const { verdict } = result
    const isShrunk = bug === undefined && failures.length < MAX_SHRUNK
    failures.push({ seed, verdict, story: isShrunk ? await shortest(story, lab) : story })
    if (bug !== undefined) break
  }
  return { seeds, deaths, faults, calls, failures }
}

function bugNamed(name: string): Bug {
  const bug = BUGS.find((one) => one.name === name)
  if (!bug) throw new Error(`no bug is named '${name}'`)
  return bug
}

function shortest(story: Story, lab: Lab): Promise<Story> {
  return shrink(story, async (shorter) => (await simulate(shorter, lab)).verdict.length > 0)
}
