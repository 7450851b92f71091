import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { startEndpoint } from '../harness/endpoint.ts'
import { temporaryFolder } from '../harness/folder.ts'
import { runCapstan, startUp } from '../harness/program.ts'
import { median, report, round } from '../harness/sample.ts'

// How long short commands take, and a controller on an empty folder until it is ready; beside them, Node alone.
const TIMES = 5

const folder = temporaryFolder()
const manifests = join(folder, 'manifests')
mkdirSync(manifests)
const endpoint = await startEndpoint()
const first = await startUp({ folder, directories: [manifests], endpoint: endpoint.url })
const empty = first.readyMs
const get = await times(['get', 'runs', '--socket', first.socket])
const version = await times(['version', '--client'])
await first.stop()
const common = { unit: 'ms', better: 'lower' } as const
report({ ...common, name: 'start-version', value: round(version, 0), target: 100 })
report({ ...common, name: 'start-get', value: round(get, 0), target: 150 })
report({ ...common, name: 'start-up-ready', value: round(empty, 0), target: 500 })
endpoint.close()
process.exit(0)

async function times(words: readonly string[]): Promise<number> {
  const each: number[] = []
  for (let n = 0; n < TIMES; n += 1) each.push(await runCapstan(words, folder))
  return median(each)
}
