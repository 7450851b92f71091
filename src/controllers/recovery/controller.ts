import { type WriteTarget, WriteTooEarly } from '../../aws/write-gate.ts'
import type { TemplateSpec } from '../../kinds/generated.ts'
import type { Run } from '../../kinds/run.ts'
import { sleep } from '../../lib/clock.ts'
import type { Part } from '../../runtime/manager.ts'
import type { LaunchProofs } from '../../store/launch-log-lines.ts'
import type { AccountBook } from '../accounts.ts'
import type { ChoreDeps } from '../chore.ts'
import { ask, type Found, type Question, questionsOf } from './ask.ts'
import { namedPlaces, type Place, placeKey } from './places.ts'
import {
  admitPlaces,
  admittedPlaces,
  endRecovery,
  heldRuns,
  isAnyInstanceOurs,
  isProbing,
  noteSilence,
  recoveryUnderWay,
} from './record.ts'

/** How often it is looked whether the folders have been read, and how soon a failed listing is repeated. */
const POLL_MS = 20
const RETRY_MS = 10_000
/** Each place is asked so often before launches elsewhere stop waiting for it: one failure may be a lost packet. */
const ROUNDS = 2
/** An account of a thousand tasks answers within seconds; credentials that cannot be had may take minutes to fail. */
const ASK_MS = 30_000

export interface RecoveryDeps extends ChoreDeps {
  readonly accounts: AccountBook
  readonly controller: { readonly name: string; readonly epoch: number; readonly instance: string }
  /** Whether every folder has been read once. */
  readonly foldersRead: () => boolean
  /** The merged and rendered template of a run; an empty one where it cannot be resolved. */
  readonly templateOf: (run: Run) => TemplateSpec
  /** What the launch log said when recovery began. */
  readonly proofs?: LaunchProofs | undefined
  /** Looks at every run again: some may launch that were refused before. */
  readonly wakeAll?: () => void
}

export interface RecoveryPart extends Part {
  /**
   * To be awaited before each launch while it is not known whether this controller has run before; rejects where
   * nothing may be launched yet. Undefined where that is no question.
   */
  readonly beforeLaunch: ((launch: WriteTarget) => Promise<void>) | undefined
}

/** What one recovery knows in memory. */
interface Course {
  readonly found: Found
  readonly signal: AbortSignal
  /** Keys of questions that are answered, or were passed over. */
  readonly done: Set<string>
  /** Why others are not, by key. */
  readonly silent: Map<string, string>
  /** Asks that have not come back, by key. */
  readonly underWay: Map<string, Promise<string | undefined>>
  /** Keys of places that launches want and nobody has asked for: named since places were last collected. */
  readonly unasked: Set<string>
  /** ECS has been asked as often as launches wait for. */
  readonly settle: () => void
  /** Launches may have left to some places and were refused to others. */
  isPartial: boolean
  /** It is known that this controller has never run before. */
  isClean: boolean
}

/**
 * Once the folders are read: finds by listing what ECS still knows of the runs that are held, adopts it, and
 * lets those runs go on. What it cannot prove stays held until a person approves it. Launches nothing.
 */
export function createRecovery(deps: RecoveryDeps): RecoveryPart {
  const stopped = new AbortController()
  let settle: () => void = () => {}
  const settled = new Promise<void>((resolve) => {
    settle = resolve
  })
  const course: Course = {
    found: { adopted: 0, seenAlive: new Set(), foreign: new Set() },
    signal: stopped.signal,
    done: new Set(isProbing(deps.store) ? admittedPlaces(deps.store) : []),
    silent: new Map(),
    unasked: new Set(),
    underWay: new Map(),
    settle,
    isPartial: false,
    isClean: false,
  }
  let working: Promise<void> = Promise.resolve()
  return {
    name: 'recovery',
    beforeLaunch: isAnyInstanceOurs(deps.store)
      ? async (launch) => {
          await settled
          stopped.signal.throwIfAborted()
          judgeLaunch(deps, course, launch)
        }
      : undefined,
    start() {
      if (recoveryUnderWay(deps.store) === undefined) return
      working = recover(deps, course).catch((error: unknown) => {
        if (!stopped.signal.aborted) deps.log.error('recovery failed', { error })
      })
    },
    async stop() {
      stopped.abort(new Error('the program is stopping'))
      await working
      settle()
    },
  }
}

/** Throws where it would run what may have run before. */
function judgeLaunch({ store }: RecoveryDeps, course: Course, launch: WriteTarget): void {
  if (course.isClean) return
  // Holding a run takes its intent back.
  if (!store.attempts.byClientToken(launch.clientToken ?? '')) {
    throw new Error('ECS knows this controller: what has run is found out first')
  }
  if (recoveryUnderWay(store) === undefined) return
  const key = placeKey(launch.account, launch.cluster)
  if (admittedPlaces(store).has(key)) return
  const why = course.silent.get(key)
  if (why === undefined) course.unasked.add(key)
  throw new WriteTooEarly(
    `Whether tasks of this controller run in cluster ${launch.cluster ?? 'default'} of AWS account "${launch.account}" is not known yet: ${why ?? 'ECS is asked within seconds.'}`,
  )
}

