import type { DriverTask } from '../../src/emulator/drivers/driver.ts'
import { type Behaviour, createNoneDriver } from '../../src/emulator/drivers/none.ts'
import { createEmulator, type Emulator } from '../../src/emulator/emulator.ts'
import { type ServedEmulator, serveEmulator } from '../../src/emulator/server.ts'
import { stoppedAtMs } from '../../src/emulator/task-state.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { seededRandom } from '../world/seeded-random.ts'
import type { EcsQuestion, EcsReport, FaultyEcsOptions } from './faulty-ecs.ts'

/**
 * An emulated account in a process of its own, whose tasks take time and nothing else. It is asked for its
 * ledger over IPC and ends with its parent. Argument: FaultyEcsOptions as JSON.
 */

/** Each state of a task's life is passed quickly, and is long enough for a kill to fall into it. */
const DELAYS = {
  provisioningMs: 50,
  pendingMs: 100,
  activatingMs: 0,
  stopLagMs: 50,
  deactivatingMs: 0,
  deprovisioningMs: 50,
}

/** Runs for the container's RUN_MS (300; `forever`: until stopped); its first FAILS attempts exit with 1. */
function behave({ containers: [main], tags }: DriverTask): Behaviour {
  const { RUN_MS: runMs = '300', FAILS: fails = '0' } = main?.environment ?? {}
  const attempt = Number(tags.find(({ key }) => key === 'capstan.dev/attempt')?.value ?? 1)
  const exitCode = attempt <= Number(fails) ? 1 : 0
  return runMs === 'forever' ? { exitCode } : { runMs: Number(runMs), exitCode }
}

const options = JSON.parse(process.argv[2] ?? '{}') as FaultyEcsOptions
const emulator = createEmulator({
  clock: systemClock,
  random: seededRandom(options.seed),
  driver: createNoneDriver((_, task) => behave(task)),
  faults: options.faults,
  config: { delays: DELAYS },
})
const calls: Record<string, Record<string, number>> = {}

const doors: Record<string, ServedEmulator> = {}

/** The same account at one more address, which counts what comes in there. Port 0: any. */
async function openDoor(door: string, port: number): Promise<ServedEmulator> {
  const counted = (calls[door] ??= {})
  const behind: Emulator = {
    ...emulator,
    handle(request) {
      counted[request.operation] = (counted[request.operation] ?? 0) + 1
      return emulator.handle(request)
    },
  }
  const served = await serveEmulator({
    emulator: behind,
    clock: systemClock,
    random: seededRandom(options.seed + 1),
    port,
  })
  doors[door] = served
  return served
}

async function cut(door: string): Promise<void> {
  const served = doors[door]
  await served?.close()
  await openDoor(door, served?.port ?? 0)
}

function report(): EcsReport {
  const nowMs = systemClock.nowMs()
  return {
    calls,
    faults: emulator.faultHits(),
    tasks: emulator.ledger.entries().map(({ task, launchTags }) => {
      const tag = (name: string): string =>
        launchTags.find(({ key }) => key === `capstan.dev/${name}`)?.value ?? ''
      return {
        arn: task.arn,
        run: tag('run').split('/').at(-1) ?? '',
        uid: tag('run-uid'),
        attempt: Number(tag('attempt')),
        isLive: (stoppedAtMs(task) ?? Number.POSITIVE_INFINITY) > nowMs,
      }
    }),
  }
}

process.on('message', (question: EcsQuestion) => {
  if (question.type === 'Report') process.send?.({ report: report() })
  else void cut(question.door).then(() => process.send?.({}))
})
process.on('disconnect', () => process.exit(0))
const urls: Record<string, string> = {}
for (const door of options.doors) urls[door] = (await openDoor(door, 0)).url
process.send?.({ urls })
