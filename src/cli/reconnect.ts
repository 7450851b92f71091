import { type Clock, sleep } from '../lib/clock.ts'
import { UnreachableError } from './errors.ts'

/** Pause before an ended stream is taken up again, so that a server that ends them at once is not flooded. */
export const RECONNECT_DELAY_MS = 500

/** A controller that is started anew is there again within seconds; whoever waits for a run waits on. */
const RECONNECT_PATIENCE_MS = 30_000

/** Asks again while there is no controller, until it has been away for longer than a restart takes. */
export async function retried<T>(
  ask: () => Promise<T>,
  clock: Clock,
  signal?: AbortSignal,
): Promise<T> {
  const endMs = clock.monotonicMs() + RECONNECT_PATIENCE_MS
  for (;;) {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof UnreachableError) || clock.monotonicMs() >= endMs) throw error
    }
    await sleep(clock, RECONNECT_DELAY_MS, signal)
  }
}

/** A connection that breaks ends the stream: what is wrong, if anything, shows when it is opened again. */
export async function* untilBroken(
  body: AsyncIterable<Buffer>,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  try {
    yield* body
  } catch (error) {
    if (signal?.aborted) throw error
  }
}
