import { createAccountBook } from '../../src/controllers/accounts.ts'
import { createRecovery } from '../../src/controllers/recovery/controller.ts'
import { type Evidence, judgeDatabase } from '../../src/controllers/recovery/decide.ts'
import { annotationsInRecovery } from '../../src/controllers/recovery/record.ts'
import { settleDatabase } from '../../src/controllers/recovery/settle.ts'
import { renderKey } from '../../src/kinds/meta.ts'
import { silentLog } from '../../src/runtime/logger.ts'
import type { Part } from '../../src/runtime/manager.ts'
import { approvePrune } from '../../src/source/approval.ts'
import { FolderSource } from '../../src/source/controller.ts'
import { createLoader } from '../../src/source/load.ts'
import type { Store } from '../../src/store/types.ts'
import type { Life } from './life.ts'
import { MemoryFiles } from './memory-files.ts'
import { seededRandom } from './seeded-random.ts'
import { validator } from './validator.ts'
import type { World } from './world.ts'

const ROOT = '/srv/manifests'

/** The folder that the controller of a scenario follows, and the identity file beside its database. */
export interface Folder {
  /** Makes the folder with the scenario's files. */
  open(): void
  /** Writes a file as careful writers do. */
  write(name: string, text: string): void
  remove(...names: readonly string[]): void
  /** `capstan approve`: lets go what the folder holds back. */
  approve(): void
  /** Compares the database with the identity file, as every start does. */
  readonly prelude: (life: Life) => void
  /** The folder source, and recovery. */
  readonly companions: (life: Life) => readonly Part[]
  end(store: Store): { readonly owned: readonly string[]; readonly held: unknown }
}

const loader = createLoader({
  validator,
  defaultNamespace: 'default',
  version: '1',
})

export function folderOf(
  texts: Readonly<Record<string, string>> | undefined,
  world: () => World,
): Folder {
  let files: MemoryFiles | undefined
  let source: FolderSource | undefined
  let identity: Evidence['file']
  const opened = (): MemoryFiles => {
    files ??= new MemoryFiles(world().clock)
    return files
  }

  function sourceOf(life: Life): FolderSource {
    return new FolderSource({
      root: ROOT,
      store: life.store,
      files: opened(),
      clock: life.clock,
      watch: opened().watch,
      log: silentLog,
      loader,
      runAnnotations: () => annotationsInRecovery(life.store),
    })
  }

  return {
    open() {
      if (texts === undefined) return
      opened().mkdir(ROOT)
      for (const [name, text] of Object.entries(texts)) opened().replace(`${ROOT}/${name}`, text)
    },
    write: (name, text) => opened().replace(`${ROOT}/${name}`, text),
    remove(...names) {
      for (const name of names) opened().remove(`${ROOT}/${name}`)
    },
    approve() {
      if (approvePrune(world().store, ROOT)) source?.wake()
    },
    prelude(life) {
      const { identity: own } = life.store
      const database = { instanceId: own.instanceId(), epoch: own.epoch(), launches: 0 }
      const evidence = { database, file: identity, log: undefined, mayHaveRun: false }
      if (judgeDatabase(evidence).type === 'Recover') {
        life.store.transaction(() => settleDatabase(life.store, evidence))
      }
      if (!life.isOver) identity = { instanceId: own.instanceId(), epoch: database.epoch + 1 }
    },
    companions(life) {
      const own = sourceOf(life)
      source = own
      const recovery = createRecovery({
        store: life.store,
        clock: life.clock,
        random: seededRandom(1),
        log: silentLog,
        accounts: createAccountBook(life.store, life.aws),
        controller: {
          name: 'default',
          epoch: life.store.identity.epoch(),
          instance: life.store.identity.instanceId(),
        },
        foldersRead: () => isSettled(own),
        templateOf: () => ({}),
      })
      return [own, recovery]
    },
    end(store) {
      const owned = store.sources.objects(ROOT).map(renderKey).toSorted()
      return { owned, held: store.sources.get(ROOT)?.held }
    },
  }
}

function isSettled(source: FolderSource): boolean {
  const report = source.status()
  return report?.ok === true && Object.keys(report.next).length === 0 && report.waiting.length === 0
}
