import { startEndpoint } from '../harness/endpoint.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { writeParkedRuns } from '../harness/manifests.ts'
import { startUp } from '../harness/program.ts'
import { report, round } from '../harness/sample.ts'

// A folder of many manifests, a file each: until all of them are objects, and again when nothing has changed.
const FILES = Number(process.argv[2] ?? 100_000)

const folder = temporaryFolder()
const root = writeParkedRuns(folder, FILES)
const endpoint = await startEndpoint()
const cold = await startUp({ folder, directories: [root], endpoint: endpoint.url })
const coldCpuMs = cold.cpuMs()
const { peak } = cold.memory()
const stallMs = round(await cold.stop())
const warm = await startUp({ folder, directories: [root], endpoint: endpoint.url })
const warmCpuMs = warm.cpuMs()
report({
  name: `ingest-${FILES}-cold`,
  value: round(cold.readyMs / 1_000, 1),
  unit: 's',
  target: 40,
  better: 'lower',
  cpuMs: coldCpuMs,
  stallMs,
})
report({
  name: `ingest-${FILES}-peak-memory`,
  value: peak,
  unit: 'MB RSS',
  target: 300,
  better: 'lower',
})
report({
  name: `ingest-${FILES}-unchanged`,
  value: round(warm.readyMs / 1_000, 1),
  unit: 's',
  target: 4,
  better: 'lower',
  cpuMs: warmCpuMs,
})
await warm.stop()
endpoint.close()
process.exit(0)
