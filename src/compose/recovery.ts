import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { UpOptions } from '../config.ts'
import { beginRecovery } from '../controllers/recovery/controller.ts'
import { type Evidence, recoveryReason } from '../controllers/recovery/decide.ts'
import { WIRE } from '../kinds/meta.ts'
import { errorMessage } from '../lib/errors.ts'
import { isJsonObject } from '../lib/json.ts'
import type { Log } from '../runtime/logger.ts'
import type { Store } from '../store/types.ts'
import type { OpenAws } from './open-aws.ts'
import { StartProblem } from './start-problem.ts'

/** Beside the database, so that a lost or exchanged database is noticed. */
const IDENTITY_FILE = 'identity.json'

/** Tasks of a cluster that are looked at for traces of a controller whose database is new. */
const TRACE_LIMIT = 100

/**
 * Compares the database with the identity file and, where the database is new and alone, with ECS; begins
 * recovery when something was lost. Only then is the start counted and the file written, so that a crash
 * in between finds the same evidence again. Throws StartProblem when ECS cannot be asked.
 */
export async function settleIdentity(
  options: UpOptions,
  deps: { readonly store: Store; readonly aws: OpenAws; readonly log: Log },
): Promise<void> {
  const { store } = deps
  const path = join(options.dataDir, IDENTITY_FILE)
  const database = { instanceId: store.identity.instanceId(), epoch: store.identity.epoch() }
  const file = readIdentity(path)
  const ecsKnowsController =
    file === undefined && database.epoch === 0 && (await hasTraces(options.name, deps.aws))
  const reason = recoveryReason({ database, file, ecsKnowsController })
  const epoch = Math.max(database.epoch, file?.epoch ?? 0) + 1
  store.transaction(() => {
    if (reason !== undefined) beginRecovery(store, reason)
    while (store.identity.epoch() < epoch) store.identity.raiseEpoch()
    store.identity.setControllerName(options.name)
  })
  writeIdentity(path, { instanceId: database.instanceId, epoch })
}

function readIdentity(path: string): Evidence['file'] {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
  const value = parseObject(text)
  const { instanceId, epoch } = value ?? {}
  if (typeof instanceId === 'string' && typeof epoch === 'number') return { instanceId, epoch }
  throw new StartProblem(
    `${path} cannot be read as the identity of a data directory: put it back from a backup, or remove it to start without proof of what has run`,
  )
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** Written whole and renamed: a crash leaves the old one or the new one. */
function writeIdentity(path: string, identity: NonNullable<Evidence['file']>): void {
  const partial = `${path}.partial`
  writeFileSync(partial, `${JSON.stringify(identity)}\n`, { mode: 0o600 })
  renameSync(partial, path)
}

/** Whether tasks of this controller's name exist where it would launch by default. */
async function hasTraces(name: string, aws: OpenAws): Promise<boolean> {
  const { ecs } = aws.accounts.account({})
  try {
    const arns = await ecs.listTaskArns({ cluster: 'default' })
    if (arns.length === 0) return false
    const { tasks } = await ecs.describeTasks('default', arns.slice(0, TRACE_LIMIT))
    return tasks.some(({ tags }) => tags[WIRE.tagController] === name)
  } catch (error) {
    if (isAbsentCluster(error)) return false
    throw new StartProblem(
      `The database is new, and ECS cannot be asked whether this controller has run before: ${errorMessage(error)}`,
      { cause: error },
    )
  }
}

/** An account without the cluster `default` has no tasks there either. */
function isAbsentCluster(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ClusterNotFoundException'
}
