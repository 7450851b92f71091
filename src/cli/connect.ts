import { existsSync } from 'node:fs'
import { delimiter, dirname, join, resolve } from 'node:path'
import { type Environment, findSocket, type SocketLocation } from '../config.ts'
import { DEFAULT_NAMESPACE } from '../kinds/meta.ts'
import { errorMessage } from '../lib/errors.ts'
import { createApiClient } from './client.ts'
import type { Connection } from './context.ts'
import type { Endpoint, UrlEndpoint } from './endpoint.ts'
import { CliError } from './errors.ts'
import { type KubeconfigContext, readKubeconfig } from './kubeconfig-file.ts'
import { listAt, textAt } from './objects.ts'
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
    namespace: options.text('namespace') || namespace || DEFAULT_NAMESPACE,
  }
}

async function findEndpoint(
  options: Options,
  environment: Environment,
): Promise<{ readonly endpoint: Endpoint; readonly namespace?: string | undefined }> {
  const context = await findContext(options, environment)
  const url = options.text('server') ?? context?.endpoint.url
  if (url === undefined) {
    return { endpoint: { type: 'Socket', location: locateSocket(options, environment) } }
  }
  const endpoint = {
    ...context?.endpoint,
    ...urlFlags(options, environment),
    url: readServerUrl(url),
    type: 'Url' as const,
  }
  return { endpoint, namespace: context?.namespace }
}

/** The URL as it can be asked; HTTPS where no scheme is named, since the API speaks nothing else. */
function readServerUrl(text: string): string {
  const full = text.includes('://') ? text : `https://${text}`
  const protocol = URL.parse(full)?.protocol
  if (protocol === 'https:' || protocol === 'http:') return full
  throw new CliError(`"${text}" is not the URL of an API server: write https://HOST:PORT`)
}

function locateSocket(options: Options, environment: Environment): SocketLocation {
  const flags = { socket: options.text('socket'), data: options.text('data') }
  return findSocket(flags, environment)
}

/**
 * The kubeconfig's context where one counts: with `--kubeconfig`; with `--context`, which is looked for
 * where kubectl looks; and as kubectl's plugin, which talks to whom kubectl talks unless a socket is near.
 */
async function findContext(
  options: Options,
  environment: Environment,
): Promise<KubeconfigContext | undefined> {
  const file = options.text('kubeconfig')
  if (file) return loadKubeconfig(resolve(environment.cwd, file), options)
  const wanted = options.text('context')
  const isPlugin = environment.programName === 'kubectl capstan'
  const isUnplaced =
    options.text('server') === undefined && locateSocket(options, environment).source === 'default'
  if (wanted === undefined && !(isPlugin && isUnplaced)) return undefined
  const files = kubeconfigFiles(environment)
  for (const candidate of files) {
    const found = await tryKubeconfig(candidate, options)
    if (found) return found
  }
  if (wanted === undefined) return undefined
  throw new CliError(`there is no context "${wanted}" in ${files.join(' or ')}`)
}

/** KUBECONFIG's files, else `~/.kube/config`. */
function kubeconfigFiles({ kubeconfig, home, cwd }: Environment): readonly string[] {
  const named = (kubeconfig ?? '').split(delimiter).filter((file) => file !== '')
  return named.length > 0
    ? named.map((file) => resolve(cwd, file))
    : [join(home, '.kube', 'config')]
}

/** Of several files the first that has the context counts, so a file without it is no error. */
async function tryKubeconfig(
  file: string,
  options: Options,
): Promise<KubeconfigContext | undefined> {
  const document = existsSync(file) ? await readDocument(file) : undefined
  const name = options.text('context') ?? textAt(document, 'current-context')
  const isThere = listAt(document, 'contexts').some((entry) => entry['name'] === name)
  return name && isThere ? loadKubeconfig(file, options) : undefined
}

async function loadKubeconfig(file: string, options: Options): Promise<KubeconfigContext> {
  const document = await readDocument(file)
  return readKubeconfig(document, options.text('context'), (path) =>
    readText(resolve(dirname(file), path)),
  )
}

async function readDocument(file: string): Promise<unknown> {
  const { parse } = await import('yaml')
  const text = readText(file)
  try {
    return parse(text)
  } catch (error) {
    const [problem] = errorMessage(error).split('\n')
    throw new CliError(`${file} is no kubeconfig: ${problem?.replace(/:$/, '')}`, { cause: error })
  }
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
