import { type Clock, sleep } from '../lib/clock.ts'
import type { ApiClient } from './client.ts'
import { UnreachableError } from './errors.ts'
import { LOG_START, type LogPlace, readFrom } from './log-place.ts'
import { RECONNECT_DELAY_MS, retried } from './reconnect.ts'
import type { Terminal } from './terminal.ts'

export interface LogPorts {
  readonly client: ApiClient
  readonly clock: Clock
  readonly terminal: Terminal
}

/** The output of one attempt of a run. */
export interface AttemptLog {
  /** Of the run's log. */
  readonly path: string
  readonly attempt: number
  /** Whether the attempt can write any more; Gone: nor is there a run to read of. */
  readonly state: () => Promise<'Running' | 'Ended' | 'Gone'>
}

/**
 * Prints an output from its first line to its last. A controller that is started anew ends what is read of
 * it, with or without a word; it is taken up where it stopped, until a reading that began after the end of
 * the attempt has ended by itself.
 */
export async function printAttempt(ports: LogPorts, log: AttemptLog): Promise<void> {
  let place = LOG_START
  let isLast = false
  for (;;) {
    const reading = await readOnce(ports, log, { place, follows: !isLast })
    place = reading.place
    if (reading.isWhole) {
      if (isLast) return
      const state = await log.state()
      if (state === 'Gone') return
      isLast = state === 'Ended'
    }
    if (!isLast) await sleep(ports.clock, RECONNECT_DELAY_MS)
  }
}

interface Reading {
  readonly place: LogPlace
  /** The server ended it; undone otherwise, perhaps in the middle of a line. */
  readonly isWhole: boolean
}

async function readOnce(
  { client, clock, terminal }: LogPorts,
  { path, attempt }: AttemptLog,
  { place, follows }: { readonly place: LogPlace; readonly follows: boolean },
): Promise<Reading> {
  const query = {
    attempt: String(attempt),
    timestamps: 'true',
    follow: follows ? 'true' : undefined,
    sinceTime: place.stamp.trim() || undefined,
  }
  const reading = readFrom(place)
  const body = await retried(() => client.stream({ path, query, accept: '*/*' }), clock)
  try {
    for await (const chunk of body) {
      terminal.write(reading.take(chunk))
      await terminal.drained()
    }
  } catch (error) {
    if (error instanceof UnreachableError) return { place: reading.place(), isWhole: false }
    throw error
  }
  terminal.write(reading.rest())
  return { place: reading.place(), isWhole: true }
}
