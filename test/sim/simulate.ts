import { createHash } from 'node:crypto'
import type { DescribeTasksAnswer, EcsPort } from '../../src/aws/ports.ts'
import type { DriverTask } from '../../src/emulator/drivers/driver.ts'
import { isFinalState } from '../../src/kinds/run.ts'
import { openStore } from '../../src/store/open.ts'
import { BRISK_DELAYS, NOON, SECOND } from '../world/builders.ts'
import { settleMicrotasks } from '../world/fake-clock.ts'
import type { Distortion, Point } from '../world/life.ts'
import { seededRandom } from '../world/seeded-random.ts'
import { World } from '../world/world.ts'
import type { Bug } from './bugs.ts'
import { judge, type Verdict } from './oracles.ts'
import {
  type Act,
  type ClockStep,
  type Death,
  type Echoes,
  NARROW_POOL,
  PEACE_MS,
  type Story,
  TROUBLE_MS,
  type Wish,
} from './story.ts'
import { taskFacts } from './task-facts.ts'

/** What a simulation came to. Equal stories give equal results, the trace's hash included. */
export interface SimResult {
  readonly verdict: Verdict
  readonly trace: string
  readonly deaths: number
  readonly faults: number
  readonly calls: number
}

/** What simulations have in common. */
export interface Lab {
  /** An empty database: making one takes longer than playing a short story. */
  readonly snapshot: Uint8Array
  readonly bug?: Bug
  /** Hears of every boundary that is passed. */
  readonly listen?: (line: string) => void
}

export function createLab(bug?: Bug): Lab {
  const store = openStore({ path: ':memory:', random: seededRandom(0), nowMs: NOON })
  const snapshot = store.serialize()
  store.close()
  return { snapshot, ...(bug && { bug }) }
}

/** Near the pace against AWS: stale enough to matter, brisk enough for many seeds. */
const SIM_PACE = { floorMs: 4_000, ceilingMs: 120_000 }

/** How closely peace is watched: long enough for every timer of the controller to fire many times. */
const QUIET_TICKS = 1_000
const QUIET_TICK_MS = 10 * SECOND

/** A story that ends has a few hundred boundaries; one that reaches this goes round in circles. */
const MAX_POINTS = 20_000

/** How often the folder looks whether a file that came back may run. */
const FOLDER_LOOK_MS = 10 * SECOND

export async function simulate(story: Story, lab: Lab): Promise<SimResult> {
  return new Simulation(story, lab).play()
}

/** A wish that somebody could still have. */
export interface GrantedWish extends Wish {
  /** Epoch milliseconds of a clock that nobody sets. */
  readonly grantedAtMs: number
}

class Simulation {
  readonly #story: Story
  readonly #world: World
  readonly #trace = createHash('sha256')
  readonly #deaths: Death[]
  readonly #passed = new Map<Point, number>()
  readonly #wishes: GrantedWish[] = []
  /** Wishes that wait for a boundary. */
  readonly #lurking: Wish[] = []
  readonly #listen: Lab['listen']
  #points = 0
  #died = 0
  #echoed = 0

  constructor(story: Story, { snapshot, bug, listen }: Lab) {
    this.#story = story
    this.#listen = listen
    this.#deaths = story.twists.filter((twist): twist is Death => twist.type === 'Die')
    const mistake = bug?.plant()
    this.#world = new World({
      seed: story.seed,
      pace: SIM_PACE,
      config: { delays: BRISK_DELAYS },
      faults: { rules: story.faults },
      settle: settleMicrotasks,
      snapshot,
      reopens: story.reopens ?? false,
      distortions: [
        ...(story.echoes ? [this.#echo(story.echoes)] : []),
        ...(mistake ? [mistake] : []),
      ],
      ...(mistake?.decide && { decideRun: mistake.decide }),
      behave: (task) => this.#act(task),
      diesAt: (point, detail) => this.#diesAt(point, detail),
    })
  }

