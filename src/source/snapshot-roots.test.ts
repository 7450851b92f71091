import { mkdirSync, renameSync, rmSync, symlinkSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { disturbed, texts } from '../../test/world/folder-reader.ts'
import { SnapshotFolder } from '../../test/world/snapshot-folder.ts'
import { type Files, systemFiles } from './files.ts'

let folder: SnapshotFolder

beforeEach(() => {
  folder = new SnapshotFolder()
})

afterEach(() => folder.remove())

describe('folders that change as a whole', () => {
  const COMMITS = ['1', '2'].map((digit) => digit.repeat(40))

  function worktree(version: number): void {
    for (const name of ['a', 'sub/b', 'sub/c']) {
      folder.put(`git/${COMMITS[version - 1]}/${name}.yaml`, `v${version}\n`)
    }
    if (version === 2) folder.put(`git/${COMMITS[1]}/d.yaml`, 'v2\n')
  }

  /** As git-sync does: the link flips in one step, and the old work tree goes at once. */
  function flip(): void {
    symlinkSync(COMMITS[1] ?? '', folder.path('git/new'))
    renameSync(folder.path('git/new'), folder.path('git/current'))
    rmSync(folder.path('git', COMMITS[0] ?? ''), { recursive: true })
  }

  test('git-sync flips its link at any moment of a walk, and no two revisions are mixed', async () => {
    let flips = 0
    for (let at = 1; at < 60; at += 1) {
      rmSync(folder.path('git'), { recursive: true, force: true })
      folder.known.clear()
      worktree(1)
      worktree(2)
      symlinkSync(COMMITS[0] ?? '', folder.path('git/current'))
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
      const reader = folder.readerOf('git/current', counting)
      expect(Object.values(texts(await folder.settle(reader)))).toEqual(['v1\n', 'v1\n', 'v1\n'])
      armed = true
      const snapshot = await folder.look(reader)
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
    symlinkSync(COMMITS[0] ?? '', folder.path('git/current'))
    const reader = folder.readerOf('git/current')
    await folder.settle(reader)
    flip()
    expect(Object.keys(texts(await folder.look(reader))).length).toBe(4)
    folder.put(`git/${COMMITS[1]}/a.yaml`, 'edited\n')
    const snapshot = await folder.look(reader)
    expect(texts(snapshot)).toEqual({})
    expect(snapshot.waitMs).toBe(200)
  })

  test('a folder behind a link that flips is as good as the link itself', async () => {
    worktree(1)
    worktree(2)
    symlinkSync(COMMITS[0] ?? '', folder.path('git/current'))
    const reader = folder.readerOf('git/current/sub')
    await folder.settle(reader)
    const before = await folder.look(reader)
    expect(before.root).toMatchObject({ layout: 'Link', turn: folder.path('git/current') })
    expect(before.root.commit).toBe(COMMITS[0])
    flip()
    const after = await folder.look(reader)
    expect(texts(after)).toEqual({ 'b.yaml': 'v2\n', 'c.yaml': 'v2\n' })
    expect(after.root.identity).toBe(before.root.identity)
    expect(after.root.commit).toBe(COMMITS[1])
  })

  test('a folder behind a link to somewhere else changes file by file', async () => {
    folder.put('disk/m/a.yaml', 'v1\n')
    mkdirSync(folder.path('home'))
    symlinkSync(folder.path('disk'), folder.path('home/data'))
    const { root } = await folder.settle(folder.readerOf('home/data/m'))
    expect(root).toMatchObject({ layout: 'Directory', turn: folder.path('home/data/m') })
  })

  test('a ConfigMap volume is one revision, and its flip needs no settling', async () => {
    for (const version of [1, 2]) {
      folder.put(`cm/..2026_0${version}/a.yaml`, `v${version}\n`)
      folder.put(`cm/..2026_0${version}/b.yaml`, `v${version}\n`)
    }
    symlinkSync('..2026_01', folder.path('cm/..data'))
    for (const name of ['a.yaml', 'b.yaml']) symlinkSync(`..data/${name}`, folder.path('cm', name))
    const reader = folder.readerOf('cm')
    const first = await folder.look(reader)
    expect(first.root.layout).toBe('ConfigMap')
    expect(texts(first)).toEqual({ 'a.yaml': 'v1\n', 'b.yaml': 'v1\n' })
    expect(first.problems).toEqual([])
    symlinkSync('..2026_02', folder.path('cm/..data_tmp'))
    renameSync(folder.path('cm/..data_tmp'), folder.path('cm/..data'))
    rmSync(folder.path('cm/..2026_01'), { recursive: true })
    expect(texts(await folder.look(reader))).toEqual({ 'a.yaml': 'v2\n', 'b.yaml': 'v2\n' })
  })

  test('..data that leads out of the folder is refused', async () => {
    folder.put('elsewhere/a.yaml', 'secret\n')
    mkdirSync(folder.path('cm'))
    symlinkSync(folder.path('elsewhere'), folder.path('cm/..data'))
    const result = await folder.readerOf('cm').full()
    expect(result.type).toBe('Failed')
  })
})

describe('a root that cannot be read', () => {
  test.each([
    { name: 'is not there', make: () => {}, says: /does not exist/ },
    { name: 'is a file', make: () => folder.put('m', 'x'), says: /is not a folder/ },
    {
      name: 'is a link to nowhere',
      make: () => symlinkSync('nowhere', folder.path('m')),
      says: /does not exist/,
    },
  ])('$name', async ({ make, says }) => {
    make()
    expect(await folder.readerOf('m').full()).toMatchObject({
      type: 'Failed',
      message: expect.stringMatching(says),
    })
  })

  test('goes away at any moment of a walk', async () => {
    for (let at = 1; at < 30; at += 1) {
      folder.known.clear()
      rmSync(folder.path('m'), { recursive: true, force: true })
      folder.put('m/a.yaml', 'a\n')
      folder.put('m/b.yaml', 'b\n')
      const { files, calls } = disturbed(at, () =>
        rmSync(folder.path('m'), { recursive: true, force: true }),
      )
      const result = await folder.readerOf('m', files).full()
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
    folder.known.clear()
    for (const name of ['m', 'next']) rmSync(folder.path(name), { recursive: true, force: true })
    for (const name of ['a', 'b', 'sub/c']) {
      folder.put(`m/${name}.yaml`, 'old\n')
      folder.put(`next/${name}.yaml`, 'new\n')
    }
    const { files, calls } = disturbed(at, () => {
      renameSync(folder.path('m'), folder.path('old'))
      renameSync(folder.path('next'), folder.path('m'))
    })
    const { root } = await folder.look(folder.readerOf('m', files))
    expect(root.identity).toBe(`Directory:${systemFiles.lstat(folder.path('m')).identity}`)
    replaced += calls() >= at ? 1 : 0
    rmSync(folder.path('old'), { recursive: true, force: true })
  }
  expect(replaced).toBeGreaterThan(10)
})

describe('a git checkout in place', () => {
  test('is waited for while git holds its lock', async () => {
    folder.put('repo/.git/HEAD', '')
    folder.put('repo/m/a.yaml', 'a\n')
    folder.put('repo/.git/index.lock', '')
    const reader = folder.readerOf('repo/m')
    const lock = folder.path('repo/.git/index.lock')
    expect(await reader.full()).toEqual({ type: 'Busy', lock })
    const ignored = await reader.full(true)
    expect(ignored.type === 'Taken' && ignored.snapshot.lock).toBe(lock)
    rmSync(lock)
    expect((await reader.full()).type).toBe('Taken')
  })

  test('is waited for in a linked work tree too', async () => {
    folder.put('repo/.git/worktrees/w/index.lock', '')
    folder.put('w/.git', `gitdir: ${folder.path('repo/.git/worktrees/w')}\n`)
    folder.put('w/m/a.yaml', 'a\n')
    expect((await folder.readerOf('w/m').full()).type).toBe('Busy')
  })
})
