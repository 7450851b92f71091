import type { Story } from './story.ts'

/** A part of a story that can be left out. */
type Cut = (story: Story) => Story | undefined

/** More tries than any story has parts, so that shrinking always ends. */
const MAX_ROUNDS = 40

/**
 * The shortest story that still fails, found by leaving out one part after another. `fails` runs a story;
 * it is deterministic, so every answer is final.
 */
export async function shrink(
  story: Story,
  fails: (story: Story) => Promise<boolean>,
): Promise<Story> {
  let shortest = story
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const shorter = await firstThatFails(cutsOf(shortest), shortest, fails)
    if (!shorter) return shortest
    shortest = shorter
  }
  return shortest
}

async function firstThatFails(
  cuts: readonly Cut[],
  story: Story,
  fails: (story: Story) => Promise<boolean>,
): Promise<Story | undefined> {
  for (const cut of cuts) {
    const shorter = cut(story)
    if (shorter && (await fails(shorter))) return shorter
  }
  return undefined
}

function cutsOf(story: Story): readonly Cut[] {
  return [
    ...story.runs.map(
      (_, index): Cut =>
        (from) =>
          withoutRun(from, index),
    ),
    ...story.twists.map(
      (_, index): Cut =>
        (from) => ({ ...from, twists: from.twists.filter((__, at) => at !== index) }),
    ),
    ...story.faults.map(
      (_, index): Cut =>
        (from) => ({ ...from, faults: from.faults.filter((__, at) => at !== index) }),
    ),
    ...(story.echoes ? [withoutEchoes] : []),
    ...(story.reopens ? [withoutReopening] : []),
    ...(story.slots === undefined ? [] : [withoutSlots]),
  ]
}

const withoutEchoes: Cut = ({ echoes: _, ...story }) => story
const withoutReopening: Cut = ({ reopens: _, ...story }) => story

function withoutSlots({ slots: _, ...story }: Story): Story {
  return { ...story, runs: story.runs.map(({ workPool: __, ...run }) => run) }
}

/** A story needs a run; what happens to a run goes with it. */
function withoutRun(story: Story, index: number): Story | undefined {
  const gone = story.runs[index]
  if (!gone || story.runs.length === 1) return undefined
  return {
    ...story,
    runs: story.runs.filter((run) => run !== gone),
    twists: story.twists.filter((twist) => !('run' in twist) || twist.run !== gone.name),
  }
}
