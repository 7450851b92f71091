import { makeDatabase } from '../harness/database.ts'
import { startEndpoint } from '../harness/endpoint.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { startUp } from '../harness/program.ts'
import { report, round } from '../harness/sample.ts'

// From the start of the process until the API is ready, with a database full of runs that a controller
// left behind when it was killed.
const RUNS = Number(process.argv[2] ?? 100_000)

const folder = temporaryFolder()
const endpoint = await startEndpoint()
await makeDatabase(folder, RUNS, endpoint.url)
await (await startUp({ folder, endpoint: endpoint.url })).kill()
const controller = await startUp({ folder, endpoint: endpoint.url })
const cpuMs = controller.cpuMs()
report({
  name: 'restart',
  value: round(controller.readyMs, 0),
  unit: 'ms',
  target: 1_500,
  better: 'lower',
  cpuMs,
  beside: { peakMb: controller.memory().peak },
})
await controller.stop()
endpoint.close()
process.exit(0)
