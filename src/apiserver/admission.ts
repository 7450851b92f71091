import { isIP } from 'node:net'
import { ApiError, forbidden } from './errors.ts'
import type { Admit } from './listener.ts'
import { ANONYMOUS, type User } from './request.ts'

/** The unix socket is open to its owner alone. */
export const SOCKET_USER: User = {
  name: 'capstan:admin',
  groups: ['system:masters', 'system:authenticated'],
  role: 'admin',
}

const HEALTH_PATHS: readonly string[] = ['/livez', '/readyz', '/healthz']

export interface TcpAdmission {
  /** Names besides IP addresses and `localhost` under which the server may be addressed. */
  readonly hostNames: readonly string[]
  readonly verifyToken: (token: string) => User | undefined
  /** Paths that check their callers themselves. */
  readonly isPublic: (path: string) => boolean
}

/**
 * Who may come in over TCP. The Host check stops DNS rebinding, the Origin check stops web pages: no
 * Kubernetes client sends an Origin.
 */
export function createTcpAdmission({ hostNames, verifyToken, isPublic }: TcpAdmission): Admit {
  return ({ path, headers }) => {
    if (!isAllowedHost(headers['host'] ?? '', hostNames)) {
      throw forbidden('the Host header names a host that this server does not answer for')
    }
    if (isPublic(path)) return ANONYMOUS
    if (headers['origin'] !== undefined) throw forbidden('requests from web pages are refused')
    if (HEALTH_PATHS.includes(path)) return ANONYMOUS
    const token = /^Bearer\s+(\S+)$/i.exec(headers['authorization'] ?? '')?.[1]
    const user = token === undefined ? undefined : verifyToken(token)
    if (!user) throw new ApiError('Unauthorized', 'Unauthorized')
    return user
  }
}

export function isAllowedHost(host: string, hostNames: readonly string[]): boolean {
  const name = host
    .replace(/:\d*$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase()
  return name === 'localhost' || isIP(name) !== 0 || hostNames.includes(name)
}
