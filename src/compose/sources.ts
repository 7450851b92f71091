import type { RouteExtension } from '../apiserver/api-handler.ts'
import { ApiError, forbidden, methodNotAllowed } from '../apiserver/errors.ts'
import { type ApiResponse, jsonResponse } from '../apiserver/request.ts'
import type { UpOptions } from '../config.ts'
import { annotationsInRecovery } from '../controllers/recovery/record.ts'
import type { Clock } from '../lib/clock.ts'
import type { Validator } from '../manifest/validator.ts'
import type { Log } from '../runtime/logger.ts'
import type { Part } from '../runtime/manager.ts'
import { ManifestThread } from '../source/bulk-reader.ts'
import { FolderSource } from '../source/controller.ts'
import { systemFiles } from '../source/files.ts'
import { createLoader } from '../source/load.ts'
import type { SyncReport } from '../source/report.ts'
import { systemWatch } from '../source/watch.ts'
import type { Store } from '../store/types.ts'

export interface SourcesDeps {
  readonly store: Store
  readonly clock: Clock
  readonly validator: Validator
  readonly log: Log
  readonly version: string
}

/** The folders that this controller follows. */
export interface Sources {
  readonly parts: readonly Part[]
  readonly list: readonly FolderSource[]
  /** `GET /capstan/sources`, and `POST` to `/capstan/sources/approve` or `/reconcile`. */
  readonly route: RouteExtension
  /** Whether every folder was read and nothing in it is still on its way into the store. */
  readonly settled: () => boolean
  /** One sentence for each folder that has not been read, or cannot be. */
  readonly notReady: () => readonly string[]
  /** Milliseconds since the folder that was looked at the longest time ago; undefined: there is none. */
  readonly staleMs: () => number | undefined
  /** Every folder is looked at again now. */
  readonly wake: () => void
}

const PATH = '/capstan/sources'

export function createSources(options: UpOptions, deps: SourcesDeps): Sources {
  const defaultNamespace = options.namespace
  const loader = createLoader({ ...deps, defaultNamespace })
  const bulk = new ManifestThread({ ...deps, rules: { defaultNamespace, version: deps.version } })
  const followed = new Set(options.directories)
  const list = options.directories.map(
    (root) =>
      new FolderSource({
        ...deps,
        root,
        loader,
        bulk,
        files: systemFiles,
        watch: systemWatch,
        runAnnotations: () => annotationsInRecovery(deps.store),
        isFollowed: (folder) => followed.has(folder),
      }),
  )
  const wake = (): void => {
    for (const source of list) source.wake()
  }
  return {
    parts: [threadPart(bulk), ...list, wakeOnHangUp(wake)],
    list,
    route: { handle: (request) => answer(list, request) },
    settled: () => list.every(isSettled),
    notReady: () => list.flatMap((source) => notReady(source)),
    staleMs: () =>
      list.length === 0 ? undefined : Math.max(...list.map((source) => source.staleMs())),
    wake,
  }
}

/** Stops after the folders, whose looks wait for its answers. */
function threadPart(bulk: ManifestThread): Part {
  return { name: 'manifest thread', start: () => {}, stop: () => bulk.stop() }
}

/** SIGHUP means "look now", as it does for daemons with configuration files; git-sync's hook can send it. */
function wakeOnHangUp(wake: () => void): Part {
  return {
    name: 'SIGHUP',
    start: () => {
      process.on('SIGHUP', wake)
    },
    stop: () => {
      process.off('SIGHUP', wake)
    },
  }
}

/** A file that is being written, or a name that is not free yet, is still on its way. */
function isSettled(source: FolderSource): boolean {
  const report = source.status()
  return report?.ok === true && Object.keys(report.next).length === 0 && report.waiting.length === 0
}

function notReady(source: FolderSource): readonly string[] {
  const report = source.status()
  if (report === undefined) return [`${source.name} has not been read yet`]
  return report.ok ? [] : [`${source.name} cannot be read`]
}

function answer(
  list: readonly FolderSource[],
  request: Parameters<RouteExtension['handle']>[0],
): ApiResponse | undefined {
  const { path, method, user } = request
  if (path === PATH) {
    if (method !== 'GET') throw methodNotAllowed()
    return jsonResponse(200, { items: list.map((source) => renderSource(source)) })
  }
  if (!path.startsWith(`${PATH}/`)) return undefined
  if (method !== 'POST') throw methodNotAllowed()
  if (user.role === 'view') throw forbidden('viewing does not allow changing folders')
  const verb = path.slice(PATH.length + 1)
  if (verb === 'approve') {
    const approved = list.flatMap((source) => source.approve() ?? [])
    return jsonResponse(200, { approved: approved.map(({ message }) => message) })
  }
  if (verb === 'reconcile') {
    for (const source of list) source.wake()
    return jsonResponse(200, { items: list.map((source) => source.name) })
  }
  throw new ApiError('NotFound', `there is no ${verb} for folders`)
}

function renderSource(source: FolderSource): SyncReport | { readonly source: string } {
  return source.status() ?? { source: source.name }
}
