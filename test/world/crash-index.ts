import { isDeepStrictEqual } from 'node:util'
import { LABEL, RESOURCE_PREFIX } from '../../src/kinds/event.ts'
import { openStore } from '../../src/store/open.ts'
import { BRISK_DELAYS, NOON } from './builders.ts'
import { type Folder, folderOf } from './crash-folder.ts'
import { settleMicrotasks } from './fake-clock.ts'
import { recordingLog } from './recording-log.ts'
import { seededRandom } from './seeded-random.ts'
import { World, type WorldOptions } from './world.ts'

/** Something that happens to a controller, from its start to an end that does not change any more. */
export interface Scenario {
  readonly name: string
  readonly options?: WorldOptions
  /** Files of the folder that the controller follows, by name; absent: it follows none. */
  readonly folder?: Readonly<Record<string, string>>
  /** What people do, and when. The controller has been started. */
  readonly play: (world: World, folder: Folder) => Promise<void>
}

export interface CrashReport {
  /** Boundaries of the undisturbed run: commits, requests, answers, looks into the folder. */
  readonly boundaries: number
  /** How often the scenario was played with a crash in it. */
  readonly plays: number
  /** How often a process died in all of them. */
  readonly deaths: number
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
  /** By run, index in its array, and attempt. */
  readonly tasks: Readonly<Record<string, number>>
  readonly liveTasks: number
  /** Output that was printed, by run, in order. */
  readonly printed: Readonly<Record<string, readonly unknown[]>>
  /** What the event log says of automations, each as often as it stands there. */
  readonly told: readonly string[]
  /** What the folder owns, and what it holds back. */
  readonly owned: readonly string[]
  readonly held: unknown
}

interface Played {
  readonly boundaries: number
  readonly deaths: number
  readonly end: End
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
  const snapshot = emptyDatabase()
  const undisturbed = await playOnce(scenario, snapshot, [])
  const moments = Array.from({ length: undisturbed.boundaries }, (_, index) =>
    Array.from({ length: deaths }, (_, offset) => index + 1 + offset),
  )
  return compareWith(undisturbed, moments, (diedAt) => playOnce(scenario, snapshot, diedAt))
}

/** The same with two deaths anywhere, `plays` times: the second may fall into what the first one left. */
export async function crashAnywhere(
  scenario: Scenario,
  { plays, seed }: { readonly plays: number; readonly seed: number },
): Promise<CrashReport> {
  const random = seededRandom(seed)
  const snapshot = emptyDatabase()
  const undisturbed = await playOnce(scenario, snapshot, [])
  // The second life has boundaries of its own, so that the second death may come after the usual end.
  const draw = (): number => 1 + Math.floor(random.fraction() * undisturbed.boundaries * 1.5)
  const moments = Array.from({ length: plays }, () => [draw(), draw()].toSorted((a, b) => a - b))
  return compareWith(undisturbed, moments, (diedAt) => playOnce(scenario, snapshot, diedAt))
}

function emptyDatabase(): Uint8Array {
  const store = openStore({ path: ':memory:', random: seededRandom(0), nowMs: NOON })
  const snapshot = store.serialize()
  store.close()
  return snapshot
}

async function compareWith(
  undisturbed: Played,
  moments: readonly (readonly number[])[],
  play: (diedAt: readonly number[]) => Promise<Played>,
): Promise<CrashReport> {
  const differences: Difference[] = []
  let deaths = 0
  for (const diedAt of moments) {
    const played = await play(diedAt)
    deaths += played.deaths
    if (!isDeepStrictEqual(played.end, undisturbed.end)) {
      differences.push({ diedAt, end: played.end })
    }
  }
  const { boundaries, end } = undisturbed
  return { boundaries, end, plays: moments.length, deaths, differences }
}

async function playOnce(
  scenario: Scenario,
  snapshot: Uint8Array,
  diesAt: readonly number[],
): Promise<Played> {
  let boundaries = 0
  let deaths = 0
  const log = recordingLog()
  const dies = (): boolean => {
    boundaries += 1
    return diesAt.includes(boundaries) || boundaries >= MAX_BOUNDARIES
  }
  const folder = folderOf(scenario.folder, () => world)
  const world = new World({
    pace: PACE,
    config: { delays: BRISK_DELAYS },
    settle: settleMicrotasks,
    // One death reads the database anew, several in a row share its handle: both are looked at.
    reopens: diesAt.length === 1,
    snapshot,
    log,
    ...(scenario.folder && { prelude: folder.prelude, companions: folder.companions }),
    ...scenario.options,
    diesAt: dies,
    onDeath: () => {
      deaths += 1
      if (boundaries < MAX_BOUNDARIES) world.clock.after(0, () => void world.boot())
    },
  })
  folder.open()
  await world.start()
  await scenario.play(world, folder)
  const end = endOf(world, folder, log.lines)
  world.close()
  return { boundaries, deaths, end }
}

function endOf(world: World, folder: Folder, lines: ReturnType<typeof recordingLog>['lines']): End {
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
    printed: printedOf(lines),
    told: toldOf(world),
    ...folder.end(store),
  }
}

function toldOf({ store }: World): readonly string[] {
  return store.eventLog
    .list({ eventPrefix: RESOURCE_PREFIX.automation, limit: 1_000 })
    .map(({ event, resource }) => `${event} of ${resource[LABEL.name]}`)
    .toSorted()
}

function endOfRun(world: World, name: string): object {
  const status = world.run(name)?.status
  return {
    state: world.state(name),
    message: status?.state?.message,
    exitCode: status?.exitCode,
    attempts: status?.attempts?.map(({ number, class: outcome }) => `${number} ${outcome}`),
    lastLines: status?.attempts?.map(({ lastLines }) => lastLines),
    conditions: status?.conditions?.map(
      ({ type, status: is, reason }) => `${type}=${is} ${reason}`,
    ),
  }
}

/** Which task of an array it is stands in its environment only. */
const ARRAY_INDEX = /"CAPSTAN_ARRAY_INDEX","value":"(\d+)"/

function countTasks(world: World): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const { task, launchTags } of world.emulator.ledger.entries()) {
    const tag = (key: string): string => launchTags.find((one) => one.key === key)?.value ?? ''
    const [, index = '0'] = ARRAY_INDEX.exec(JSON.stringify(task.overrides)) ?? []
    const attempt = `${tag('capstan.dev/run-uid')}[${index}] attempt ${tag('capstan.dev/attempt')}`
    counts[attempt] = (counts[attempt] ?? 0) + 1
  }
  return counts
}

function printedOf(
  lines: ReturnType<typeof recordingLog>['lines'],
): Readonly<Record<string, readonly unknown[]>> {
  const printed: Record<string, unknown[]> = {}
  for (const { message, run, line } of lines) {
    if (message === 'output') (printed[String(run)] ??= []).push(line)
  }
  return printed
}
