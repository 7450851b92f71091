import { describe, expect, test } from 'vitest'
import { BUGS, type Bug } from '../sim/bugs.ts'
import { shrink } from '../sim/shrink.ts'
import { createLab, type SimResult, simulate } from '../sim/simulate.ts'
import { type Story, storyOf } from '../sim/story.ts'
import { HOUR, SECOND } from '../world/builders.ts'
import { seededRandom } from '../world/seeded-random.ts'

function seedStory(seed: number): Story {
  return storyOf(seed, seededRandom(seed))
}

function play(seed: number, bug?: Bug): Promise<SimResult> {
  return simulate(seedStory(seed), createLab(bug))
}

const QUIET: Story = {
  seed: 1,
  runs: [
    {
      name: 'run-0',
      atMs: SECOND,
      template: { image: 'busybox' },
      acts: [{ runMs: SECOND, exitCode: 0 }],
    },
  ],
  twists: [],
  faults: [],
}

describe('a simulation', () => {
  test.each([3, 7, 42])('of seed %d is the same each time, to the last byte sent', async (seed) => {
    const first = await play(seed)
    expect(await play(seed)).toEqual(first)
    expect((await play(seed + 1)).trace).not.toBe(first.trace)
  })

  test('does not depend on those before it in the same process', async () => {
    const lab = createLab()
    const alone = await simulate(seedStory(5), lab)
    await simulate(seedStory(6), lab)
    expect(await simulate(seedStory(5), lab)).toEqual(alone)
  })

  test('of a story without trouble breaks no promise', async () => {
    expect(await simulate(QUIET, createLab())).toMatchObject({ verdict: [], deaths: 0, faults: 0 })
  })

  test('that goes round in circles ends with a verdict', async () => {
    const spinning: Bug = {
      name: 'spinning',
      because: 'livelock',
      plant: () => ({
        ecs: (ecs) => ({ runTask: (body) => ecs.runTask({ ...body, cluster: '' }) }),
      }),
    }
    const deleted = BUGS.find(({ name }) => name === 'the end of an attempt is not stored')
    for (const bug of [spinning, deleted]) {
      const { verdict } = await simulate(QUIET, createLab(bug))
      expect(verdict).not.toEqual([])
    }
  })
})

describe('shrinking', () => {
  const story: Story = {
    ...QUIET,
    slots: 1,
    echoes: { probability: 0.5, limit: 3 },
    reopens: true,
    runs: ['a', 'b', 'c'].map((name) => ({ ...QUIET.runs[0], name })) as Story['runs'],
    twists: [
      { type: 'Cancel', run: 'a', atMs: SECOND },
      { type: 'Delete', run: 'b', atMs: SECOND },
      { type: 'Die', nth: 3, downMs: HOUR },
    ],
    faults: [{ operation: '*', fault: { type: 'throttle' } }],
  }

  test('leaves what is needed and nothing else', async () => {
    const needs = (one: Story): boolean =>
      one.runs.some(({ name }) => name === 'b') && one.twists.some(({ type }) => type === 'Die')
    const shortest = await shrink(story, (one) => Promise.resolve(needs(one)))
    expect(shortest.runs.map(({ name }) => name)).toEqual(['b'])
    expect(shortest.twists.map(({ type }) => type)).toEqual(['Die'])
    expect(shortest).toMatchObject({ faults: [] })
    expect(Object.keys(shortest)).not.toContain('echoes')
    expect(Object.keys(shortest)).not.toContain('slots')
  })

  test('keeps a story of which every part is needed', async () => {
    expect(await shrink(story, () => Promise.resolve(false))).toEqual(story)
  })
})
