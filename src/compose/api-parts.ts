import { join } from 'node:path'
import type { RouteExtension } from '../apiserver/api-handler.ts'
import { createEventLogRoute } from '../apiserver/routes/event-log.ts'
import { createHistoryRoute } from '../apiserver/routes/history.ts'
import { createKubeconfigRoute } from '../apiserver/routes/kubeconfig.ts'
import { createTokenRoute } from '../apiserver/routes/tokens.ts'
import type { ApiServer } from '../apiserver/server.ts'
import { ensureTls } from '../apiserver/tls.ts'
import type { Tokens } from '../apiserver/tokens.ts'
import type { ListenAddress, UpOptions } from '../config.ts'
import type { Clock } from '../lib/clock.ts'
import { errorMessage } from '../lib/errors.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import type { Store } from '../store/types.ts'
import { StartProblem } from './start-problem.ts'

export interface ApiPartsDeps {
  readonly store: Store
  readonly tokens: Tokens
  readonly clock: Clock
  readonly log: Log
}

interface Endpoint {
  readonly server: string
  readonly certificateAuthority: string
}

/** Where the HTTPS port of an earlier start is kept, so that kubeconfigs stay good. */
const PORT_KEY = 'api-port'

/** The API on its socket, and on HTTPS unless `--listen none` or a single run. */
export function apiParts(
  options: UpOptions,
  deps: ApiPartsDeps,
  create: (extensions: readonly RouteExtension[]) => ApiServer,
): readonly Part[] {
  let endpoint: Endpoint | undefined
  const server = create([
    createKubeconfigRoute({ ...deps, endpoint: () => endpoint }),
    createTokenRoute(deps),
    createHistoryRoute(deps.store),
    createEventLogRoute(deps),
  ])
  const socket: Part = {
    name: 'API socket',
    async start() {
      await explained(server.listenUnix(options.socketPath))
      deps.log.info('API listens', { socket: options.socketPath })
    },
    stop: () => server.close(),
  }
  const https: Part = {
    name: 'API over HTTPS',
    async start() {
      endpoint = await explained(listenHttps(options, deps, server))
      deps.log.info('API listens', { url: endpoint.server })
    },
    stop: () => {},
  }
  const isWanted = options.listen !== 'none' && !(options.once && options.listen === undefined)
  return isWanted ? [socket, https] : [socket]
}

/** Where the API listens is the user's choice, so a refusal is the user's to mend. */
async function explained<T>(listening: Promise<T>): Promise<T> {
  try {
    return await listening
  } catch (error) {
    const message = errorMessage(error)
    const isTaken = message.includes('EADDRINUSE')
    const wayOut = isTaken ? ': stop what uses it, or choose another --listen address' : ''
    throw new StartProblem(`${message}${wayOut}`, { cause: error })
  }
}

async function listenHttps(
  options: UpOptions,
  deps: ApiPartsDeps,
  server: ApiServer,
): Promise<Endpoint> {
  const { host, port } = listenAddress(options, deps.store)
  const hosts = ['localhost', '127.0.0.1', '::1', host]
  const tls = ensureTls({
    directory: join(options.dataDir, 'tls'),
    hosts: [...new Set(hosts)],
    nowMs: deps.clock.nowMs(),
  })
  const verifyToken = (token: string): ReturnType<Tokens['verify']> =>
    deps.tokens.verify(token, deps.clock.nowMs())
  const listen = (wanted: number): Promise<number> =>
    server.listenTcp({ host, port: wanted, tls, hostNames: hostNames(options, host), verifyToken })
  // The port of last time may be someone else's now; only a port that was asked for must be had.
  const bound =
    options.listen === undefined && port !== 0 ? listen(port).catch(() => listen(0)) : listen(port)
  const actual = await bound
  deps.store.transaction(() => deps.store.identity.set(PORT_KEY, String(actual)))
  const name = host.includes(':') ? `[${host}]` : host
  return { server: `https://${name}:${actual}`, certificateAuthority: tls.certificateAuthority }
}

/** What tasks are told is a name of ours, too. */
function hostNames({ heartbeatUrl }: UpOptions, host: string): readonly string[] {
  return heartbeatUrl === undefined ? [host] : [host, new URL(heartbeatUrl).hostname]
}

function listenAddress(options: UpOptions, store: Store): ListenAddress {
  if (options.listen !== undefined && options.listen !== 'none') return options.listen
  return { host: '127.0.0.1', port: Number(store.identity.get(PORT_KEY) ?? 0) }
}
