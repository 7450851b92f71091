import { existsSync, statSync } from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { SOCKET_USER } from '../apiserver/admission.ts'
import type { RouteExtension } from '../apiserver/api-handler.ts'
import { parseObjectBody } from '../apiserver/body.ts'
import { ApiError, badRequest, forbidden, methodNotAllowed } from '../apiserver/errors.ts'
import { type ApiRequest, type ApiResponse, jsonResponse } from '../apiserver/request.ts'
import { CliError } from '../cli/errors.ts'
import { errorMessage } from '../lib/errors.ts'
import { type BackupJob, backUpFile, backUpInThread } from '../store/backup.ts'
import { acquireDataDir } from '../store/lock.ts'
import { DATABASE_FILE } from './open-data-dir.ts'

const PATH = '/capstan/backup'

/** `POST /capstan/backup {"path": "/absolute/file"}`: a copy of the database at one moment. One at a time. */
export function createBackupRoute({ path: dataDir }: { readonly path: string }): RouteExtension {
  let isUnderWay = false
  const make = async (job: BackupJob): Promise<ApiResponse> => {
    if (isUnderWay) throw new ApiError('Conflict', 'a backup is under way already')
    isUnderWay = true
    try {
      return await answer(job)
    } finally {
      isUnderWay = false
    }
  }
  return {
    handle: (request) => (request.path === PATH ? make(readJob(request, dataDir)) : undefined),
  }
}

async function answer(job: BackupJob): Promise<ApiResponse> {
  try {
    await backUpInThread(job)
  } catch (error) {
    throw badRequest(errorMessage(error))
  }
  return jsonResponse(200, { path: job.target, bytes: statSync(job.target).size })
}

/** The controller writes with its own rights, so only who has them already may say where. */
function readJob(request: ApiRequest, dataDir: string): BackupJob {
  if (request.method !== 'POST') throw methodNotAllowed()
  if (request.user !== SOCKET_USER) {
    throw forbidden('backups are made over the unix socket of the controller alone')
  }
  const { path } = parseObjectBody(request)
  if (typeof path !== 'string' || !isAbsolute(path))
    throw badRequest('path: must be an absolute path')
  const problem = targetProblem(path, dataDir)
  if (problem !== undefined) throw badRequest(problem)
  return { source: join(dataDir, DATABASE_FILE), target: path }
}

function targetProblem(target: string, dataDir: string): string | undefined {
  if (target.startsWith(join(dataDir, DATABASE_FILE))) {
    return `${target} is the database itself: choose another file`
  }
  const folder = dirname(target)
  return existsSync(folder) ? undefined : `${folder} does not exist: make it first`
}

/** Takes the lock for as long as it takes, so that no controller begins to write meanwhile. */
export function backUpOffline(dataDir: string, target: string): Promise<string> {
  const source = join(dataDir, DATABASE_FILE)
  if (!existsSync(source)) {
    return Promise.reject(
      new CliError(`${source} does not exist: name the data directory of a controller with --data`),
    )
  }
  const problem = targetProblem(target, dataDir)
  if (problem !== undefined) return Promise.reject(new CliError(problem))
  const lock = acquireDataDir(dataDir)
  try {
    backUpFile({ source, target })
    return Promise.resolve(source)
  } finally {
    lock.release()
  }
}
