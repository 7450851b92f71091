import { mkdirSync, mkdtempSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../src/lib/clock.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { createValidator } from '../../src/manifest/validator.ts'
import { silentLog } from '../../src/runtime/logger.ts'
import { FolderSource } from '../../src/source/controller.ts'
import { systemFiles } from '../../src/source/files.ts'
import { createLoader } from '../../src/source/load.ts'
import { systemWatch } from '../../src/source/watch.ts'
import { openStore, type SqliteStore } from '../../src/store/open.ts'

/**
 * More changes than the kernel keeps events for (16,384), while nobody takes them: the test writes them in one
 * go, in the process of the folder source, so the event loop stands still meanwhile. Real files, real events, a
 * real database.
 */

const FILES = Number(process.env['CAPSTAN_STORM_FILES'] ?? 50_000)

/** Files of one folder: deep enough that each has a watch of its own. */
const PER_FOLDER = 500

/** Far above the measured time; half of it is parsing. */
const PATIENCE_MS = 240_000

let base: string
let store: SqliteStore
let source: FolderSource

beforeEach(() => {
  base = mkdtempSync(join(realpathSync(tmpdir()), 'capstan-storm-'))
  const path = join(base, 'data', 'capstan.db')
  store = openStore({ path, random: systemRandom, nowMs: systemClock.nowMs() })
})

afterEach(async () => {
  await source.stop()
  store.close()
  rmSync(base, { recursive: true, force: true })
})

/** Every file in one go. Some are renamed into place, the others written where they are. */
function writeAll(generation: number): void {
  for (let index = 0; index < FILES; index += 1) {
    const folder = join(base, 'm', `team-${Math.floor(index / PER_FOLDER)}`)
    if (generation === 1 && index % PER_FOLDER === 0) mkdirSync(folder, { recursive: true })
    const path = join(folder, `p${index}.yaml`)
    const text = `apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata: {name: p${index}}\nspec: {concurrencyLimit: ${generation}}\n`
    if (index % 2 === 0) writeFileSync(path, text)
    else {
      writeFileSync(`${path}.tmp`, text)
      renameSync(`${path}.tmp`, path)
    }
  }
}

async function untilApplied(generation: number): Promise<number> {
  const startedMs = performance.now()
  await vi.waitFor(() => expect(applied).toBe(FILES * generation), {
    timeout: PATIENCE_MS,
    interval: 20,
  })
  return Math.round(performance.now() - startedMs) / 1_000
}

/** Objects that were created or changed. */
let applied = 0

test(
  `${FILES} files that change while the event loop stands still are all applied`,
  async () => {
    applied = 0
    store.subscribe((changes) => {
      applied += changes.filter(
        ({ kind, type }) => kind === 'WorkPool' && type !== 'DELETED',
      ).length
    })
    writeAll(1)
    source = new FolderSource({
      root: join(base, 'm'),
      store,
      files: systemFiles,
      clock: systemClock,
      watch: systemWatch,
      log: silentLog,
      loader: createLoader({
        validator: createValidator(),
        defaultNamespace: 'default',
        version: '1',
      }),
      runAnnotations: () => ({}),
    })
    await source.start()
    const coldSeconds = await untilApplied(1)
    // The watches are armed when the first look at everything is over.
    await vi.waitFor(() => expect(store.sources.get(join(base, 'm'))).toBeDefined(), {
      timeout: PATIENCE_MS,
    })
    const startedMs = performance.now()
    writeAll(2)
    const blockedSeconds = Math.round(performance.now() - startedMs) / 1_000
    const stormSeconds = await untilApplied(2)
    console.log(
      `file storm ${JSON.stringify({ files: FILES, applied: applied - FILES, blockedSeconds, appliedAfterSeconds: stormSeconds, coldSeconds })}`,
    )
    const limits = new Map<unknown, number>()
    for (const { name } of store.objects.keys('WorkPool')) {
      const limit = store.objects.get({ kind: 'WorkPool', namespace: 'default', name })?.spec[
        'concurrencyLimit'
      ]
      limits.set(limit, (limits.get(limit) ?? 0) + 1)
    }
    expect([...limits]).toEqual([[2, FILES]])
    expect(source.status()?.problems).toEqual([])
  },
  2 * PATIENCE_MS,
)
