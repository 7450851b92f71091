import { createApiServer } from './apiserver/server.ts'
import { createTokens } from './apiserver/tokens.ts'
import { packageVersion } from './cli/package-version.ts'
import { apiParts } from './compose/api-parts.ts'
import { createBackupRoute } from './compose/backup.ts'
import { boundGarbage } from './compose/frugal-heap.ts'
import { openHeartbeatIntake } from './compose/heartbeat-intake.ts'
import { createIntakeRoutes } from './compose/intake-routes.ts'
import { type OpenAws, openAws } from './compose/open-aws.ts'
import { type DataDir, openDataDir } from './compose/open-data-dir.ts'
import { createReadLogs } from './compose/read-logs.ts'
import { settleIdentity } from './compose/recovery.ts'
import { runToEnd } from './compose/run-to-end.ts'
import { createSources } from './compose/sources.ts'
import { explainStart, isExplained } from './compose/start-problem.ts'
import { blockedBy, createStoreGuard } from './compose/store-guard.ts'
import { untilSignal } from './compose/until-signal.ts'
import { createVitals } from './compose/vitals.ts'
import { openWebhooks } from './compose/webhooks.ts'
import { createWriteGate, type WriteGate } from './compose/write-gate.ts'
import type { UpOptions } from './config.ts'
import { type Assembly, type AssemblyDeps, createAssembly } from './controllers/assembly.ts'
import {
  createRecovery,
  type RecoveryDeps,
  type RecoveryPart,
} from './controllers/recovery/controller.ts'
import { createLaunchAge } from './controllers/run/launch-age.ts'
import { systemClock } from './lib/clock.ts'
import { systemRandom } from './lib/random.ts'
import { createValidator } from './manifest/validator.ts'
import type { Log } from './runtime/logger.ts'
import { createManager, type Part } from './runtime/manager.ts'
import { createPinoLog } from './runtime/pino-log.ts'
import { createFence, type Fence } from './store/fence.ts'
import type { LaunchProofs } from './store/launch-log-lines.ts'

/**
 * Runs one controller until a signal comes, or with `once` until everything has ended. Resolves with the
 * exit code. Order of start: the lock before the database, the database before everything, AWS before
 * the controllers, the API before the folders, so that what a folder brings can be watched from its
 * first moment. The stop is the reverse.
 */
export async function runController(options: UpOptions): Promise<number> {
  const stopped = untilSignal()
  boundGarbage()
  const { logFormat: format, logLevel: level, colour } = options
  const log = createPinoLog({ format, level, clock: systemClock, colour })
  try {
    const dataDir = openDataDir(options.dataDir, { ...system, log })
    const gate = createWriteGate()
    const aws = await openAws(options, { ...system, log, beforeWrite: gate.before })
    try {
      const proofs = settleIdentity(options, dataDir)
      const fence = createFence({ ...dataDir, epoch: dataDir.store.identity.epoch() })
      return await runWith(options, { dataDir, fence, gate, proofs, aws, log, stopped })
    } finally {
      await aws.close()
      await dataDir.close()
    }
  } catch (error) {
    process.stderr.write(explainStart(error))
    return 1
  }
}

const system = { clock: systemClock, random: systemRandom, version: packageVersion() }

interface Opened {
  readonly dataDir: DataDir
  readonly fence: Fence
  readonly gate: WriteGate
  /** What the launch log proves, while recovery is under way. */
  readonly proofs: LaunchProofs | undefined
  readonly aws: OpenAws
  readonly log: Log
  readonly stopped: AbortSignal
}

async function runWith(options: UpOptions, opened: Opened): Promise<number> {
  const { dataDir, fence, aws, log, stopped } = opened
  const { store } = dataDir
  const validator = createValidator()
  const controller = controllerOf(options, dataDir)
  const intake = openHeartbeatIntake(options, { ...system, log })
  const settings = { checks: validator, controller, heartbeat: intake.settings }
  const assembly = openAssembly(options, opened, settings)
  const sources = createSources(options, { ...system, store, validator, log })
  const { accounts, heartbeats } = assembly
  const { outputOfEveryTask } = aws
  const tokens = createTokens(store, systemRandom)
  const beats = heartbeats.intake
  const fromTasks = createIntakeRoutes({ ...system, store, log, tokens, beats })
  const storeProblem = () => fence.fallen() ?? blockedBy(dataDir)
  const about = { store, assembly, aws: aws.accounts, intake, sources, storeProblem }
  const vitals = createVitals({ ...system, ...about })
  const routes = [sources.route, vitals.route, createBackupRoute(dataDir)]
  const api = apiParts(options, { store, tokens, log, ...system }, (extensions) =>
    createApiServer({
      ...system,
      store,
      log,
      ...vitals,
      extensions: [...extensions, ...fromTasks.routes, ...routes],
      validate: validator.object,
      readLogs: createReadLogs({ store, clock: systemClock, accounts, outputOfEveryTask }),
    }),
  )
  const wakeAll = (): void => {
    assembly.wakeAll()
    sources.wake()
  }
  const recovery = openRecovery(opened, assembly, { controller, foldersRead: sources.settled })
  const parts = [
    createStoreGuard({ ...system, ...dataDir, fence, log, wakeAll }),
    ...intake.parts(fromTasks.routes, heartbeats.monitor),
    ...assembly.parts,
    ...api,
    fromTasks.part,
    ...sources.parts,
    recovery,
  ]
  return runParts(options, parts, {
    ...system,
    log,
    store,
    sources,
    isIdle: () => assembly.automationsIdle(),
    stopped,
  })
}

function controllerOf({ name }: UpOptions, { store }: DataDir): RecoveryDeps['controller'] {
  const { identity } = store
  return { name, epoch: identity.epoch(), instance: identity.instanceId() }
}

function openAssembly(
  options: UpOptions,
  { dataDir, fence, aws, log }: Opened,
  settings: Pick<AssemblyDeps, 'checks' | 'controller' | 'heartbeat'>,
): Assembly {
  return createAssembly({
    ...system,
    ...settings,
    store: dataDir.store,
    aws: aws.accounts,
    log,
    pace: aws.pace,
    outputOfEveryTask: aws.outputOfEveryTask,
    webhooks: openWebhooks(options, { ...system, fence }),
  })
}

/** Opens the gate: from here on writes to AWS may leave, as far as recovery lets them. */
function openRecovery(
  { dataDir, fence, gate, log, proofs }: Opened,
  { accounts, templateOf, wakeAll }: Assembly,
  deps: Pick<RecoveryDeps, 'controller' | 'foldersRead'>,
): RecoveryPart {
  const { store } = dataDir
  const recovery = createRecovery({
    ...system,
    ...deps,
    store,
    log,
    accounts,
    templateOf,
    proofs,
    wakeAll,
  })
  const { epoch } = deps.controller
  const judge = createLaunchAge({ ...system, store, epoch })
  gate.open(fence, { before: recovery.beforeLaunch, judge })
  return recovery
}

type RunToEndParts = Omit<Parameters<typeof runToEnd>[1], 'running'>

/** Until a signal comes, or with `once` until everything has ended. */
async function runParts(
  options: UpOptions,
  parts: readonly Part[],
  deps: RunToEndParts & { readonly log: Log },
): Promise<number> {
  const manager = createManager({ ...deps, parts, isExplained })
  const end = new AbortController()
  const running = manager.run(AbortSignal.any([deps.stopped, end.signal]))
  if (!options.once && !options.exitOnIdle) {
    await running
    return 0
  }
  const exitCode = await runToEnd(options, { ...deps, running })
  end.abort(new Error('everything has ended'))
  await running
  return exitCode
}
