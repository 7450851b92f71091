import { dirname, resolve } from 'node:path'
import { type Environment, findSocket } from '../config.ts'
import { DEFAULT_NAMESPACE } from '../kinds/meta.ts'
import { createApiClient } from './client.ts'
import type { Connection } from './context.ts'
import type { Endpoint, UrlEndpoint } from './endpoint.ts'
import { type KubeconfigContext, readKubeconfig } from './kubeconfig-file.ts'
import type { Options } from './options.ts'
import { readText } from './read-text.ts'

/** A client for the controller that the flags name: a kubeconfig or a server URL, else the socket. */
export async function connect(
  options: Options,
  environment: Environment,
  onWarning: (text: string) => void,
): Promise<Connection> {
  const { endpoint, namespace } = await findEndpoint(options, environment)
  return {
    client: createApiClient(endpoint, onWarning),
    namespace: options.text('namespace') ?? namespace ?? DEFAULT_NAMESPACE,
  }
}

async function findEndpoint(
  options: Options,
  environment: Environment,
): Promise<{ readonly endpoint: Endpoint; readonly namespace?: string | undefined }> {
  const file = options.text('kubeconfig')
  const context = file ? await loadKubeconfig(resolve(environment.cwd, file), options) : undefined
  const url = options.text('server') ?? context?.endpoint.url
  if (url === undefined) {
    const flags = { socket: options.text('socket'), data: options.text('data') }
    return { endpoint: { type: 'Socket', location: findSocket(flags, environment) } }
  }
  const endpoint = {
    ...context?.endpoint,
    ...urlFlags(options, environment),
    url,
    type: 'Url' as const,
  }
  return { endpoint, namespace: context?.namespace }
}

async function loadKubeconfig(file: string, options: Options): Promise<KubeconfigContext> {
  const { parse } = await import('yaml')
  const document: unknown = parse(readText(file))
  return readKubeconfig(document, options.text('context'), (path) =>
    readText(resolve(dirname(file), path)),
  )
}

function urlFlags(options: Options, environment: Environment): Partial<UrlEndpoint> {
  const token = options.text('token')
  const authority = options.text('certificate-authority')
  return {
    ...(token ? { token } : {}),
    ...(authority ? { certificateAuthority: readText(resolve(environment.cwd, authority)) } : {}),
    ...(options.flag('insecure-skip-tls-verify') ? { insecureSkipTlsVerify: true } : {}),
  }
}
