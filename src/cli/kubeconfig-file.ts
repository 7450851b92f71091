import { isJsonObject, type JsonObject } from '../lib/json.ts'
import type { UrlEndpoint } from './endpoint.ts'
import { CliError } from './errors.ts'
import { listAt, textAt, valueAt } from './objects.ts'

export interface KubeconfigContext {
  readonly endpoint: UrlEndpoint
  readonly namespace: string | undefined
}

/** Reads a file that a kubeconfig names; a relative path is meant from the kubeconfig's folder. */
export type ReadFile = (path: string) => string

/**
 * The cluster and user of a kubeconfig's context, as far as Capstan's own API needs them: server, CA,
 * token, client certificate. Members that run programs (`exec`, `auth-provider`) are refused by name.
 */
export function readKubeconfig(
  document: unknown,
  contextName: string | undefined,
  readFile: ReadFile,
): KubeconfigContext {
  const name = contextName ?? textAt(document, 'current-context')
  if (!name) throw new CliError('the kubeconfig has no current-context: name one with --context')
  const context = findNamed(document, 'contexts', 'context', name)
  const cluster = findNamed(document, 'clusters', 'cluster', textAt(context, 'cluster') ?? '')
  const userName = textAt(context, 'user')
  const user = userName ? findNamed(document, 'users', 'user', userName) : {}
  const url = textAt(cluster, 'server')
  if (!url) throw new CliError(`context "${name}" of the kubeconfig names no server`)
  return {
    endpoint: { type: 'Url', url, ...readCluster(cluster, readFile), ...readUser(user, readFile) },
    namespace: textAt(context, 'namespace'),
  }
}

function findNamed(document: unknown, list: string, member: string, name: string): JsonObject {
  const entry = listAt(document, list).find((candidate) => candidate['name'] === name)
  const value = valueAt(entry, member)
  if (isJsonObject(value)) return value
  const known = listAt(document, list).flatMap((candidate) => textAt(candidate, 'name') ?? [])
  const hint = known.length === 0 ? 'it has none' : `it has ${known.join(', ')}`
  throw new CliError(`the kubeconfig has no ${member} "${name}": ${hint}`)
}

function readCluster(cluster: JsonObject, readFile: ReadFile): Partial<UrlEndpoint> {
  const certificateAuthority = readPem(cluster, 'certificate-authority', readFile)
  const tlsServerName = textAt(cluster, 'tls-server-name')
  return {
    ...(certificateAuthority ? { certificateAuthority } : {}),
    ...(tlsServerName ? { tlsServerName } : {}),
    ...(cluster['insecure-skip-tls-verify'] === true ? { insecureSkipTlsVerify: true } : {}),
  }
}

function readUser(user: JsonObject, readFile: ReadFile): Partial<UrlEndpoint> {
  for (const member of ['exec', 'auth-provider']) {
    if (user[member] !== undefined) {
      throw new CliError(
        `the kubeconfig's user has "${member}", which Capstan does not run: use a token`,
      )
    }
  }
  const tokenFile = textAt(user, 'tokenFile')
  const token = textAt(user, 'token') ?? (tokenFile ? readFile(tokenFile).trim() : undefined)
  const clientCertificate = readPem(user, 'client-certificate', readFile)
  const clientKey = readPem(user, 'client-key', readFile)
  return {
    ...(token ? { token } : {}),
    ...(clientCertificate ? { clientCertificate } : {}),
    ...(clientKey ? { clientKey } : {}),
  }
}

/** `NAME-data` holds base64 and wins over the file that `NAME` names, as in client-go. */
function readPem(entry: JsonObject, name: string, readFile: ReadFile): string | undefined {
  const data = textAt(entry, `${name}-data`)
  if (data) return Buffer.from(data, 'base64').toString('utf8')
  const file = textAt(entry, name)
  return file ? readFile(file) : undefined
}
