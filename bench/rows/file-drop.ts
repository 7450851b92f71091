import { startEndpoint } from '../harness/endpoint.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { dropRun, writeParkedRuns } from '../harness/manifests.ts'
import { startUp } from '../harness/program.ts'
import { percentile, report, round } from '../harness/sample.ts'

// From the rename of a file into the folder until its RunTask arrives at ECS, with many other files there.
const FILES = Number(process.argv[2] ?? 10_000)
const DROPS = Number(process.argv[3] ?? 100)
const PAUSE_MS = 150
const WARM_UP = 5
const LARGE = 100_000

const folder = temporaryFolder()
const root = writeParkedRuns(folder, FILES)
const endpoint = await startEndpoint()
const controller = await startUp({ folder, directories: [root], endpoint: endpoint.url })
for (let drop = 0; drop < WARM_UP; drop += 1) await dropAndPause(`warm-${drop}`)
await untilArrived(WARM_UP)
controller.forgetStalls()
const cpuBefore = controller.cpuMs()
const dropped = new Map<string, number>()
for (let drop = 0; drop < DROPS; drop += 1) {
  dropped.set(`drop-${drop}`, await dropAndPause(`drop-${drop}`))
}
const arrivals = await untilArrived(WARM_UP + DROPS)
const cpuMs = (controller.cpuMs() - cpuBefore) / DROPS
const waits = arrivals.flatMap(([, name, atMs]) => {
  const droppedMs = dropped.get(name)
  return droppedMs === undefined ? [] : [atMs - droppedMs]
})
const stallMs = round(await controller.stop())
const isLarge = FILES >= LARGE
const common = { unit: 'ms', better: 'lower', cpuMs: round(cpuMs), stallMs } as const
const name = `file-drop-${FILES}`
report({
  ...common,
  name: `${name}-p50`,
  value: round(percentile(waits, 0.5), 1),
  ...(!isLarge && { target: 40 }),
})
report({
  ...common,
  name: `${name}-p99`,
  value: round(percentile(waits, 0.99), 1),
  target: isLarge ? 3_000 : 120,
})
endpoint.close()
process.exit(0)

async function dropAndPause(run: string): Promise<number> {
  const atMs = dropRun(root, run)
  await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  return atMs
}

async function untilArrived(count: number): ReturnType<typeof endpoint.arrivals> {
  for (;;) {
    const seen = await endpoint.arrivals()
    if (seen.length >= count) return seen
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
