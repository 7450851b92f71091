import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'
import type { AllowRule } from './lib/webhook/address.ts'

/**
 * The only reader of the process's environment and arguments. Everything below gets what it needs from
 * the frozen values made here; no secret is copied into them.
 */

export const DATA_DIR_NAME = '.capstan'
export const SOCKET_NAME = 'capstan.sock'
/** Where the secrets of webhooks are unless another folder is named. */
export const WEBHOOK_SECRETS_NAME = 'webhook-secrets'

/** Where AWS is, as far as the environment says; credentials themselves are the SDK's business. */
export interface AwsEnvironment {
  readonly region: string | undefined
  readonly endpoint: string | undefined
  readonly profile: string | undefined
  /** Which variable gave each of them; undefined where none did and the SDK looks further. */
  readonly variables: {
    readonly region: string | undefined
    readonly endpoint: string | undefined
    readonly profile: string | undefined
  }
  /** What the SDK's default chain will find first; undefined: at most instance metadata. */
  readonly credentialSource: CredentialSource | undefined
}

export type CredentialSource =
  | 'environment'
  | 'profile'
  | 'web identity'
  | 'container'
  | 'shared files'

export interface Environment {
  readonly cwd: string
  readonly home: string
  /** How the user called this program: kubectl runs its plugins as `kubectl-NAME`. */
  readonly programName: 'capstan' | 'kubectl capstan'
  readonly socket: string | undefined
  /** KUBECONFIG: files with a `:` between them (`;` on Windows), as for kubectl. */
  readonly kubeconfig: string | undefined
  /** Command line of the user's editor, and the variable that named it. */
  readonly editor: string
  readonly editorVariable: string | undefined
  /** NO_COLOR, whatever its value, as no-color.org asks. */
  readonly noColor: boolean
  readonly aws: AwsEnvironment
  /** What a local task's process inherits: enough to find programs, nothing that holds a secret. */
  readonly taskEnvironment: Readonly<Record<string, string>>
  readonly containerEngine: ContainerEngineEnvironment
}

/** Where Docker or Podman may listen. */
export interface ContainerEngineEnvironment {
  /** DOCKER_HOST, or Podman's CONTAINER_HOST. */
  readonly host: string | undefined
  /** Sockets of engines in their usual places; the first that is there counts. */
  readonly sockets: readonly string[]
}

/** What runs the tasks of the embedded endpoint: processes of this machine, containers, or nothing but time. */
export const TASK_DRIVERS = ['process', 'docker', 'none'] as const
export type TaskDriverName = (typeof TASK_DRIVERS)[number]

/** Everything that `capstan up` needs to know. Paths are absolute. */
export interface UpOptions {
  readonly directories: readonly string[]
  readonly local: boolean
  readonly dataDir: string
  /** Undefined: the default of the API server. */
  readonly listen: ListenAddress | 'none' | undefined
  /** Plain HTTP, for what tasks send and nothing else. Undefined: loopback with `--local`, else none. */
  readonly heartbeatListen: ListenAddress | 'none' | undefined
  /** What tasks are told instead of that address, without a slash at its end: a load balancer, a proxy. */
  readonly heartbeatUrl: string | undefined
  readonly socketPath: string
  /** Namespace of manifests that name none. */
  readonly namespace: string
  /** Name of this controller, as the tags of its tasks carry it. */
  readonly name: string
  /** Hosts and networks that webhooks may reach besides public ones. */
  readonly webhookAllow: readonly AllowRule[]
  /** Folder of files with the secrets that actions may name. */
  readonly webhookSecrets: string
  readonly once: boolean
  readonly exitOnIdle: boolean
  readonly logFormat: LogFormat
  readonly logLevel: LogLevel
  readonly aws: AwsEnvironment
  readonly taskEnvironment: Readonly<Record<string, string>>
  /** What runs tasks with `local`. */
  readonly driver: TaskDriverName
  /** What goes wrong with `local`: a fault plan, or the absolute path of one. */
  readonly faults: string | undefined
  readonly containerEngine: ContainerEngineEnvironment
  /** Whether stderr, where progress and logs go, may carry colours. */
  readonly colour: boolean
}

export interface ListenAddress {
  readonly host: string
  readonly port: number
}

export const LOG_FORMATS = ['json', 'pretty'] as const
export type LogFormat = (typeof LOG_FORMATS)[number]

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const
export type LogLevel = (typeof LOG_LEVELS)[number]

/** Words of the command line after the program's own name. */
export function readArguments(): readonly string[] {
  return process.argv.slice(2)
}

export function readEnvironment(): Environment {
  return parseEnvironment({
    variables: process.env,
    programPath: process.argv[1] ?? 'capstan',
    cwd: process.cwd(),
    home: homedir(),
  })
}

interface ProcessFacts {
  readonly variables: Readonly<Record<string, string | undefined>>
  readonly programPath: string
  readonly cwd: string
  readonly home: string
}

