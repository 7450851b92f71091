import { isDeepStrictEqual } from 'node:util'
import { openStore } from '../../src/store/open.ts'
import { BRISK_DELAYS, NOON } from './builders.ts'
import { settleMicrotasks } from './fake-clock.ts'
import { seededRandom } from './seeded-random.ts'
import { World, type WorldOptions } from './world.ts'

/** Something that happens to a controller, from its start to an end that does not change any more. */
export interface Scenario {
  readonly name: string
  readonly options?: WorldOptions
  /** What people do, and when. The controller has been started. */
  readonly play: (world: World) => Promise<void>
}

export interface CrashReport {
  /** Boundaries of the undisturbed run: commits, requests, answers. */
  readonly boundaries: number
  /** How the undisturbed run ended. */
  readonly end: End
  /** One entry for each crash after which something was different. */
  readonly differences: readonly Difference[]
}

interface Difference {
  readonly diedAt: readonly number[]
  readonly end: End
}

/** Everything of an end that must not depend on where the process died. */
interface End {
  readonly runs: Readonly<Record<string, object>>
  readonly history: readonly object[]
  readonly definitions: readonly string[]
  /** By run and attempt. */
  readonly tasks: Readonly<Record<string, number>>
  readonly liveTasks: number
}

/** Polls rarely: each look is one more boundary to die at, and no new one. */
const PACE = { floorMs: 10_000, ceilingMs: 120_000 }

/** Far more than any scenario has: one that reaches this goes round in circles. */
const MAX_BOUNDARIES = 5_000

/**
 * Plays the scenario once undisturbed and counts its boundaries, then once for each of them: there the
 * process dies, `deaths` times in a row at neighbouring boundaries, and is started again at once.
 */
export async function crashEverywhere(scenario: Scenario, deaths: number): Promise<CrashReport> {
  const store = openStore({ path: ':memory:', random: seededRandom(0), nowMs: NOON })
  const snapshot = store.serialize()
  store.close()
  const undisturbed = await playOnce(scenario, snapshot, [])
  const differences: Difference[] = []
  for (let index = 1; index <= undisturbed.boundaries; index += 1) {
    const diedAt = Array.from({ length: deaths }, (_, offset) => index + offset)
    const { end } = await playOnce(scenario, snapshot, diedAt)
    if (!isDeepStrictEqual(end, undisturbed.end)) differences.push({ diedAt, end })
  }
  return { ...undisturbed, differences }
}

async function playOnce(
  { options, play }: Scenario,
  snapshot: Uint8Array,
  diesAt: readonly number[],
): Promise<{ readonly boundaries: number; readonly end: End }> {
  let boundaries = 0
  const world = new World({
    pace: PACE,
    config: { delays: BRISK_DELAYS },
    settle: settleMicrotasks,
    // One death reads the database anew, several in a row share its handle: both are looked at.
    reopens: diesAt.length === 1,
    snapshot,
    ...options,
    diesAt: () => {
      boundaries += 1
      return diesAt.includes(boundaries) || boundaries >= MAX_BOUNDARIES
    },
    onDeath: () => {
      if (boundaries < MAX_BOUNDARIES) world.clock.after(0, () => void world.boot())
    },
  })
  await world.start()
  await play(world)
  const end = endOf(world)
  world.close()
  return { boundaries, end }
}

function endOf(world: World): End {
  const { store } = world
  return {
    runs: Object.fromEntries(world.runNames().map((name) => [name, endOfRun(world, name)])),
    history: store.history
      .list({})
      .map(({ name, stateType, stateName, attempts, exitCode }) => ({
        name,
        stateType,
        stateName,
        attempts,
        exitCode,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    definitions: store.definitions
      .families()
      .flatMap(({ account, family }) => store.definitions.ofFamily(account, family))
      .map(({ family, revision, status }) => `${family}:${revision} ${status}`),
    tasks: countTasks(world),
    liveTasks: world.liveTasks().length,
  }
}

function endOfRun(world: World, name: string): object {
  const status = world.run(name)?.status
  return {
    state: world.state(name),
    message: status?.state?.message,
    exitCode: status?.exitCode,
    attempts: status?.attempts?.map(({ number, class: outcome }) => `${number} ${outcome}`),
    conditions: status?.conditions?.map(
      ({ type, status: is, reason }) => `${type}=${is} ${reason}`,
    ),
  }
}

function countTasks(world: World): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { launchTags } of world.emulator.ledger.entries()) {
    const tag = (key: string): string => launchTags.find((one) => one.key === key)?.value ?? ''
    const attempt = `${tag('capstan.dev/run-uid')} attempt ${tag('capstan.dev/attempt')}`
    counts[attempt] = (counts[attempt] ?? 0) + 1
  }
  return counts
}
