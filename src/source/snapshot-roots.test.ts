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
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { disturbed, type Parsed, texts } from '../../test/world/folder-reader.ts'
import { sha256 } from '../lib/names.ts'
import type { KnownFile } from './file-reader.ts'
import { type Files, systemFiles } from './files.ts'
import { type Snapshot, SnapshotReader } from './snapshot.ts'

let base: string
let clock: FakeClock

/** What the reader was told to know. */
let known: Map<string, KnownFile>

beforeEach(() => {
  // Without links above it, so that paths can be compared.
  base = mkdtempSync(join(realpathSync(tmpdir()), 'capstan-snapshot-'))
  // Everything in these folders was written long before.
  clock = new FakeClock(Date.now() + 3_600_000)
  known = new Map()
})

afterEach(() => {
  rmSync(base, { recursive: true, force: true })
})

function put(path: string, text: string): void {
  mkdirSync(dirname(join(base, path)), { recursive: true })
  writeFileSync(join(base, path), text)
}

function readerOf(root: string, files: Files = systemFiles): SnapshotReader<Parsed> {
  return new SnapshotReader(join(base, root), {
    files,
    clock,
    arrivals: { arrivedWhole: () => false, forget: () => {} },
    known: (path) => known.get(path),
    wanted: () => false,
    hash: sha256,
    take: async () => {},
    parse: ({ path, stat, hash, bytes }) => ({
      path,
      stat,
      hash,
      text: Buffer.from(bytes).toString(),
    }),
  })
}

/** One look at everything; what it saw is known from then on. */
async function look(reader: SnapshotReader<Parsed>): Promise<Snapshot<Parsed>> {
  const result = await reader.full()
  if (result.type !== 'Taken') throw new Error(`no snapshot: ${JSON.stringify(result)}`)
  for (const { path, stat, hash } of result.snapshot.changed) known.set(path, { stat, hash })
  return result.snapshot
}

/** Looks twice, a settle time apart. */
async function settle(reader: SnapshotReader<Parsed>): Promise<Snapshot<Parsed>> {
  await look(reader)
  await clock.advance(200)
  return look(reader)
}

describe('folders that change as a whole', () => {
  const COMMITS = ['1', '2'].map((digit) => digit.repeat(40))

  function worktree(version: number): void {
    for (const name of ['a', 'sub/b', 'sub/c']) {
      put(`git/${COMMITS[version - 1]}/${name}.yaml`, `v${version}\n`)
    }
    if (version === 2) put(`git/${COMMITS[1]}/d.yaml`, 'v2\n')
  }

  /** As git-sync does: the link flips in one step, and the old work tree goes at once. */
  function flip(): void {
    symlinkSync(COMMITS[1] ?? '', join(base, 'git/new'))
    renameSync(join(base, 'git/new'), join(base, 'git/current'))
    rmSync(join(base, 'git', COMMITS[0] ?? ''), { recursive: true })
  }

  test('git-sync flips its link at any moment of a walk, and no two revisions are mixed', async () => {
    let flips = 0
    for (let at = 1; at < 60; at += 1) {
      rmSync(join(base, 'git'), { recursive: true, force: true })
      known.clear()
      worktree(1)
      worktree(2)
      symlinkSync(COMMITS[0] ?? '', join(base, 'git/current'))
      let armed = false
      const { files } = disturbed(Number.POSITIVE_INFINITY, () => {})
      let calls = 0
      const counting: Files = {
        ...files,
        lstat(path) {
          calls += armed ? 1 : 0
          if (calls === at && armed) {
            armed = false
            flips += 1
            flip()
          }
          return files.lstat(path)
        },
      }
      const reader = readerOf('git/current', counting)
      expect(Object.values(texts(await settle(reader)))).toEqual(['v1\n', 'v1\n', 'v1\n'])
      armed = true
      const snapshot = await look(reader)
      const seen = [...snapshot.seen].toSorted()
      const changed = Object.values(texts(snapshot))
      if (changed.length > 0) {
        expect(changed).toEqual(['v2\n', 'v2\n', 'v2\n', 'v2\n'])
        expect(seen).toEqual(['a.yaml', 'd.yaml', 'sub/b.yaml', 'sub/c.yaml'])
      } else expect(seen).toEqual(['a.yaml', 'sub/b.yaml', 'sub/c.yaml'])
      expect(snapshot.complete).toBe(true)
    }
    expect(flips).toBeGreaterThan(10)
  })

  test('a flip needs no settling, a write into the same work tree does', async () => {
    worktree(1)
    worktree(2)
    symlinkSync(COMMITS[0] ?? '', join(base, 'git/current'))
    const reader = readerOf('git/current')
    await settle(reader)
    flip()
    expect(Object.keys(texts(await look(reader))).length).toBe(4)
    put(`git/${COMMITS[1]}/a.yaml`, 'edited\n')
    const snapshot = await look(reader)
    expect(texts(snapshot)).toEqual({})
    expect(snapshot.waitMs).toBe(200)
  })

  test('a folder behind a link that flips is as good as the link itself', async () => {
    worktree(1)
    worktree(2)
    symlinkSync(COMMITS[0] ?? '', join(base, 'git/current'))
    const reader = readerOf('git/current/sub')
    await settle(reader)
    const before = await look(reader)
    expect(before.root).toMatchObject({ layout: 'Link', turn: join(base, 'git/current') })
    expect(before.root.commit).toBe(COMMITS[0])
    flip()
    const after = await look(reader)
    expect(texts(after)).toEqual({ 'b.yaml': 'v2\n', 'c.yaml': 'v2\n' })
    expect(after.root.identity).toBe(before.root.identity)
    expect(after.root.commit).toBe(COMMITS[1])
  })

  test('a folder behind a link to somewhere else changes file by file', async () => {
    put('disk/m/a.yaml', 'v1\n')
    mkdirSync(join(base, 'home'))
    symlinkSync(join(base, 'disk'), join(base, 'home/data'))
    const { root } = await settle(readerOf('home/data/m'))
    expect(root).toMatchObject({ layout: 'Directory', turn: join(base, 'home/data/m') })
  })

  test('a ConfigMap volume is one revision, and its flip needs no settling', async () => {
    for (const version of [1, 2]) {
      put(`cm/..2026_0${version}/a.yaml`, `v${version}\n`)
      put(`cm/..2026_0${version}/b.yaml`, `v${version}\n`)
    }
    symlinkSync('..2026_01', join(base, 'cm/..data'))
    for (const name of ['a.yaml', 'b.yaml']) symlinkSync(`..data/${name}`, join(base, 'cm', name))
    const reader = readerOf('cm')
    const first = await look(reader)
    expect(first.root.layout).toBe('ConfigMap')
    expect(texts(first)).toEqual({ 'a.yaml': 'v1\n', 'b.yaml': 'v1\n' })
    expect(first.problems).toEqual([])
    symlinkSync('..2026_02', join(base, 'cm/..data_tmp'))
    renameSync(join(base, 'cm/..data_tmp'), join(base, 'cm/..data'))
    rmSync(join(base, 'cm/..2026_01'), { recursive: true })
    expect(texts(await look(reader))).toEqual({ 'a.yaml': 'v2\n', 'b.yaml': 'v2\n' })
  })

  test('..data that leads out of the folder is refused', async () => {
    put('elsewhere/a.yaml', 'secret\n')
    mkdirSync(join(base, 'cm'))
    symlinkSync(join(base, 'elsewhere'), join(base, 'cm/..data'))
    const result = await readerOf('cm').full()
    expect(result.type).toBe('Failed')
  })
})

