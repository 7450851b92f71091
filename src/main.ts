import { join } from 'node:path'
import { createApiServer } from './apiserver/server.ts'
import { createTokens } from './apiserver/tokens.ts'
import { packageVersion } from './cli/package-version.ts'
import { apiParts } from './compose/api-parts.ts'
import { createHealth } from './compose/health.ts'
import { type OpenAws, openAws } from './compose/open-aws.ts'
import { createReadLogs } from './compose/read-logs.ts'
import { settleIdentity } from './compose/recovery.ts'
import { runToEnd } from './compose/run-to-end.ts'
import { createSources } from './compose/sources.ts'
import { explainStart } from './compose/start-problem.ts'
import { untilSignal } from './compose/until-signal.ts'
import type { UpOptions } from './config.ts'
import { createAssembly } from './controllers/assembly.ts'
import { createRecovery } from './controllers/recovery/controller.ts'
import { DEFAULT_NAMESPACE } from './kinds/meta.ts'
import { systemClock } from './lib/clock.ts'
import { uuidV5 } from './lib/names.ts'
import { systemRandom } from './lib/random.ts'
import { createValidator } from './manifest/validator.ts'
import type { Log } from './runtime/logger.ts'
import { createManager } from './runtime/manager.ts'
import { createPinoLog } from './runtime/pino-log.ts'
import { acquireDataDir } from './store/lock.ts'
import { openStore, type SqliteStore } from './store/open.ts'

/**
 * Runs one controller until a signal comes, or with `once` until everything has ended. Resolves with the
 * exit code. Order of start: the lock before the database, the database before everything, AWS before
 * the controllers, the API before the folders, so that what a folder brings can be watched from its
 * first moment. The stop is the reverse.
 */
export async function runController(options: UpOptions): Promise<number> {
  const stopped = untilSignal()
  const { logFormat: format, logLevel: level, colour } = options
  const log = createPinoLog({ format, level, clock: systemClock, colour })
  try {
    const lock = acquireDataDir(options.dataDir)
    const store = openDatabase(options)
    const aws = await openAws(options, { ...system, log })
    try {
      await settleIdentity(options, { store, aws, log })
      return await runWith(options, { store, aws, log, stopped })
    } finally {
      await aws.close()
      store.close()
      lock.release()
    }
  } catch (error) {
    process.stderr.write(explainStart(error))
    return 1
  }
}

const system = { clock: systemClock, random: systemRandom, version: packageVersion() }

function openDatabase(options: UpOptions): SqliteStore {
  const nowMs = systemClock.nowMs()
  const path = join(options.dataDir, 'capstan.db')
  const store = openStore({ path, random: systemRandom, nowMs })
  store.transaction(() => {
    const uid = uuidV5('Namespace', DEFAULT_NAMESPACE)
    store.objects.ensureNamespace(DEFAULT_NAMESPACE, uid, nowMs)
  })
  return store
}

interface Opened {
  readonly store: SqliteStore
  readonly aws: OpenAws
  readonly log: Log
  readonly stopped: AbortSignal
}

async function runWith(options: UpOptions, opened: Opened): Promise<number> {
  const { store, aws, log, stopped } = opened
  const validator = createValidator()
  const controller = { name: options.name, epoch: store.identity.epoch() }
  const assembly = createAssembly({
    ...system,
    store,
    aws: aws.accounts,
    checks: validator,
    log,
    pace: aws.pace,
    outputOfEveryTask: aws.outputOfEveryTask,
    controller,
  })
  const sources = createSources(options, { ...system, store, validator, log })
  const { accounts } = assembly
  const { outputOfEveryTask } = aws
  const tokens = createTokens(store, systemRandom)
  const api = apiParts(options, { store, tokens, log, ...system }, (extensions) =>
    createApiServer({
      ...system,
      store,
      log,
      extensions: [...extensions, sources.route],
      validate: validator.object,
      readLogs: createReadLogs({ store, clock: systemClock, accounts, outputOfEveryTask }),
      health: createHealth({
        store,
        observer: assembly.observer,
        sourcesNotReady: sources.notReady,
      }),
    }),
  )
  const recovery = createRecovery({
    ...system,
    store,
    log,
    accounts,
    controller,
    foldersRead: sources.settled,
  })
  const parts = [...assembly.parts, ...api, ...sources.parts, recovery]
  const manager = createManager({ parts, clock: systemClock, log })
  const end = new AbortController()
  const running = manager.run(AbortSignal.any([stopped, end.signal]))
  if (!options.once && !options.exitOnIdle) {
    await running
    return 0
  }
  const exitCode = await runToEnd(options, { store, sources, clock: systemClock, stopped, running })
  end.abort(new Error('everything has ended'))
  await running
  return exitCode
}
