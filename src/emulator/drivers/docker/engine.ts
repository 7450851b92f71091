import type { IncomingMessage } from 'node:http'
import { parseIsoTime } from '../../../lib/instant.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../lib/json.ts'
import { callEngine, type EngineClient, EngineRefusal, streamEngine } from './engine-http.ts'
import { toPullReference } from './image-reference.ts'

/** A container as the engine describes it. */
export interface EngineState {
  readonly status: 'created' | 'running' | 'ended'
  readonly exitCode: number
  readonly isOutOfMemory: boolean
  readonly startedAtMs: number | undefined
  readonly finishedAtMs: number | undefined
}

/** Who answers. */
export interface EngineVersion {
  /** Name and version, for people. */
  readonly name: string
  /**
   * Whether its answer tells a kill for want of memory. Podman before 5 has its monitor write that where it never
   * looks (github.com/containers/podman/pull/21523).
   */
  readonly tellsOutOfMemory: boolean
}

export interface ListedContainer {
  readonly id: string
  readonly labels: Readonly<Record<string, string>>
}

/** An image of many gigabytes over a slow line. */
const PULL_TIMEOUT_MS = 60 * 60_000
/** What a stop may take beyond the time that the container is given. */
const STOP_MARGIN_MS = 30_000

export interface Engine {
  /** Throws EngineUnreachable when nobody is there. */
  version(): Promise<EngineVersion>
  /** Those that carry all of the labels, `name=value` each. */
  list(labels: readonly string[]): Promise<readonly ListedContainer[]>
  hasImage(image: string): Promise<boolean>
  /** Throws EngineRefusal with the registry's words. */
  pull(image: string, signal: AbortSignal): Promise<void>
  create(name: string, body: JsonObject): Promise<string>
  start(id: string): Promise<void>
  /** Resolves when the container has ended. */
  wait(id: string, signal: AbortSignal): Promise<void>
  inspect(id: string): Promise<EngineState>
  /** SIGTERM, or the image's own signal; SIGKILL after `seconds`. */
  stop(id: string, seconds: number): Promise<void>
  kill(id: string): Promise<void>
  remove(id: string): Promise<void>
  removeVolume(name: string): Promise<void>
  /** The log from a moment on, and what is added to it until the container ends. */
  logs(id: string, sinceSeconds: number, signal: AbortSignal): Promise<IncomingMessage>
  /** Runs a command in a container that runs; resolves with its exit code. */
  exec(id: string, command: readonly string[], timeoutMs: number): Promise<number>
}

/** Docker's HTTP API, as Docker and Podman speak it; without a version in the path, so the engine's own counts. */
export function createEngine(client: EngineClient): Engine {
  const post = (path: string, body?: JsonObject, timeoutMs?: number): Promise<Json | undefined> =>
    callEngine(client, {
      method: 'POST',
      path,
      ...(body && { body }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    })
  const get = (path: string): Promise<Json | undefined> =>
    callEngine(client, { method: 'GET', path })
  const remove = async (path: string): Promise<void> => {
    await unlessGone(callEngine(client, { method: 'DELETE', path }))
  }
  return {
    version: async () => toVersion(await get('/version')),
    async list(labels) {
      const filters = encodeURIComponent(JSON.stringify({ label: labels }))
      return toList(await get(`/containers/json?all=true&filters=${filters}`))
    },
    hasImage: (image) => isThere(get(`/images/${encodeURIComponent(image)}/json`)),
    pull: (image, signal) => pull(client, image, signal),
    async create(name, body) {
      const answer = await post(`/containers/create?name=${encodeURIComponent(name)}`, body)
      return textOf(answer, 'Id')
    },
    async start(id) {
      await post(`/containers/${id}/start`)
    },
    async wait(id, signal) {
      const path = `/containers/${id}/wait`
      await callEngine(client, { method: 'POST', path, timeoutMs: 'none', signal })
    },
    inspect: async (id) => toState(await get(`/containers/${id}/json`)),
    async stop(id, seconds) {
      const path = `/containers/${id}/stop?t=${seconds}`
      await unlessGone(post(path, undefined, seconds * 1000 + STOP_MARGIN_MS))
    },
    async kill(id) {
      await unlessGone(post(`/containers/${id}/kill?signal=KILL`))
    },
    remove: (id) => remove(`/containers/${id}?force=true&v=true`),
    removeVolume: (name) => remove(`/volumes/${encodeURIComponent(name)}`),
    logs(id, sinceSeconds, signal) {
      const query = `follow=true&stdout=true&stderr=true&timestamps=true&since=${sinceSeconds}`
      return streamEngine(client, {
        method: 'GET',
        path: `/containers/${id}/logs?${query}`,
        signal,
      })
    },
    exec: (id, command, timeoutMs) => exec(post, get, { id, command, timeoutMs }),
  }
}

/** What is gone, or has ended, or is being removed already needs no stopping and no removing. */
async function unlessGone(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!(error instanceof EngineRefusal && [304, 404, 409].includes(error.status))) throw error
  }
}

