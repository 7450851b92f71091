import { isIP } from 'node:net'
import type { RouteExtension } from '../apiserver/api-handler.ts'
import { createIntakeListener } from '../apiserver/intake.ts'
import type { HttpListener } from '../apiserver/listener.ts'
import type { ListenAddress, UpOptions } from '../config.ts'
import type { HeartbeatSettings } from '../controllers/heartbeat/heartbeat.ts'
import type { HeartbeatMonitor } from '../controllers/heartbeat/monitor.ts'
import type { Clock } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import type { Random } from '../lib/random.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import { type HeartbeatFile, openHeartbeatFile } from './heartbeat-file.ts'
import { createIntakeProbe, type IntakeProbe } from './intake-probe.ts'
import { StartProblem } from './start-problem.ts'

export interface HeartbeatIntakeDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** Where tasks send their heartbeats and events to. */
export interface HeartbeatIntake {
  readonly settings: HeartbeatSettings
  /**
   * They start before anything is launched, because tasks are told the address. `heard` is told whether beats can
   * come in at all.
   */
  parts(routes: readonly RouteExtension[], heard: HeartbeatMonitor): readonly Part[]
  /** Milliseconds since it was last seen that requests come in; undefined: nothing listens. */
  staleMs(): number | undefined
}

const LOOPBACK = '127.0.0.1'

/** The plain listener of `--heartbeat-listen`: on loopback with --local, where everybody who should beat is; else none. */
export function openHeartbeatIntake(
  options: UpOptions,
  deps: HeartbeatIntakeDeps,
): HeartbeatIntake {
  const file = openHeartbeatFile(options.dataDir, deps.random)
  const address = listenAddress(options, file)
  let bound: ListenAddress | undefined
  let probe: IntakeProbe | undefined
  return {
    settings: { key: file.key, url: () => options.heartbeatUrl ?? derivedUrl(options, bound) },
    staleMs: () => probe?.staleMs(),
    parts(routes, heard) {
      if (!address) return [hearingWithoutListener(options, heard)]
      const listener = createIntakeListener({ ...deps, routes })
      probe = createIntakeProbe({
        ...deps,
        heard,
        address: () => bound && { host: reachable(bound.host), port: bound.port },
      })
      const part: Part = {
        name: 'heartbeat listener',
        async start() {
          bound = await listen(listener, options, { address, file })
          tell(options, deps.log, bound)
        },
        stop: () => listener.close(),
      }
      return [part, probe.part]
    },
  }
}

function listenAddress(
  { heartbeatListen, local }: UpOptions,
  { port = 0 }: HeartbeatFile,
): ListenAddress | undefined {
  if (heartbeatListen === 'none') return undefined
  if (heartbeatListen) return { ...heartbeatListen, port: heartbeatListen.port || port }
  return local ? { host: LOOPBACK, port } : undefined
}

/** Only a port that was asked for must be had: the one of last time may be someone else's now. */
async function listen(
  listener: HttpListener,
  { heartbeatListen }: UpOptions,
  { address, file }: { readonly address: ListenAddress; readonly file: HeartbeatFile },
): Promise<ListenAddress> {
  const isAskedFor = typeof heartbeatListen === 'object' && heartbeatListen.port !== 0
  const { host, port } = address
  try {
    await listener.listen({ host, port }).catch(async (error: unknown) => {
      if (isAskedFor || port === 0) throw error
      await listener.listen({ host, port: 0 })
    })
  } catch (error) {
    throw new StartProblem(
      `${errorMessage(error)}: stop what uses it, or choose another --heartbeat-listen address`,
      { cause: error },
    )
  }
  if (!isAskedFor && listener.port !== file.port) file.savePort(listener.port)
  return { host, port: listener.port }
}

/** With --heartbeat-url alone beats come in through the API's own listeners, behind whatever stands before them. */
function hearingWithoutListener({ heartbeatUrl }: UpOptions, heard: HeartbeatMonitor): Part {
  return {
    name: 'heartbeat intake',
    start: () => {
      if (heartbeatUrl !== undefined) heard.hear()
    },
    stop: () => heard.deafen(),
  }
}

/** Undefined for addresses that mean nothing to tasks on other machines: every task has a loopback of its own. */
function derivedUrl({ local }: UpOptions, bound: ListenAddress | undefined): string | undefined {
  if (!bound || isWildcard(bound.host))
    return local && bound ? urlOf(LOOPBACK, bound.port) : undefined
  return local || !isLoopback(bound.host) ? urlOf(bound.host, bound.port) : undefined
}

function urlOf(host: string, port: number): string {
  return `http://${isIP(host) === 6 ? `[${host}]` : host}:${port}`
}

function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::'
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.')
}

function reachable(host: string): string {
  if (host === '0.0.0.0') return LOOPBACK
  return host === '::' ? '::1' : host
}

function tell(options: UpOptions, log: Log, bound: ListenAddress): void {
  const url = options.heartbeatUrl ?? derivedUrl(options, bound)
  log.info('heartbeats are listened for', { host: bound.host, port: bound.port, url })
  if (url !== undefined) return
  log.warn(
    'tasks cannot be told where to send heartbeats: --heartbeat-listen names no address that they could reach, so give --heartbeat-url as well',
  )
}