/** The pure half of readEnvironment. Variables that are set but empty count as unset, as in kubectl. */
export function parseEnvironment(facts: ProcessFacts): Environment {
  const read: ReadVariable = (name) => facts.variables[name] || undefined
  const editorVariable = firstSet(read, ['KUBE_EDITOR', 'VISUAL', 'EDITOR'])
  return Object.freeze({
    cwd: facts.cwd,
    home: facts.home,
    programName: basename(facts.programPath).startsWith('kubectl-') ? 'kubectl capstan' : 'capstan',
    socket: read('CAPSTAN_SOCKET'),
    kubeconfig: read('KUBECONFIG'),
    editor: read(editorVariable ?? '') ?? 'vi',
    editorVariable,
    noColor: read('NO_COLOR') !== undefined || read('TERM') === 'dumb',
    aws: parseAwsEnvironment(read, facts.home),
    taskEnvironment: parseTaskEnvironment(read),
    containerEngine: parseEngineEnvironment(read, facts.home),
  })
}

function parseAwsEnvironment(read: ReadVariable, home: string): AwsEnvironment {
  const variables = {
    region: firstSet(read, ['AWS_REGION', 'AWS_DEFAULT_REGION']),
    endpoint: firstSet(read, ['AWS_ENDPOINT_URL_ECS', 'AWS_ENDPOINT_URL']),
    profile: firstSet(read, ['AWS_PROFILE']),
  }
  return Object.freeze({
    region: read(variables.region ?? ''),
    endpoint: read(variables.endpoint ?? ''),
    profile: read(variables.profile ?? ''),
    variables,
    credentialSource: findCredentialSource(read, home),
  })
}

/** A variable's text; undefined when it is unset or empty. */
type ReadVariable = (name: string) => string | undefined

function firstSet(read: ReadVariable, names: readonly string[]): string | undefined {
  return names.find((name) => read(name) !== undefined)
}

/** The order of the SDK's default chain, without looking into any file. */
function findCredentialSource(read: ReadVariable, home: string): CredentialSource | undefined {
  if (read('AWS_PROFILE')) return 'profile'
  if (read('AWS_ACCESS_KEY_ID') && read('AWS_SECRET_ACCESS_KEY')) return 'environment'
  if (read('AWS_WEB_IDENTITY_TOKEN_FILE')) return 'web identity'
  const container =
    read('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI') ?? read('AWS_CONTAINER_CREDENTIALS_FULL_URI')
  if (container) return 'container'
  const files = [
    read('AWS_SHARED_CREDENTIALS_FILE') ?? join(home, '.aws', 'credentials'),
    read('AWS_CONFIG_FILE') ?? join(home, '.aws', 'config'),
  ]
  return files.some((file) => existsSync(file)) ? 'shared files' : undefined
}

/** As the clients of Docker and Podman look for them: the system's, Docker Desktop's, the user's own. */
function parseEngineEnvironment(read: ReadVariable, home: string): ContainerEngineEnvironment {
  const runtime = read('XDG_RUNTIME_DIR')
  const ofUser =
    runtime === undefined
      ? []
      : [join(runtime, 'docker.sock'), join(runtime, 'podman', 'podman.sock')]
  return Object.freeze({
    host: read('DOCKER_HOST') ?? read('CONTAINER_HOST'),
    sockets: [
      '/var/run/docker.sock',
      join(home, '.docker', 'run', 'docker.sock'),
      ...ofUser,
      '/run/podman/podman.sock',
    ],
  })
}

/** Programs need these to start at all; the controller's other variables are none of a task's business. */
const TASK_VARIABLES = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'SHELL', 'USER'] as const

function parseTaskEnvironment(read: ReadVariable): Readonly<Record<string, string>> {
  const entries = TASK_VARIABLES.flatMap((name) => {
    const value = read(name)
    return value === undefined ? [] : [[name, value] as const]
  })
  return Object.freeze(Object.fromEntries(entries))
}

/** What the user said about where the controller is. */
export interface SocketFlags {
  readonly socket?: string | undefined
  readonly data?: string | undefined
}

export interface SocketLocation {
  readonly path: string
  /** Which rule gave it, for `config view` and for error texts. */
  readonly source: '--socket' | '--data' | 'CAPSTAN_SOCKET' | 'found' | 'default'
}

/** `--socket`, `--data`, CAPSTAN_SOCKET, else the nearest `.capstan` here or above, else here. */
export function findSocket(
  flags: SocketFlags,
  environment: Pick<Environment, 'cwd' | 'socket'>,
  exists: (path: string) => boolean = existsSync,
): SocketLocation {
  const { cwd } = environment
  if (flags.socket) return { path: resolve(cwd, flags.socket), source: '--socket' }
  if (flags.data) return { path: resolve(cwd, flags.data, SOCKET_NAME), source: '--data' }
  if (environment.socket)
    return { path: resolve(cwd, environment.socket), source: 'CAPSTAN_SOCKET' }
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    const candidate = join(directory, DATA_DIR_NAME)
    if (exists(candidate)) return { path: join(candidate, SOCKET_NAME), source: 'found' }
    if (dirname(directory) === directory) break
  }
  return { path: join(cwd, DATA_DIR_NAME, SOCKET_NAME), source: 'default' }
}
