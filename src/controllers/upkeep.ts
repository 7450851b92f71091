import type { ObjectKey } from '../kinds/meta.ts'
import type { Part } from '../runtime/manager.ts'
import type { AttemptRow } from '../store/types.ts'
import type { AccountBook } from './accounts.ts'
import type { OutputOfEveryTask } from './attempt-logs.ts'
import type { ChoreDeps } from './chore.ts'
import { createRegisterAhead } from './definition/ahead.ts'
import { createDefinitionCollector } from './definition/controller.ts'
import type { ReadNextDefinition } from './next-definition.ts'
import { createOrphanSweep } from './orphan/controller.ts'
import { createLastLines } from './output/last-lines.ts'
import { createOutputStreaming } from './output/streaming.ts'
import { recoveryUnderWay } from './recovery/record.ts'
import type { DefinitionRegistrar } from './registrar.ts'

export interface UpkeepDeps extends ChoreDeps {
  readonly accounts: AccountBook
  readonly controller: { readonly name: string; readonly instance: string }
  readonly outputOfEveryTask?: OutputOfEveryTask | undefined
  /** Queues the run of an attempt about which something new is known. */
  readonly wake: (attempt: AttemptRow) => void
  readonly registrar: DefinitionRegistrar
  readonly nextDefinition: ReadNextDefinition
  /** Queues a deployment about which something new is known. */
  readonly wakeDeployment: (key: ObjectKey) => void
}

/** What tidies up behind the runs. No run waits for any of it, so it starts last and stops first. */
export function upkeepParts(deps: UpkeepDeps): readonly Part[] {
  return [
    createOutputStreaming(deps),
    createLastLines(deps),
    createRegisterAhead(deps),
    createDefinitionCollector(deps),
    createOrphanSweep({ ...deps, isRecovering: () => recoveryUnderWay(deps.store) !== undefined }),
  ]
}
