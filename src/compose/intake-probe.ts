import type { HeartbeatMonitor } from '../controllers/heartbeat/monitor.ts'
import { HEARTBEAT_PATH } from '../kinds/heartbeat.ts'
import type { Clock } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import { get } from '../lib/http.ts'
import type { Random } from '../lib/random.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import { createTicker } from '../runtime/ticker.ts'

export interface IntakeProbeDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly heard: Pick<HeartbeatMonitor, 'hear' | 'deafen'>
  /** Where the listener is; undefined while it is not. */
  readonly address: () => { readonly host: string; readonly port: number } | undefined
}

export interface IntakeProbe {
  readonly part: Part
  /** Milliseconds since a request last came through. */
  staleMs(): number
}

/** What is lost between two probes is less than one period of the fastest lease. */
const EVERY_MS = 5_000
const TIMEOUT_MS = 4_000

/**
 * Sends requests to our own listener: a process that has no file descriptors left, or whose listener died, hears
 * nobody, and must not take that for silence of the tasks. Leases begin anew once a request comes through again.
 */
export function createIntakeProbe(deps: IntakeProbeDeps): IntakeProbe {
  const { clock, log, heard } = deps
  let succeededMs = clock.monotonicMs()
  let isDeaf = false
  const probe = async (): Promise<void> => {
    const address = deps.address()
    if (!address) return
    try {
      await knock(address)
      succeededMs = clock.monotonicMs()
      heard.hear()
      if (isDeaf) log.info('heartbeats come in again: every lease begins anew')
      isDeaf = false
    } catch (error) {
      heard.deafen()
      if (!isDeaf) log.warn('heartbeats cannot come in', { ...address, error: errorMessage(error) })
      isDeaf = true
    }
  }
  const ticker = createTicker({ ...deps, name: 'intake probe', everyMs: EVERY_MS, run: probe })
  return {
    staleMs: () => clock.monotonicMs() - succeededMs,
    part: {
      name: 'intake probe',
      async start(signal, fail) {
        await probe()
        await ticker.start(signal, fail)
      },
      async stop() {
        await ticker.stop()
        heard.deafen()
      },
    },
  }
}

/** Any answer at all will do: it has gone through the kernel, the listener and the event loop. */
function knock({ host, port }: { readonly host: string; readonly port: number }): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get({
      host,
      port,
      path: `${HEARTBEAT_PATH}/`,
      agent: false,
      timeout: TIMEOUT_MS,
    })
    request.once('response', (response) => {
      response.resume()
      response.once('close', resolve)
    })
    request.once('timeout', () => request.destroy(new Error('no answer came in time')))
    request.once('error', reject)
  })
}
