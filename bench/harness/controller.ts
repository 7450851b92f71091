import { join } from 'node:path'
import { createAwsAccounts, type ManagedAwsAccounts } from '../../src/aws/accounts.ts'
import { UNLIMITED } from '../../src/aws/limits.ts'
import { type Assembly, createAssembly } from '../../src/controllers/assembly.ts'
import { AWS_PACE } from '../../src/controllers/run/observer-schedule.ts'
import type { ApiLimits } from '../../src/kinds/generated.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createValidator } from '../../src/manifest/validator.ts'
import { silentLog } from '../../src/runtime/logger.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'
import { temporaryFolder } from './folder.ts'

/** A database on disk, as the program has it. */
export function openBenchStore(folder = temporaryFolder()): SqliteStore {
  const path = join(folder, 'capstan.db')
  const store = openStore({ path, random: systemRandom, nowMs: Date.now() })
  store.transaction(() => store.identity.raiseEpoch())
  return store
}

export function openAccounts(url: string, apiLimits: ApiLimits = UNLIMITED): ManagedAwsAccounts {
  return createAwsAccounts({
    clock: systemClock,
    region: 'us-east-1',
    endpoint: url,
    credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
    apiLimits,
  })
}

/** All controllers in this process, without folders and API. */
export async function startControllers(
  store: SqliteStore,
  accounts: ManagedAwsAccounts,
): Promise<Assembly> {
  const assembly = createAssembly({
    store,
    aws: accounts,
    checks: createValidator(),
    clock: systemClock,
    random: systemRandom,
    version: 'bench',
    log: silentLog,
    pace: AWS_PACE,
    controller: { name: 'bench', epoch: 1, instance: 'bench' },
    heartbeat: { key: Buffer.alloc(32), url: () => undefined },
  })
  for (const part of assembly.parts) {
    await part.start(new AbortController().signal, (error) => {
      throw error
    })
  }
  return assembly
}
