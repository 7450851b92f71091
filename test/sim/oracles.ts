import { isFinalState, type OutcomeClass } from '../../src/kinds/run.ts'
import { MINUTE } from '../world/builders.ts'
import type { World } from '../world/world.ts'
import { mistold } from './log-oracle.ts'
import type { GrantedWish } from './simulate.ts'
import { NARROW_POOL, type SimRun, type Story } from './story.ts'
import { type TaskFacts, taskFacts } from './task-facts.ts'

/** Broken promises, one sentence each; none means that the story ended well. */
export type Verdict = readonly string[]

export interface Judged {
  readonly story: Story
  readonly world: World
  readonly wishes: readonly GrantedWish[]
  /** True when something still called or wrote after peace had come. */
  readonly busyAfterPeace: boolean
}

interface Case extends Judged {
  readonly tasks: readonly TaskFacts[]
  readonly downMs: number
  /** By so much a stop or a deadline may be late: all downtimes together and what faults take. */
  readonly lateMs: number
}

/** How long a stop takes at ECS, observation included. */
const STOP_MS = 2 * MINUTE
/** Failed calls, backoff and resends may hold it up for so long. */
const FAULTS_MS = 15 * MINUTE

/** ECS forgets stopped tasks after an hour: who was away for longer cannot know how they ended. */
const MEMORY_MS = 50 * MINUTE

/** Everything that must hold when the trouble is over (no duplicates, no orphans, no lost runs). */
export function judge(judged: Judged): Verdict {
  const { story, world, wishes } = judged
  const deaths = story.twists.filter((twist) => twist.type === 'Die')
  const downMs = deaths.reduce((sum, death) => sum + death.downMs, 0)
  const isSmooth = story.faults.length === 0 && !story.echoes
  const lateMs = downMs + STOP_MS + (isSmooth ? 0 : FAULTS_MS)
  const facts: Case = { ...judged, tasks: taskFacts(world), downMs, lateMs }
  return [
    ...duplicates(facts),
    ...orphans(world),
    ...forgotten(facts),
    ...repeated(facts),
    ...overbooked(facts),
    ...mistold(world, runsOf(wishes, 'Recreate')),
    ...wishes.flatMap((wish) => ungranted(facts, wish)),
    ...story.runs.flatMap((run) => [
      ...unfinished(world, run),
      ...unearned(facts, run),
      ...overtime(facts, run),
      ...otherEnd(facts, run),
    ]),
    ...(judged.busyAfterPeace ? ['something still calls or writes in a world at peace'] : []),
  ]
}

/** At most one task ever exists for one attempt of one run. */
function duplicates({ tasks }: Case): Verdict {
  const byAttempt = Map.groupBy(tasks, ({ uid, attempt }) => `${uid} attempt ${attempt}`)
  return [...byAttempt]
    .filter(([, group]) => group.length > 1)
    .map(([key, group]) => `${key} has ${group.length} tasks`)
}

/** No task lives without a run that waits for it. */
function orphans(world: World): Verdict {
  return world
    .liveTasks()
    .filter(({ run }) => {
      const state = world.run(run)?.status?.state?.type
      return state === undefined || isFinalState(state)
    })
    .map(({ run, arn }) => `task ${arn} of ${run} lives on`)
}

/** Whatever had a task is there or in history: so that its content never runs again. */
function forgotten({ world, tasks }: Case): Verdict {
  return [...Map.groupBy(tasks, ({ uid }) => uid)].flatMap(([uid, [first]]) => {
    const known = world.store.objects.getByUid(uid) ?? world.store.history.get(uid)
    return known ? [] : [`${first?.run} had a task, and history does not know it`]
  })
}

function runsOf(wishes: readonly GrantedWish[], type: GrantedWish['type']): ReadonlySet<string> {
  return new Set(wishes.filter((wish) => wish.type === type).map(({ run }) => run))
}

/** What succeeded does not run again, unless somebody asks for it or stopped it in its last moments. */
function repeated({ world, tasks, wishes }: Case): Verdict {
  return tasks
    .filter(({ run }) => !wishes.some((wish) => wish.run === run && GOES_ON.includes(wish.type)))
    .filter(({ uid, code, exitCode, stoppedAtMs }) => {
      const succeeded = code === 'EssentialContainerExited' && exitCode === 0
      return succeeded && tasks.some((one) => one.uid === uid && one.createdAtMs > stoppedAtMs)
    })
    .map(({ run }) => `${run} succeeded and ran again (${world.state(run)})`)
}

const GOES_ON: readonly string[] = ['Rerun', 'Suspend']

/** A pool never has more tasks than slots. Whoever was away for long may have given a task up that lived. */
function overbooked({ story, tasks, downMs }: Case): Verdict {
  const { slots } = story
  if (slots === undefined || downMs > MEMORY_MS) return []
  const inPool = tasks.filter(({ workPool }) => workPool === NARROW_POOL)
  return inPool.flatMap(({ createdAtMs }) => {
    const live = inPool.filter(
      (one) => one.createdAtMs <= createdAtMs && one.stoppedAtMs > createdAtMs,
    ).length
    return live <= slots ? [] : [`${live} tasks live in a pool with ${slots} slots`]
  })
}

