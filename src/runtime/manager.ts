import type { Clock } from '../lib/clock.ts'
import { errorMessage, rootCause } from '../lib/errors.ts'
import type { Log } from './logger.ts'

/** Something that runs for as long as the program does. */
export interface Part {
  readonly name: string
  /**
   * Resolves when the parts behind it may start. `signal` aborts when stopping takes too long: whatever
   * is under way is to be given up then. `fail` ends the whole program.
   */
  start(signal: AbortSignal, fail: (error: unknown) => void): Promise<void> | void
  /** Takes on nothing new; resolves when what was under way is finished. Also called after a start that failed. */
  stop(): Promise<void> | void
}

export interface ManagerOptions {
  /** In the order in which they start: each may rely on those before it. They stop in reverse. */
  readonly parts: readonly Part[]
  readonly clock: Clock
  readonly log: Log
  /** How long stopping may take before the parts' signal aborts. */
  readonly drainMs?: number
  /** Whether the message of a failure says all there is to say: then no stack is logged. None when absent. */
  readonly isExplained?: (error: unknown) => boolean
}

export interface Manager {
  /**
   * Starts everything, then waits until `signal` aborts or a part fails, then stops everything. Rejects
   * with what failed first, after the stop: its stack is for whoever reports that. What fails besides is logged.
   */
  run(signal: AbortSignal): Promise<void>
}

/** Kubernetes and ECS both kill 30 s after asking; this leaves time to close the database. */
const DRAIN_MS = 20_000

/** From the abort until a part that still does not stop is left behind. */
const ABORT_GRACE_MS = 2_000

export function createManager(options: ManagerOptions): Manager {
  return {
    async run(signal) {
      const hurry = new AbortController()
      const ending = createEnding(signal, options)
      const started: Part[] = []
      startAll(options.parts, started, { hurry, ending }).catch(ending.failedToStart)
      await ending.reached
      await stopAll(started.toReversed(), { hurry, ending }, options)
      const first = ending.failure()
      if (first) throw first.error
    },
  }
}

/** The moment at which the program is to stop, and why. */
interface Ending {
  readonly reached: Promise<void>
  readonly isReached: () => boolean
  /** What failed first. */
  readonly failure: () => { readonly error: unknown } | undefined
  /** Says at once that the program stops: that may take a while. */
  readonly fail: (error: unknown) => void
  /** The same, said by whoever reports the failure: nothing runs yet that would take long to stop. */
  readonly failedToStart: (error: unknown) => void
}

function createEnding(
  signal: AbortSignal,
  { log, isExplained = () => false }: Pick<ManagerOptions, 'log' | 'isExplained'>,
): Ending {
  let first: { readonly error: unknown } | undefined
  const told = new Set<unknown>()
  let isReached = false
  let end = (): void => {}
  const reached = new Promise<void>((resolve) => {
    end = () => {
      isReached = true
      resolve()
    }
  })
  if (signal.aborted) end()
  signal.addEventListener('abort', () => end(), { once: true })
  const failed = (error: unknown, tellFirst: (why: string) => void): void => {
    const why = errorMessage(error)
    // One cause may fail several parts: that is one thing to say.
    const isNews = !told.has(rootCause(error))
    told.add(rootCause(error))
    if (!first) tellFirst(why)
    else if (isNews) log.error('another part failed', isExplained(error) ? { why } : { error })
    first ??= { error }
    end()
  }
  return {
    reached,
    isReached: () => isReached,
    failure: () => first,
    fail: (error) => failed(error, (why) => log.error('a part failed, stopping', { why })),
    failedToStart: (error) => failed(error, () => {}),
  }
}

async function startAll(
  parts: readonly Part[],
  started: Part[],
  { hurry, ending }: { readonly hurry: AbortController; readonly ending: Ending },
): Promise<void> {
  for (const part of parts) {
    if (ending.isReached()) return
    started.push(part)
    try {
      await part.start(hurry.signal, ending.fail)
    } catch (error) {
      // A start that ends because of the stop is no failure.
      if (ending.isReached()) return
      throw new Error(`${part.name} did not start: ${errorMessage(error)}`, { cause: error })
    }
  }
}

async function stopAll(
  parts: readonly Part[],
  { hurry, ending }: { readonly hurry: AbortController; readonly ending: Ending },
  { clock, log, drainMs = DRAIN_MS }: ManagerOptions,
): Promise<void> {
  const cancel = clock.after(drainMs, () => {
    log.warn('stopping takes too long, giving up what is under way', { drainMs })
    hurry.abort(new Error('the program is stopping'))
  })
  for (const part of parts) {
    const patience = createPatience(hurry.signal, clock)
    const stopped = stopPart(part).catch(ending.fail)
    if ((await Promise.race([stopped, patience.end])) === 'over') {
      log.error('a part did not stop in time', { part: part.name })
    }
    patience.cancel()
  }
  cancel()
}

/** How long one part is waited for: until ABORT_GRACE_MS after the abort, or after the call when it comes later. */
function createPatience(signal: AbortSignal, clock: Clock) {
  const waiting = new AbortController()
  const end = new Promise<'over'>((resolve) => {
    const onAbort = (): void => {
      const cancel = clock.after(ABORT_GRACE_MS, () => resolve('over'))
      waiting.signal.addEventListener('abort', cancel, { once: true })
    }
    if (signal.aborted) onAbort()
    else signal.addEventListener('abort', onAbort, { once: true, signal: waiting.signal })
  })
  return { end, cancel: () => waiting.abort() }
}

async function stopPart(part: Part): Promise<void> {
  try {
    await part.stop()
  } catch (error) {
    throw new Error(`${part.name} did not stop: ${errorMessage(error)}`, { cause: error })
  }
}