async function recover(deps: RecoveryDeps, course: Course): Promise<void> {
  const { store, clock, log } = deps
  const reason = recoveryUnderWay(store)
  log[isProbing(store) ? 'info' : 'warn']('recovery', { reason })
  while (!deps.foldersRead()) await sleep(clock, POLL_MS, course.signal)
  await askAll(deps, course)
  const isClean = isProbing(store)
  store.transaction(() => endRecovery(store, deps.proofs, course.found.seenAlive))
  course.isClean = isClean
  course.settle()
  if (course.isPartial) deps.wakeAll?.()
  if (isClean) log.info('no trace of an earlier life in ECS')
  else tellEnd(deps, course.found)
}

function tellEnd({ store, log }: RecoveryDeps, { adopted, foreign }: Found): void {
  const held = heldRuns(store)
  log.warn('recovery is over', { adopted, held: held.length })
  if (foreign.size > 0) {
    log.warn(
      'ECS holds tasks of other controllers of this name: they are left alone; give this one another name with --name if they are alive',
      { instances: [...foreign] },
    )
  }
  if (held.length > 0) {
    log.warn('held runs wait for approval: capstan approve run/NAME', {
      runs: held
        .slice(0, MAX_LOGGED)
        .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`),
    })
  }
}

/** Held runs, and places, that are named in one line; all runs carry the condition Held. */
const MAX_LOGGED = 20

/**
 * Until ECS has answered for every place: without its answer nothing is proven. One silent account keeps no other
 * waiting, and places that no run needs keep nobody waiting for longer than the first rounds.
 */
async function askAll(deps: RecoveryDeps, course: Course): Promise<void> {
  const { store, clock, log } = deps
  const { done, silent, unasked, signal } = course
  let named: readonly Place[] = []
  for (let round = 1; ; round += 1) {
    const isStale = round === 1 || unasked.size > 0
    unasked.clear()
    if (isStale) named = await namedPlaces(deps)
    const open = questionsOf(named).filter(({ key }) => !done.has(key))
    await Promise.all(open.map((question) => askOne(deps, course, question, named)))
    const left = open.filter(({ key }) => !done.has(key))
    noteSilence(store, silenceText(left, silent))
    if (left.length === 0) return
    if (round >= ROUNDS) {
      if (unasked.size === 0 && !left.some(({ isNeeded }) => isNeeded)) {
        log.warn('recovery passes over places that do not answer: no run needs them', {
          places: left.slice(0, MAX_LOGGED).map(({ key }) => key),
        })
        return
      }
      openDoors(deps, course)
    }
    await sleep(clock, RETRY_MS, signal)
  }
}

async function askOne(
  deps: RecoveryDeps,
  course: Course,
  question: Question,
  named: readonly Place[],
): Promise<void> {
  const { key } = question
  const { done, silent } = course
  const why = await inTime(deps, course, question, named)
  if (why === undefined) {
    done.add(key)
    silent.delete(key)
    return
  }
  // Logged once, not every ten seconds.
  if (silent.get(key) !== why) {
    deps.log.warn('tasks could not be listed for recovery', { place: key, error: why })
  }
  silent.set(key, why)
}

/** Waits for the answer for ASK_MS. A slower one goes on meanwhile, and the next round waits for it again. */
async function inTime(
  deps: RecoveryDeps,
  { found, underWay, signal }: Course,
  question: Question,
  named: readonly Place[],
): Promise<string | undefined> {
  const { key } = question
  const asked =
    underWay.get(key) ??
    ask(deps, found, question, { named, signal }).finally(() => underWay.delete(key))
  underWay.set(key, asked)
  const over = new AbortController()
  const tooLong = sleep(deps.clock, ASK_MS, AbortSignal.any([signal, over.signal])).then(
    () => `No answer has come in ${ASK_MS / 1000} s.`,
  )
  try {
    return await Promise.race([asked, tooLong])
  } finally {
    over.abort()
    tooLong.catch(() => {})
  }
}

/** Lets launches leave to the places where ECS has answered. */
function openDoors({ store, wakeAll }: RecoveryDeps, course: Course): void {
  if (!isAnyInstanceOurs(store)) return
  const before = admittedPlaces(store)
  const isNew = [...course.done].some((key) => !before.has(key))
  if (isNew) store.transaction(() => admitPlaces(store, course.done))
  course.settle()
  if (isNew && course.isPartial) wakeAll?.()
  course.isPartial = true
}

/** For /readyz, those first that runs wait for; empty where nothing is open. */
function silenceText(left: readonly Question[], silent: ReadonlyMap<string, string>): string {
  if (left.length === 0) return ''
  const shown = left
    .toSorted((a, b) => Number(b.isNeeded) - Number(a.isNeeded))
    .slice(0, MAX_SHOWN)
    .map(({ key, account, place }) => {
      const what = place ? `cluster ${place.cluster}` : 'the other clusters'
      return `${what} of AWS account "${account.id}": ${silent.get(key)}`
    })
  const more = left.length > MAX_SHOWN ? [`and ${left.length - MAX_SHOWN} more`] : []
  return `ECS does not answer for ${[...shown, ...more].join('; ')}`
}

/** A line of /readyz is read by people. */
const MAX_SHOWN = 3
