import type { Clock } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
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
}

export interface Manager {
  /**
   * Starts everything, then waits until `signal` aborts or a part fails, then stops everything. Rejects
   * with what failed, after the stop.
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
      const ending = createEnding(signal, options.log)
      const started: Part[] = []
      startAll(options.parts, started, { hurry, ending }).catch(ending.fail)
      const failures = await ending.promise
      await stopAll(started.toReversed(), hurry, options).catch(ending.fail)
      const [first] = failures
      if (first) throw first.error
    },
  }
}

/** The moment at which the program is to stop. */
interface Ending {
  /** Resolves with the list of what failed; later failures are still added to it. */
  readonly promise: Promise<readonly { readonly error: unknown }[]>
  readonly isReached: () => boolean
  readonly fail: (error: unknown) => void
}

function createEnding(signal: AbortSignal, log: Log): Ending {
  const failures: { error: unknown }[] = []
  let isReached = false
  let end = (): void => {}
  const promise = new Promise<typeof failures>((resolve) => {
    end = () => {
      isReached = true
      resolve(failures)
    }
  })
  if (signal.aborted) end()
  signal.addEventListener('abort', () => end(), { once: true })
  return {
    promise,
    isReached: () => isReached,
    fail(error) {
      log.error('a part failed, stopping', { error })
      failures.push({ error })
      end()
    },
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
  hurry: AbortController,
  { clock, log, drainMs = DRAIN_MS }: ManagerOptions,
): Promise<void> {
  const failures: unknown[] = []
  const cancel = clock.after(drainMs, () => {
    log.warn('stopping takes too long, giving up what is under way', { drainMs })
    hurry.abort(new Error('the program is stopping'))
  })
  for (const part of parts) {
    const patience = createPatience(hurry.signal, clock)
    const stopped = stopPart(part).catch((error: unknown) => failures.push(error))
    if ((await Promise.race([stopped, patience.end])) === 'over') {
      log.error('a part did not stop in time', { part: part.name })
    }
    patience.cancel()
  }
  cancel()
  if (failures.length > 0) throw failures[0]
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