describe('a root that cannot be read', () => {
  test.each([
    { name: 'is not there', make: () => {}, says: /does not exist/ },
    { name: 'is a file', make: () => put('m', 'x'), says: /is not a folder/ },
    {
      name: 'is a link to nowhere',
      make: () => symlinkSync('nowhere', join(base, 'm')),
      says: /does not exist/,
    },
  ])('$name', async ({ make, says }) => {
    make()
    expect(await readerOf('m').full()).toMatchObject({
      type: 'Failed',
      message: expect.stringMatching(says),
    })
  })

  test('goes away at any moment of a walk', async () => {
    for (let at = 1; at < 30; at += 1) {
      known.clear()
      rmSync(join(base, 'm'), { recursive: true, force: true })
      put('m/a.yaml', 'a\n')
      put('m/b.yaml', 'b\n')
      const { files, calls } = disturbed(at, () =>
        rmSync(join(base, 'm'), { recursive: true, force: true }),
      )
      const result = await readerOf('m', files).full()
      if (result.type === 'Taken') {
        const { complete, seen } = result.snapshot
        expect(complete ? seen.size : 2).toBe(2)
      } else expect(calls()).toBeGreaterThanOrEqual(at)
    }
  })
})

test('a root that is replaced at any moment of a walk is read as the one that is there in the end', async () => {
  let replaced = 0
  for (let at = 1; at < 20; at += 1) {
    known.clear()
    for (const name of ['m', 'next']) rmSync(join(base, name), { recursive: true, force: true })
    for (const name of ['a', 'b', 'sub/c']) {
      put(`m/${name}.yaml`, 'old\n')
      put(`next/${name}.yaml`, 'new\n')
    }
    const { files, calls } = disturbed(at, () => {
      renameSync(join(base, 'm'), join(base, 'old'))
      renameSync(join(base, 'next'), join(base, 'm'))
    })
    const { root } = await look(readerOf('m', files))
    expect(root.identity).toBe(`Directory:${systemFiles.lstat(join(base, 'm')).identity}`)
    replaced += calls() >= at ? 1 : 0
    rmSync(join(base, 'old'), { recursive: true, force: true })
  }
  expect(replaced).toBeGreaterThan(10)
})

describe('a git checkout in place', () => {
  test('is waited for while git holds its lock', async () => {
    put('repo/.git/HEAD', '')
    put('repo/m/a.yaml', 'a\n')
    put('repo/.git/index.lock', '')
    const reader = readerOf('repo/m')
    const lock = join(base, 'repo/.git/index.lock')
    expect(await reader.full()).toEqual({ type: 'Busy', lock })
    const ignored = await reader.full(true)
    expect(ignored.type === 'Taken' && ignored.snapshot.lock).toBe(lock)
    rmSync(lock)
    expect((await reader.full()).type).toBe('Taken')
  })

  test('is waited for in a linked work tree too', async () => {
    put('repo/.git/worktrees/w/index.lock', '')
    put('w/.git', `gitdir: ${join(base, 'repo/.git/worktrees/w')}\n`)
    put('w/m/a.yaml', 'a\n')
    expect((await readerOf('w/m').full()).type).toBe('Busy')
  })
})
