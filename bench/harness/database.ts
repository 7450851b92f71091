import { join } from 'node:path'
import { openBenchStore } from './controller.ts'
import { fillFinishedRuns } from './fill.ts'
import { startUp } from './program.ts'

/** A data directory as a controller leaves it that has brought `runs` runs to their end. */
export async function makeDatabase(folder: string, runs: number, endpoint: string): Promise<void> {
  const controller = await startUp({ folder, endpoint })
  await controller.stop()
  const store = openBenchStore(join(folder, 'data'))
  fillFinishedRuns(store, runs)
  store.close()
}
