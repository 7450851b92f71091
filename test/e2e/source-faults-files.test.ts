import {
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Clock } from '../../src/lib/clock.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { createValidator } from '../../src/manifest/validator.ts'
import { silentLog } from '../../src/runtime/logger.ts'
import { FolderSource } from '../../src/source/controller.ts'
import { type Files, systemFiles } from '../../src/source/files.ts'
import { createLoader } from '../../src/source/load.ts'
import { SETTLE_MS, SETTLE_UNFINISHED_MS } from '../../src/source/settle.ts'
import { systemWatch, type WatchDirectory } from '../../src/source/watch.ts'
import type { SqliteStore } from '../../src/store/open.ts'
import { FakeClock } from '../world/fake-clock.ts'
import { MemoryFiles } from '../world/memory-files.ts'
import { seededRandom } from '../world/seeded-random.ts'
import { openTestStore } from '../world/test-store.ts'

const SEED = Number(process.env['CAPSTAN_SEED'] ?? 20_260_115)
const loader = createLoader({
  validator: createValidator(),
  defaultNamespace: 'default',
  version: '1',
})

function aSource(
  root: string,
  ports: { store: SqliteStore; files: Files; clock: Clock; watch: WatchDirectory },
): FolderSource {
  return new FolderSource({ ...ports, root, log: silentLog, loader, runAnnotations: () => ({}) })
}

test('1,000 flips of a link amid walks: no two revisions are ever mixed', async () => {
  const flipsWanted = 1_000
  const count = 20
  /** Of each walk's hundred-odd looks at the file system: most walks are hit, and some come through. */
  const flipChance = 0.008
  const random = seededRandom(SEED)
  const base = mkdtempSync(join(realpathSync(tmpdir()), 'capstan-flips-'))
  const names = Array.from({ length: count }, (_, index) => `p${index}`)
  const store = openTestStore()
  let version = 0
  let amidWalk = 0
  let walks = 0

  const flip = (): void => {
    const before = version
    version += 1
    mkdirSync(join(base, `w${version}`))
    for (const name of names) {
      const text = `apiVersion: capstan.dev/v1\nkind: WorkPool\nmetadata: {name: ${name}}\nspec: {concurrencyLimit: ${version}}\n`
      writeFileSync(join(base, `w${version}`, `${name}.yaml`), text)
    }
    symlinkSync(`w${version}`, join(base, 'next'))
    renameSync(join(base, 'next'), join(base, 'current'))
    // git-sync removes the old work tree at once, or lets it stay for a while.
    if (random.fraction() < 0.5) rmSync(join(base, `w${before}`), { recursive: true, force: true })
  }
  flip()

  const disturb = (): void => {
    if (version >= flipsWanted || random.fraction() >= flipChance) return
    amidWalk += 1
    flip()
  }
  const files: Files = {
    ...systemFiles,
    realpath: (path) => {
      walks += 1
      return systemFiles.realpath(path)
    },
    lstat: (path) => {
      disturb()
      return systemFiles.lstat(path)
    },
    read: (path, limit) => {
      disturb()
      return systemFiles.read(path, limit)
    },
    list: (directory) => {
      disturb()
      return systemFiles.list(directory)
    },
  }
  const limitOf = (name: string): unknown =>
    store.objects.get({ kind: 'WorkPool', namespace: 'default', name })?.spec['concurrencyLimit']
  const applied = new Set<unknown>()
  const mixed: unknown[] = []
  store.subscribe(() => {
    const limits = new Set(names.map(limitOf))
    if (limits.size !== 1) mixed.push([...limits])
    for (const limit of limits) applied.add(limit)
  })

  const root = join(base, 'current')
  const source = aSource(root, { store, files, clock: systemClock, watch: systemWatch })
  while (version < flipsWanted) await source.runOnce()
  await source.runOnce()
  console.log(
    `link flips ${JSON.stringify({ flips: amidWalk, walks, revisionsApplied: applied.size, mixed: mixed.length })}`,
  )
  expect(mixed).toEqual([])
  expect(amidWalk).toBe(flipsWanted - 1)
  expect(names.map(limitOf)).toEqual(names.map(() => flipsWanted))
  expect(applied.size).toBeGreaterThan(100)
  await source.stop()
  store.close()
  rmSync(base, { recursive: true, force: true })
})

/** Runs of different shapes, each of which has prefixes that are whole manifests of something else. */
const MANIFESTS = Array.from({ length: 20 }, (_, index) => {
  const variants = [
    '    cpu: 1024\n    memory: 2048\n',
    '    env:\n      A: "1"\n      B: two words\n      C: "3"\n',
    '    command: ["sh", "-c", "echo one; echo two"]\n',
    '    retry:\n      limit: 12\n      backoff: {initialSeconds: 30, factor: 2}\n',
    '    labels: {team: data, tier: "1"}\n    capacityProviderStrategy:\n      - {capacityProvider: FARGATE_SPOT, weight: 10}\n',
  ]
  const body = [index, index + 1 + Math.floor(index / 5)].map(
    (at) => variants[at % variants.length] ?? '',
  )
  return `apiVersion: capstan.dev/v1\nkind: Run\nmetadata:\n  name: run-${index}\n  labels: {app: storm}\nspec:\n  template:\n    image: busybox:1.36\n${[...new Set(body)].join('')}`
})

/** How long a writer may stop: just less than the rule gives it, within a line and between two. */
const MARGIN_MS = 20

test('a writer that stops at every byte of 20 manifests: no part of one is ever applied', async () => {
  const root = '/srv/manifests'
  const clock = new FakeClock()
  const files = new MemoryFiles(clock)
  const store = openTestStore()
  files.mkdir(root)
  const source = aSource(root, { store, files, clock, watch: files.watch })
  let changes = 0
  store.subscribe((batch) => {
    changes += batch.filter(({ kind }) => kind === 'Run').length
  })
  await source.start()
  await clock.advance(2_000)

  // From here on nothing changes: the same bytes come again and again, with a stop in between.
  for (const [index, text] of MANIFESTS.entries()) files.write(`${root}/run-${index}.yaml`, text)
  await clock.advance(5_000)
  expect(changes).toBe(MANIFESTS.length)
  changes = 0
  const longest = Math.max(...MANIFESTS.map((text) => text.length))
  let stops = 0
  for (let at = 0; at < longest; at += 1) {
    for (const [index, text] of MANIFESTS.entries()) {
      if (at >= text.length) continue
      const path = `${root}/run-${index}.yaml`
      const endsLine = text.charAt(at - 1) === '\n' || /[}\]]/.test(text.charAt(at - 1))
      files.write(path, text.slice(0, at))
      const pauseMs = (endsLine ? SETTLE_MS : SETTLE_UNFINISHED_MS) - MARGIN_MS
      clock.after(pauseMs, () => files.append(path, text.slice(at)))
      stops += 1
    }
    await clock.advance(SETTLE_UNFINISHED_MS + 2_000)
  }
  console.log(
    `half-written files ${JSON.stringify({ manifests: MANIFESTS.length, stops, partial: changes })}`,
  )
  expect(stops).toBe(MANIFESTS.reduce((sum, text) => sum + text.length, 0))
  expect(changes).toBe(0)
  expect(source.status()?.problems).toEqual([])
  await source.stop()
  store.close()
})