  async play(): Promise<SimResult> {
    const world = this.#world
    if (this.#story.slots !== undefined) {
      world.addWorkPool(NARROW_POOL, { concurrencyLimit: this.#story.slots })
    }
    await world.boot()
    await this.#trouble()
    await world.clock.advance(PEACE_MS)
    const before = this.#activity()
    await world.clock.advance(QUIET_TICKS * QUIET_TICK_MS)
    const verdict = this.#isEndless()
      ? [`it called and wrote ${MAX_POINTS} times and came to no end`]
      : judge({
          story: this.#story,
          world,
          wishes: this.#wishes,
          busyAfterPeace: before !== this.#activity(),
        })
    const result = {
      verdict,
      trace: this.#trace.digest('hex'),
      deaths: this.#died,
      faults: world.emulator.faultHits().reduce((sum, hits) => sum + hits, this.#echoed),
      calls: world.totalCalls(),
    }
    world.close()
    return result
  }

  /** Runs come, twists happen and the process dies, until the time of trouble is over. */
  async #trouble(): Promise<void> {
    const { clock } = this.#world
    const { runs, twists } = this.#story
    const events = [
      ...runs.map((run) => ({ atMs: run.atMs, happens: () => this.#addRun(run.name) })),
      ...twists.flatMap((twist) =>
        twist.type === 'Die' ? [] : { atMs: twist.atMs, happens: () => this.#twist(twist) },
      ),
    ].toSorted((a, b) => a.atMs - b.atMs)
    for (const { atMs, happens } of events) {
      await clock.advance(Math.max(0, atMs - clock.monotonicMs()))
      happens()
    }
    await clock.advance(Math.max(0, TROUBLE_MS - clock.monotonicMs()))
    this.#deaths.length = 0
    this.#lurking.length = 0
  }

  #addRun(name: string): void {
    const run = this.#story.runs.find((one) => one.name === name)
    if (!run) return
    const { template, workPool } = run
    this.#world.addRun(name, { template, ...(workPool !== undefined && { workPool }) })
  }

  #twist(twist: Wish | ClockStep): void {
    const world = this.#world
    if (twist.type === 'StepClock') {
      world.clock.stepWall(twist.byMs)
    } else if (twist.at !== undefined) {
      this.#lurking.push(twist)
    } else {
      this.#grant(twist)
    }
  }

  #grant(twist: Wish): void {
    const world = this.#world
    const run = world.run(twist.run)
    const isOver = isFinalState(run?.status?.state?.type)
    if (!run || (twist.type !== 'Recreate' && isOver !== (twist.type === 'Rerun'))) return
    this.#wishes.push({ ...twist, grantedAtMs: world.clock.undisturbed.nowMs() })
    if (twist.type === 'Delete') world.deleteRun(twist.run)
    if (twist.type === 'Recreate') this.#recreate(twist.run, run.metadata.uid)
    if (twist.type === 'Rerun') world.annotateRun(twist.run, `again at ${twist.atMs}`)
    if (twist.type === 'Cancel') world.changeRun(twist.run, { cancel: true })
    if (twist.type === 'Suspend') world.changeRun(twist.run, { suspend: true })
    if (twist.type === 'Resume') world.changeRun(twist.run, { suspend: false })
  }

  /** As the folder does with a file that vanished and came back: once the old object is gone, unless its content has run. */
  #recreate(name: string, uid: string): void {
    const world = this.#world
    world.deleteRun(name)
    const look = (): void => {
      if (world.run(name)) world.clock.after(FOLDER_LOOK_MS, look)
      else if (world.store.history.get(uid) === undefined) this.#addRun(name)
    }
    world.clock.after(FOLDER_LOOK_MS, look)
  }

  #isEndless(): boolean {
    return this.#points >= MAX_POINTS
  }

  #diesAt(point: Point, detail: unknown): boolean {
    this.#points += 1
    if (this.#isEndless()) return true
    const passed = (this.#passed.get(point) ?? 0) + 1
    this.#passed.set(point, passed)
    const line = `${this.#world.clock.monotonicMs()} ${point} ${essentials(detail)}`
    this.#trace.update(line)
    this.#listen?.(line)
    const lurking = this.#lurking.findIndex(({ at }) => at === point)
    if (lurking >= 0) for (const wish of this.#lurking.splice(lurking, 1)) this.#grant(wish)
    const index = this.#deaths.findIndex(({ nth, at }) =>
      at === undefined ? nth === this.#points : at === point && nth === passed,
    )
    const [death] = index < 0 ? [] : this.#deaths.splice(index, 1)
    if (!death) return false
    this.#died += 1
    this.#world.clock.after(death.downMs, () => void this.#world.boot())
    return true
  }

  /** What the program does now depends on how often it has ended by itself: hosts that vanish count for nothing. */
  #act(task: DriverTask): Act {
    const tag = (key: string): string | undefined => task.tags.find((one) => one.key === key)?.value
    const name = tag('capstan.dev/run')?.split('/').at(-1)
    const acts = this.#story.runs.find((run) => run.name === name)?.acts ?? []
    const ended = taskFacts(this.#world).filter(
      ({ uid, arn, code }) =>
        uid === tag('capstan.dev/run-uid') &&
        arn !== task.arn &&
        code === 'EssentialContainerExited',
    ).length
    return acts[Math.min(ended, acts.length - 1)] ?? { runMs: SECOND, exitCode: 0 }
  }

  /** Repeats what was said before about the same tasks; the fresh answer is lost. */
  #echo({ probability, limit }: Echoes): Distortion {
    const random = seededRandom(this.#story.seed + 2)
    const said = new Map<string, DescribeTasksAnswer>()
    return {
      ecs: (ecs): Partial<EcsPort> => ({
        describeTasks: async (cluster, arns, ...rest) => {
          const fresh = await ecs.describeTasks(cluster, arns, ...rest)
          const before = said.get(arns.join())
          said.set(arns.join(), fresh)
          const isOver = this.#world.clock.monotonicMs() > TROUBLE_MS || this.#echoed >= limit
          if (!before || isOver || random.fraction() >= probability) return fresh
          this.#echoed += 1
          return before
        },
      }),
    }
  }

  /** Changes whenever anything calls or writes. */
  #activity(): string {
    return `${this.#world.totalCalls()} ${this.#world.store.resourceVersion()}`
  }
}

/** What was sent or answered, as text; signals say nothing. */
function essentials(detail: unknown): string {
  return detail === undefined ? '' : JSON.stringify(detail)
}
