import { createNoneDriver } from '../src/emulator/drivers/none.ts'
import { createEmulator } from '../src/emulator/emulator.ts'
import { serveEmulator } from '../src/emulator/server.ts'
import { systemClock } from '../src/lib/clock.ts'
import { systemRandom } from '../src/lib/random.ts'

/**
 * An ECS endpoint in a process of its own, whose tasks run by the clock alone: prints its URL, then
 * answers each line on stdin with its call counters as JSON.
 */
const RUN_MS = Number(process.argv[2] ?? 60_000)

const emulator = createEmulator({
  clock: systemClock,
  random: systemRandom,
  driver: createNoneDriver(() => ({ runMs: RUN_MS, exitCode: 0 })),
})
const served = await serveEmulator({ emulator, clock: systemClock, random: systemRandom })
console.log(served.url)
process.stdin.on('data', () => {
  const counters = Object.fromEntries(
    [...emulator.counters.all()].map(([operation, count]) => [operation, count.calls]),
  )
  console.log(JSON.stringify(counters))
})
process.stdin.on('end', () => process.exit(0))
