import type { Part } from '../runtime/manager.ts'
import type { AttemptRow } from '../store/types.ts'
import type { AccountBook } from './accounts.ts'
import type { OutputOfEveryTask } from './attempt-logs.ts'
import type { ChoreDeps } from './chore.ts'
import { createDefinitionCollector } from './definition/controller.ts'
import { createOrphanSweep } from './orphan/controller.ts'
import { createLastLines } from './output/last-lines.ts'
import { createOutputStreaming } from './output/streaming.ts'
import { recoveryUnderWay } from './recovery/controller.ts'

export interface UpkeepDeps extends ChoreDeps {
  readonly accounts: AccountBook
  readonly controller: { readonly name: string }
  readonly outputOfEveryTask?: OutputOfEveryTask | undefined
  /** Queues the run of an attempt of which something new is known. */
  readonly wake: (attempt: AttemptRow) => void
}

/** What tidies up behind the runs. No run waits for any of it, so it starts last and stops first. */
export function upkeepParts(deps: UpkeepDeps): readonly Part[] {
  return [
    createOutputStreaming(deps),
    createLastLines(deps),
    createDefinitionCollector(deps),
    createOrphanSweep({ ...deps, isRecovering: () => recoveryUnderWay(deps.store) !== undefined }),
  ]
}
