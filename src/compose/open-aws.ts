import { join } from 'node:path'
import { createAwsAccounts, type ManagedAwsAccounts } from '../aws/accounts.ts'
import { resolveCredentials } from '../aws/preflight.ts'
import type { UpOptions } from '../config.ts'
import { AWS_PACE, LOCAL_PACE, type ObserverPace } from '../controllers/run/observer-schedule.ts'
import { startLocalEmulator } from '../emulator/local.ts'
import type { Clock } from '../lib/clock.ts'
import type { Random } from '../lib/random.ts'
import type { Log } from '../runtime/logger.ts'
import { StartProblem } from './start-problem.ts'

/** Where tasks run, and how closely they may be watched there. */
export interface OpenAws {
  readonly accounts: ManagedAwsAccounts
  readonly pace: ObserverPace
  /** Where the output of every task is kept, whatever its log settings say; only with --local. */
  readonly outputOfEveryTask: { readonly group: string; readonly prefix: string } | undefined
  close(): Promise<void>
}

export interface OpenAwsDeps {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly version: string
}

/** Log group and stream prefix of tasks that configure no logs, in the embedded endpoint. */
const LOCAL_OUTPUT = { group: 'capstan-local', prefix: 'output' }

/** The embedded endpoint takes any signature; nothing secret is behind it. */
const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' }

/** AWS itself, or the embedded endpoint. Throws StartProblem when no request could be signed. */
export async function openAws(options: UpOptions, deps: OpenAwsDeps): Promise<OpenAws> {
  return options.local ? openLocal(options, deps) : openRemote(deps)
}

async function openLocal(options: UpOptions, deps: OpenAwsDeps): Promise<OpenAws> {
  const local = await startLocalEmulator({
    clock: deps.clock,
    random: deps.random,
    directory: join(options.dataDir, 'local'),
    workingDirectory: process.cwd(),
    baseEnvironment: options.taskEnvironment,
    config: {
      keepAllOutput: { logGroup: LOCAL_OUTPUT.group, streamPrefix: LOCAL_OUTPUT.prefix },
    },
  })
  deps.log.info('embedded endpoint listens', { url: local.url })
  const accounts = createAwsAccounts({
    clock: deps.clock,
    region: local.emulator.config.region,
    endpoint: local.url,
    credentials: LOCAL_CREDENTIALS,
    version: deps.version,
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

async function openRemote(deps: OpenAwsDeps): Promise<OpenAws> {
  const preflight = await resolveCredentials({}, deps.clock)
  if (!preflight.ok) throw new StartProblem(preflight.message)
  const accounts = createAwsAccounts({
    clock: deps.clock,
    region: preflight.region,
    version: deps.version,
    log: (message, fields) => deps.log.info(message, fields),
  })
  return {
    accounts,
    pace: AWS_PACE,
    outputOfEveryTask: undefined,
    close: () => Promise.resolve(accounts.close()),
  }
}