async function isThere(call: Promise<unknown>): Promise<boolean> {
  try {
    await call
    return true
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === 404) return false
    throw error
  }
}

/** Progress comes as one JSON object per line; what goes wrong comes so too, after a 200. */
async function pull(client: EngineClient, image: string, signal: AbortSignal): Promise<void> {
  const { fromImage, tag } = toPullReference(image)
  const query = `fromImage=${encodeURIComponent(fromImage)}&tag=${encodeURIComponent(tag)}`
  const path = `/images/create?${query}`
  const call = { method: 'POST', path, timeoutMs: PULL_TIMEOUT_MS, signal } as const
  const answer = await callEngine(client, call)
  // A single line is read as JSON, several as the text that they are.
  const lines = typeof answer === 'string' ? answer.split('\n') : [JSON.stringify(answer ?? {})]
  const problem = lines.map(errorOf).find((text) => text !== undefined)
  if (problem !== undefined) throw new EngineRefusal(500, problem)
}

function errorOf(line: string): string | undefined {
  if (!line.includes('"error"')) return undefined
  try {
    const parsed: unknown = JSON.parse(line)
    const error = isJsonObject(parsed) ? parsed['error'] : undefined
    return typeof error === 'string' ? error.trim() : undefined
  } catch {
    return undefined
  }
}

type Post = (path: string, body?: JsonObject, timeoutMs?: number) => Promise<Json | undefined>

interface ExecCall {
  readonly id: string
  readonly command: readonly string[]
  readonly timeoutMs: number
}

async function exec(
  post: Post,
  get: (path: string) => Promise<Json | undefined>,
  { id, command, timeoutMs }: ExecCall,
): Promise<number> {
  const body = { Cmd: command, AttachStdout: true, AttachStderr: true }
  const execId = textOf(await post(`/containers/${id}/exec`, body), 'Id')
  // Attached, the answer ends when the command does.
  await post(`/exec/${execId}/start`, { Detach: false, Tty: false }, timeoutMs)
  const answer = await get(`/exec/${execId}/json`)
  const code = isJsonObject(answer) ? answer['ExitCode'] : undefined
  return typeof code === 'number' ? code : 1
}

const PODMAN = 'Podman Engine'
const FIRST_PODMAN_THAT_TELLS = 5

function toVersion(answer: Json | undefined): EngineVersion {
  const components = isJsonObject(answer) ? answer['Components'] : undefined
  const first = Array.isArray(components) ? (components[0] as Json | undefined) : undefined
  const name = textOf(first, 'Name')
  const version = textOf(first, 'Version')
  const isOldPodman = name === PODMAN && Number.parseInt(version, 10) < FIRST_PODMAN_THAT_TELLS
  return { name: `${name} ${version}`.trim(), tellsOutOfMemory: !isOldPodman }
}

function toList(answer: Json | undefined): readonly ListedContainer[] {
  if (!Array.isArray(answer)) return []
  return answer.filter(isJsonObject).map((entry) => ({
    id: textOf(entry, 'Id'),
    labels: toLabels(entry['Labels']),
  }))
}

function toLabels(value: Json | undefined): Readonly<Record<string, string>> {
  const entries = Object.entries(isJsonObject(value) ? value : {})
  return Object.fromEntries(
    entries.flatMap(([key, text]) => (typeof text === 'string' ? [[key, text] as const] : [])),
  )
}

function toState(answer: Json | undefined): EngineState {
  const state = isJsonObject(answer) && isJsonObject(answer['State']) ? answer['State'] : {}
  const exitCode = state['ExitCode']
  return {
    status: toStatus(textOf(state, 'Status'), state['Running'] === true),
    exitCode: typeof exitCode === 'number' ? exitCode : 0,
    isOutOfMemory: state['OOMKilled'] === true,
    startedAtMs: parseMoment(textOf(state, 'StartedAt')),
    finishedAtMs: parseMoment(textOf(state, 'FinishedAt')),
  }
}

/** Podman says `configured` and `initialized` where Docker says `created`. */
function toStatus(status: string, isRunning: boolean): EngineState['status'] {
  if (isRunning) return 'running'
  return ['created', 'configured', 'initialized'].includes(status) ? 'created' : 'ended'
}

/** Years before 1971 stand for "not yet". */
function parseMoment(text: string): number | undefined {
  const ms = parseIsoTime(text)
  return ms === undefined || ms <= 31_536_000_000 ? undefined : ms
}

function textOf(value: Json | undefined, member: string): string {
  const text = isJsonObject(value) ? value[member] : undefined
  return typeof text === 'string' ? text : ''
}
