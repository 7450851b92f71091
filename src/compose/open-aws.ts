import { join } from 'node:path'
import { createAwsAccounts, type ManagedAwsAccounts } from '../aws/accounts.ts'
import { UNLIMITED } from '../aws/limits.ts'
import { resolveCredentials } from '../aws/preflight.ts'
import type { BeforeWrite } from '../aws/write-gate.ts'
import type { UpOptions } from '../config.ts'
import type { OutputOfEveryTask } from '../controllers/attempt-logs.ts'
import { AWS_PACE, LOCAL_PACE, type ObserverPace } from '../controllers/run/observer-schedule.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Log } from '../runtime/logger.ts'
import { StartProblem } from './start-problem.ts'

/** Where tasks run, and how closely they may be watched there. */
export interface OpenAws {
  readonly accounts: ManagedAwsAccounts
  readonly pace: ObserverPace
  /** Where the output of every task is kept, whatever its log settings say; only with --local. */
  readonly outputOfEveryTask: OutputOfEveryTask | undefined
  close(): Promise<void>
}

export interface OpenAwsDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly version: string
  /** Asked before every call that changes something. */
  readonly beforeWrite: BeforeWrite
}

/** Log group and stream prefix of tasks that configure no logs, in the embedded endpoint. */
const LOCAL_OUTPUT = { group: 'capstan-local', prefix: 'output' }

/** Other users of the machine can reach the endpoint's port, and RunTask runs programs: only requests with this key are answered. */
const ACCESS_KEY_BYTES = 16

/** AWS itself, or the embedded endpoint. Throws StartProblem when no request could be signed. */
export async function openAws(options: UpOptions, deps: OpenAwsDeps): Promise<OpenAws> {
  return options.local ? openLocal(options, deps) : openRemote(options, deps)
}

async function openLocal(options: UpOptions, deps: OpenAwsDeps): Promise<OpenAws> {
  // Loaded late: it is half as much code as the rest of Capstan, and most controllers never need it.
  const { openLocalEmulator } = await import('./local-emulator.ts')
  const accessKeyId = deps.random.hex(ACCESS_KEY_BYTES)
  const local = await openLocalEmulator(options, {
    accessKeyId,
    clock: deps.clock,
    random: deps.random,
    directory: join(options.dataDir, 'local'),
    workingDirectory: process.cwd(),
    baseEnvironment: options.taskEnvironment,
    config: {
      keepAllOutput: { logGroup: LOCAL_OUTPUT.group, streamPrefix: LOCAL_OUTPUT.prefix },
    },
  })
  deps.log.info('embedded endpoint listens', { url: local.url, tasks: local.driverName })
  const rules = local.emulator.faultHits().length
  if (rules > 0) deps.log.warn('the embedded endpoint injects faults', { rules })
  const accounts = createAwsAccounts({
    clock: deps.clock,
    region: local.emulator.config.region,
    endpoint: local.url,
    credentials: { accessKeyId, secretAccessKey: 'local' },
    apiLimits: UNLIMITED,
    version: deps.version,
    beforeWrite: deps.beforeWrite,
  })
  return {
    accounts,
    pace: LOCAL_PACE,
    outputOfEveryTask: LOCAL_OUTPUT,
    async close() {
      accounts.close()
      await local.close()
    },
  }
}

async function openRemote({ aws }: UpOptions, deps: OpenAwsDeps): Promise<OpenAws> {
  const preflight = await resolveCredentials({}, deps.clock)
  if (!preflight.ok) {
    const { profile } = aws
    const hint = profile === undefined ? '' : ` AWS_PROFILE names the profile "${profile}".`
    throw new StartProblem(`${preflight.message}${hint}`)
  }
  const accounts = createAwsAccounts({
    clock: deps.clock,
    region: preflight.region,
    version: deps.version,
    beforeWrite: deps.beforeWrite,
    log: (message, fields) => deps.log.info(message, fields),
  })
  return {
    accounts,
    pace: AWS_PACE,
    outputOfEveryTask: undefined,
    close: () => Promise.resolve(accounts.close()),
  }
}
