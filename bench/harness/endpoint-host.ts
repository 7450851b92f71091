import { createInterface } from 'node:readline'
import type { EmulatorConfig } from '../../src/emulator/config.ts'
import { createNoneDriver } from '../../src/emulator/drivers/none.ts'
import { createEmulator, type EmulatorRequest } from '../../src/emulator/emulator.ts'
import { serveEmulator } from '../../src/emulator/server.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'

/**
 * An ECS endpoint in a process of its own, whose tasks run by the clock alone. Prints its URL, then
 * answers each line on stdin: `counters`, or `arrivals`: when which call came, by run or task.
 */
const settings = JSON.parse(process.argv[2] ?? '{}') as {
  readonly runMs?: number
  readonly config?: Partial<EmulatorConfig>
}
const emulator = createEmulator({
  clock: systemClock,
  random: systemRandom,
  driver: createNoneDriver(() => ({ runMs: settings.runMs ?? 600_000, exitCode: 0 })),
  ...(settings.config && { config: settings.config }),
})
const arrivals: (readonly [string, string, number])[] = []

function handle(request: EmulatorRequest) {
  const { operation, input } = request
  if (operation === 'RunTask' || operation === 'StopTask') {
    arrivals.push([operation, subjectOf(input), performance.timeOrigin + performance.now()])
  }
  return emulator.handle(request)
}

/** The run's name, as its tag says; the task's ARN where there are no tags. */
function subjectOf(input: EmulatorRequest['input']): string {
  const tags = (input['tags'] ?? []) as readonly { readonly key: string; readonly value: string }[]
  const tag = tags.find(({ key }) => key === 'capstan.dev/run')
  const { task } = input
  return tag?.value.split('/').at(-1) ?? (typeof task === 'string' ? task : '')
}

const served = await serveEmulator({
  emulator: { ...emulator, handle },
  clock: systemClock,
  random: systemRandom,
})
console.log(served.url)
createInterface({ input: process.stdin })
  .on('line', (line) => {
    const counters = [...emulator.counters.all()].map(([name, { calls }]) => [name, calls] as const)
    const answer = line === 'arrivals' ? arrivals : Object.fromEntries(counters)
    console.log(JSON.stringify(answer))
  })
  .on('close', () => process.exit(0))