const ASKS_AGAIN: readonly string[] = ['Recreate', 'Rerun', 'Resume']
const ENDS_TASKS: readonly string[] = ['Cancel', 'Delete', 'Suspend']

/** Who is stopped stops, and who is asked to run again does. */
function ungranted({ tasks, wishes, world, lateMs, downMs }: Case, wish: GrantedWish): Verdict {
  const others = wishes.filter(({ run, type }) => run === wish.run && type !== wish.type)
  const ofRun = tasks.filter(({ run }) => run === wish.run)
  if (wish.type === 'Rerun') {
    const ranAgain = ofRun.some(({ createdAtMs }) => createdAtMs >= wish.grantedAtMs)
    const mayRun = others.length === 0 && world.run(wish.run)?.spec.cancel !== true
    // A launch that was under way when the controller went, for longer than a token lives, is not repeated.
    const isUnprovable = downMs > MEMORY_MS && lastClass(world, wish.run) === 'Unknown'
    return ranAgain || !mayRun || isUnprovable ? [] : [`${wish.run} was to run again and did not`]
  }
  if (!ENDS_TASKS.includes(wish.type)) return []
  if (wish.type === 'Recreate' || others.some(({ type }) => ASKS_AGAIN.includes(type))) return []
  const lastMs = wish.grantedAtMs + lateMs
  const late = ofRun.filter(({ stoppedAtMs }) => stoppedAtMs > lastMs)
  return late.map(({ run }) => `a task of ${run} lived long after ${wish.type}`)
}

function lastClass(world: World, run: string): string | undefined {
  return world.run(run)?.status?.attempts?.at(-1)?.class
}

/** Every run that somebody still wants comes to an end. */
function unfinished(world: World, { name }: SimRun): Verdict {
  const run = world.run(name)
  if (!run) return []
  const state = run.status?.state?.type
  if (isFinalState(state)) return []
  if (state === 'PAUSED' && run.spec.suspend === true) return []
  return [`${name} is ${world.state(name)}: ${run.status?.whyPending ?? ''}`]
}

/** Success is what a program says, and nothing else. */
function unearned({ world, tasks }: Case, { name }: SimRun): Verdict {
  const run = world.run(name)
  if (run?.status?.state?.type !== 'COMPLETED') return []
  const earned = tasks.some(({ uid, exitCode }) => uid === run.metadata.uid && exitCode === 0)
  return earned ? [] : [`${name} is COMPLETED, and no task of it ended with 0`]
}

/** An attempt's deadline ends its task. Where clocks were set, deadlines move with them. */
function overtime({ tasks, story, lateMs }: Case, { name, template }: SimRun): Verdict {
  const { attemptDeadlineSeconds: seconds } = template
  if (seconds === undefined || isClockSet(story)) return []
  return tasks
    .filter(
      ({ run, startedAtMs, stoppedAtMs }) => run === name && stoppedAtMs > startedAtMs + lateMs,
    )
    .map(() => `a task of ${name} outlived attemptDeadlineSeconds by far`)
}

/** A run that nobody touched ends as its program does, whatever happened to the controller and to ECS meanwhile. */
function otherEnd(facts: Case, run: SimRun): Verdict {
  if (!isForeseeable(facts, run)) return []
  const attempts = facts.world.run(run.name)?.status?.attempts ?? []
  const classes = attempts
    .map((attempt) => attempt.class)
    .filter((one) => one !== 'SpotInterruption' && one !== 'HostFailure')
  const expected = expectedClasses(run)
  return JSON.stringify(classes) === JSON.stringify(expected)
    ? []
    : [`${run.name} ended as ${JSON.stringify(classes)}, not as ${JSON.stringify(expected)}`]
}

/** Faults after which a program has not run, or has run too late. */
const ENDING_FAULTS: readonly string[] = ['neverStart', 'startFailure']

function isForeseeable({ story, wishes, downMs }: Case, { name, template }: SimRun): boolean {
  const faults = story.faults.map(({ fault }) => fault.type)
  if (wishes.some((wish) => wish.run === name) || isClockSet(story)) return false
  if (template.attemptDeadlineSeconds !== undefined || downMs > MEMORY_MS) return false
  // What ECS shows too late looks like a start that comes too late.
  const isTight = template.taskStartTimeoutSeconds !== undefined || downMs > 0
  const isBlurred = story.echoes !== undefined || faults.includes('stale')
  if (isTight && isBlurred) return false
  if (template.taskStartTimeoutSeconds !== undefined && faults.includes('slowStart')) return false
  return !faults.some((type) => ENDING_FAULTS.includes(type))
}

function isClockSet(story: Story): boolean {
  return story.twists.some(({ type }) => type === 'StepClock')
}

/** What an undisturbed controller makes of the run's program. */
function expectedClasses(run: SimRun): readonly OutcomeClass[] {
  const attempts = 1 + (run.template.retry?.limit ?? 0)
  const classes: OutcomeClass[] = []
  for (let index = 0; index < attempts; index += 1) {
    const act = run.acts[Math.min(index, run.acts.length - 1)]
    const ok = act?.exitCode === 0
    classes.push(ok ? 'Success' : 'ExitNonZero')
    if (ok) break
  }
  return classes
}
