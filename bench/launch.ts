import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createAwsAccounts } from '../src/aws/accounts.ts'
import { UNLIMITED } from '../src/aws/limits.ts'
import { createAssembly } from '../src/controllers/assembly.ts'
import { AWS_PACE } from '../src/controllers/run/observer-schedule.ts'
import { API_VERSION, WIRE } from '../src/kinds/meta.ts'
import { systemClock } from '../src/lib/clock.ts'
import { isoTime } from '../src/lib/instant.ts'
import { systemRandom } from '../src/lib/random.ts'
import { createValidator } from '../src/manifest/validator.ts'
import { silentLog } from '../src/runtime/logger.ts'
import { openStore } from '../src/store/open.ts'

/** Launches per second without a limit on the calls (DESIGN 10: at least 1,000). */
const RUNS = Number(process.argv[2] ?? 3_000)

const endpoint = spawn(process.execPath, [join(import.meta.dirname, 'none-endpoint.ts')], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
const lines = createInterface({ input: endpoint.stdout })[Symbol.asyncIterator]()
const url = String((await lines.next()).value)
const directory = mkdtempSync(join(tmpdir(), 'capstan-bench-'))
const store = openStore({
  path: join(directory, 'capstan.db'),
  random: systemRandom,
  nowMs: Date.now(),
})
fill()
const accounts = createAwsAccounts({
  clock: systemClock,
  region: 'us-east-1',
  endpoint: url,
  credentials: { accessKeyId: 'bench', secretAccessKey: 'bench' },
  apiLimits: UNLIMITED,
})
const assembly = createAssembly({
  store,
  aws: accounts,
  checks: createValidator(),
  clock: systemClock,
  random: systemRandom,
  log: silentLog,
  pace: AWS_PACE,
  controller: { name: 'bench', epoch: 1 },
})
const startedMs = performance.now()
const cpuBefore = process.cpuUsage()
for (const part of assembly.parts) {
  await part.start(new AbortController().signal, (error) => {
    throw error
  })
}
let counters: Record<string, number> = {}
while ((counters['RunTask'] ?? 0) < RUNS) {
  await new Promise((resolve) => setTimeout(resolve, 20))
  counters = await ask(endpoint)
}
const seconds = (performance.now() - startedMs) / 1000
const cpu = process.cpuUsage(cpuBefore)
console.log(
  JSON.stringify({
    name: 'launch',
    value: Math.round(RUNS / seconds),
    unit: 'launches/s',
    target: 1000,
    pass: RUNS / seconds >= 1000,
    runs: RUNS,
    cpuMsPerLaunch: Math.round((cpu.user + cpu.system) / 10 / RUNS) / 100,
    calls: counters,
  }),
)
rmSync(directory, { recursive: true, force: true })
endpoint.kill()
process.exit(0)

async function ask(child: ChildProcess): Promise<Record<string, number>> {
  child.stdin?.write('\n')
  return JSON.parse(String((await lines.next()).value)) as Record<string, number>
}

function fill(): void {
  const creationTimestamp = isoTime(Date.now())
  store.transaction(() => {
    store.identity.raiseEpoch()
    store.objects.ensureNamespace('default', systemRandom.uuid(), Date.now())
    for (let index = 0; index < RUNS; index += 1) {
      store.objects.create({
        apiVersion: API_VERSION,
        kind: 'Run',
        metadata: {
          name: `run-${index}`,
          namespace: 'default',
          uid: systemRandom.uuid(),
          creationTimestamp,
          finalizers: [WIRE.finalizerTask],
        },
        spec: { template: { image: 'busybox', family: 'bench', cpu: 256, memory: 512 } },
      })
    }
  })
}
