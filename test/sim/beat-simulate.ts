import type { decideRun } from '../../src/controllers/run/decide.ts'
import { AWS_PACE } from '../../src/controllers/run/observer-schedule.ts'
import type { DriverTask } from '../../src/emulator/drivers/driver.ts'
import { isFinalState } from '../../src/kinds/run.ts'
import { openStore } from '../../src/store/open.ts'
import { BRISK_DELAYS, MINUTE, NOON, SECOND } from '../world/builders.ts'
import { settleMicrotasks } from '../world/fake-clock.ts'
import { seededRandom } from '../world/seeded-random.ts'
import { World } from '../world/world.ts'
import {
  type BeatAct,
  type BeatStory,
  type BeatTwist,
  LAST_TWIST_MS,
  patienceOf,
  STORY_MS,
} from './beat-story.ts'
import { taskFacts } from './task-facts.ts'

/** What is planted to see whether it is found. */
export interface BeatMistake {
  readonly decide?: (world: World) => typeof decideRun
  /** The controller does not notice that nothing comes in. */
  readonly isDeafUnknown?: boolean
}

/** What of a beat is not written down yet when the process dies is not known to the next one. */
const WRITTEN_AFTER_MS = 3 * SECOND

/** One attempt, as it came out. Milliseconds of a clock that nobody sets, since the start of the story. */
export interface BeatOutcome {
  readonly run: string
  readonly act: BeatAct
  readonly startedMs: number
  /** The last beat that its program gave before it was stopped; undefined: none. */
  readonly lastBeatMs: number | undefined
  /** Whether one of them came in, and was there for long enough to be written down. */
  readonly isHeard: boolean
  /** When StopTask was called, by the controller alone. */
  readonly stoppedByUsMs: number | undefined
  /** When the end was known to the controller. */
  readonly knownMs: number | undefined
  readonly class: string | undefined
  readonly patience: ReturnType<typeof patienceOf>
}

/** A stretch of time in which the controller could hear. */
export interface Uptime {
  readonly fromMs: number
  readonly untilMs: number
}

export interface BeatResult {
  readonly outcomes: readonly BeatOutcome[]
  readonly uptimes: readonly Uptime[]
}

const BLANK = ((): Uint8Array => {
  const store = openStore({ path: ':memory:', random: seededRandom(0), nowMs: NOON })
  const snapshot = store.serialize()
  store.close()
  return snapshot
})()

/** Between the events of a story nothing of a test happens: time moves in one go. */
export async function simulateBeats(
  story: BeatStory,
  mistake: BeatMistake = {},
): Promise<BeatResult> {
  const losses = new Losses(story)
  const known = new Map<string, { readonly atMs: number; readonly outcome: string }>()
  const heard: { readonly url: string; readonly atMs: number }[] = []
  let isDeaf = false
  const world: World = new World({
    seed: story.seed,
    pace: AWS_PACE,
    config: { delays: BRISK_DELAYS },
    settle: settleMicrotasks,
    snapshot: BLANK,
    reopens: false,
    losesBeat: (url) => {
      if (isDeaf || losses.take(url)) return true
      if (world.heartbeats) heard.push({ url, atMs: world.clock.monotonicMs() })
      return false
    },
    behave: (task) => actOf(story, task),
    ...(mistake.decide && {
      decideRun: (seen, nowMs) => mistake.decide?.(world)(seen, nowMs) as never,
    }),
  })
  world.store.subscribe((changes) => {
    if (changes.some(({ kind }) => kind === 'Run')) noteEnds(world, known)
  })
  await world.boot()
  const happen = async (twist: BeatTwist): Promise<void> => {
    const { clock } = world
    if (twist.type === 'StepClock') {
      clock.stepWall(twist.byMs)
    } else if (twist.type === 'Die') {
      world.crash()
      clock.after(twist.forMs, () => void world.boot())
    } else {
      isDeaf = true
      if (!mistake.isDeafUnknown) world.heartbeats?.monitor.deafen()
      clock.after(twist.forMs, () => {
        isDeaf = false
        world.heartbeats?.monitor.hear()
      })
    }
  }
  const events = [
    ...story.runs.map(({ atMs, name, template }) => ({
      atMs,
      happens: async () => void world.addRun(name, { template }),
    })),
    ...story.twists.map((twist) => ({ atMs: twist.atMs, happens: () => happen(twist) })),
  ].toSorted((a, b) => a.atMs - b.atMs)
  for (const { atMs, happens } of events) {
    await world.clock.advance(Math.max(0, atMs - world.clock.monotonicMs()))
    await happens()
  }
  await world.clock.advance(LAST_TWIST_MS - world.clock.monotonicMs())
  await untilQuiet(world)
  const result = {
    outcomes: outcomesOf(story, world, { known, heard: heardTasks(story, heard) }),
    uptimes: uptimesOf(story),
  }
  world.close()
  return result
}

/** Nothing more can happen once every run is over. */
async function untilQuiet(world: World): Promise<void> {
  const isOver = (name: string): boolean => isFinalState(world.run(name)?.status?.state?.type)
  while (world.clock.monotonicMs() < STORY_MS && !world.runNames().every(isOver)) {
    await world.clock.advance(MINUTE)
  }
  await world.clock.advance(2 * MINUTE)
}

function actOf(story: BeatStory, task: DriverTask): BeatAct {
  const tag = (key: string): string | undefined => task.tags.find((one) => one.key === key)?.value
  const run = story.runs.find(({ name }) => name === tag('capstan.dev/run')?.split('/').at(-1))
  return actNumber(run?.acts ?? [], Number(tag('capstan.dev/attempt') ?? 1))
}

function actNumber(acts: readonly BeatAct[], attempt: number): BeatAct {
  return acts[Math.min(attempt, acts.length) - 1] ?? { temper: 'Mute', beatsAtMs: [] }
}

/** Loses beats by chance, but never as many in a row as make a lease end. */
class Losses {
  readonly #story: BeatStory
  readonly #random
  readonly #inARow = new Map<string, number>()

  constructor(story: BeatStory) {
    this.#story = story
    this.#random = seededRandom(story.seed + 3)
  }

  take(url: string): boolean {
    const lost = this.#inARow.get(url) ?? 0
    const allowed = Math.min(...this.#story.runs.map(({ heartbeat }) => heartbeat.missed ?? 3)) - 1
    const isLost = lost < allowed && this.#random.fraction() < this.#story.lossShare
    this.#inARow.set(url, isLost ? lost + 1 : 0)
    return isLost
  }
}

function noteEnds(
  world: World,
  known: Map<string, { readonly atMs: number; readonly outcome: string }>,
): void {
  for (const name of world.runNames()) {
    for (const { clientToken, class: outcome } of world.run(name)?.status?.attempts ?? []) {
      if (outcome === undefined || known.has(clientToken)) continue
      known.set(clientToken, { atMs: world.clock.monotonicMs(), outcome })
    }
  }
}

function outcomesOf(
  story: BeatStory,
  world: World,
  {
    known,
    heard,
  }: {
    readonly known: ReadonlyMap<string, { readonly atMs: number; readonly outcome: string }>
    readonly heard: ReadonlySet<string>
  },
): readonly BeatOutcome[] {
  const originMs = world.clock.undisturbed.nowMs() - world.clock.monotonicMs()
  const attempts = story.runs.flatMap(({ name }) => world.run(name)?.status?.attempts ?? [])
  return taskFacts(world).flatMap((facts): readonly BeatOutcome[] => {
    const run = story.runs.find(({ name }) => name === facts.run)
    if (!run || facts.startedAtMs === Number.POSITIVE_INFINITY) return []
    const act = actNumber(run.acts, Number(facts.attempt))
    const end = known.get(attempts.find(({ taskArn }) => taskArn === facts.arn)?.clientToken ?? '')
    const startedMs = facts.startedAtMs - originMs
    const stoppedMs = facts.code === 'UserInitiated' ? facts.stopOrderedAtMs - originMs : undefined
    const given = act.beatsAtMs.filter(
      (ms) =>
        ms < (act.runMs ?? ms + 1) && startedMs + ms < (stoppedMs ?? Number.POSITIVE_INFINITY),
    )
    const lastBeatMs = given.at(-1)
    return [
      {
        run: run.name,
        act,
        startedMs,
        lastBeatMs: lastBeatMs === undefined ? undefined : startedMs + lastBeatMs,
        isHeard: heard.has(`${facts.uid}/0/${facts.attempt}`),
        stoppedByUsMs: stoppedMs,
        knownMs: end?.atMs,
        class: end?.outcome,
        patience: patienceOf(run.heartbeat),
      },
    ]
  })
}

/** `uid/index/attempt` of the tasks that every later process knows to have beaten. */
function heardTasks(
  story: BeatStory,
  heard: readonly { readonly url: string; readonly atMs: number }[],
): ReadonlySet<string> {
  const deaths = story.twists.filter(({ type }) => type === 'Die')
  const isWritten = (atMs: number): boolean =>
    !deaths.some((death) => death.atMs >= atMs && death.atMs < atMs + WRITTEN_AFTER_MS)
  const written = heard.filter(({ atMs }) => isWritten(atMs))
  return new Set(written.map(({ url }) => url.split('/').slice(-3).join('/')))
}

function uptimesOf(story: BeatStory): readonly Uptime[] {
  const uptimes: Uptime[] = []
  let fromMs = 0
  for (const twist of story.twists) {
    if (twist.type === 'StepClock') continue
    uptimes.push({ fromMs, untilMs: twist.atMs })
    fromMs = twist.atMs + twist.forMs
  }
  return [...uptimes, { fromMs, untilMs: Number.POSITIVE_INFINITY }]
}
