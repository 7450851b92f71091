import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { FakeClock } from '../../test/world/fake-clock.ts'
import { MemoryFiles } from '../../test/world/memory-files.ts'
import { FolderWatch, systemWatch, type WatchDirectory } from './watch.ts'

/** A bound on hangs, not on speed. */
const PATIENCE = { timeout: 30_000, interval: 1 }

/** Every operation that the tests of both file systems need. */
interface Folder {
  readonly root: string
  readonly watch: WatchDirectory
  write(path: string, text: string): void
  append(path: string, text: string): void
  rename(from: string, to: string): void
  remove(path: string): void
  mkdir(path: string): void
  symlink(target: string, path: string): void
  close(): void
}

function realFolder(): Folder {
  const base = mkdtempSync(join(realpathSync(tmpdir()), 'capstan-watch-'))
  mkdirSync(join(base, 'm'))
  return {
    root: join(base, 'm'),
    watch: systemWatch,
    write: (path, text) => writeFileSync(path, text),
    append: (path, text) => appendFileSync(path, text),
    rename: (from, to) => renameSync(from, to),
    remove: (path) => rmSync(path, { recursive: true }),
    mkdir(path) {
      mkdirSync(path)
    },
    symlink: (target, path) => symlinkSync(target, path),
    close: () => rmSync(base, { recursive: true, force: true }),
  }
}

/** Its clock runs by itself, so that both are waited for in the same way. */
function memoryFolder(): Folder {
  const clock = new FakeClock()
  const files = new MemoryFiles(clock)
  files.mkdir('/base/m')
  const running = setInterval(() => clock.advanceSync(1), 1)
  return {
    root: '/base/m',
    watch: files.watch,
    write: (path, text) => files.write(path, text),
    append: (path, text) => files.append(path, text),
    rename: (from, to) => files.rename(from, to),
    remove: (path) => files.remove(path),
    mkdir: (path) => files.mkdir(path),
    symlink: (target, path) => files.symlink(target, path),
    close: () => clearInterval(running),
  }
}

describe.each([
  { name: 'the real file system', make: realFolder },
  { name: 'the one in memory', make: memoryFolder },
])('$name', ({ make }) => {
  let folder: Folder
  let watch: FolderWatch
  /** Paths below the root that were woken for; `*` for everything. */
  let wakes: Set<string>

  beforeEach(() => {
    folder = make()
    wakes = new Set()
    watch = new FolderWatch({
      root: folder.root,
      watch: folder.watch,
      onWake: (path) => wakes.add(path === undefined ? '*' : path.slice(folder.root.length + 1)),
      onError: () => wakes.add('error'),
    })
    watch.arm('first', [folder.root])
  })

  afterEach(() => {
    watch.stop()
    folder.close()
  })

  function at(name: string): string {
    return join(folder.root, name)
  }

  /** Waits for the events of everything before: a mark written now comes after them. */
  async function drain(): Promise<void> {
    folder.write(at('mark.yaml'), 'x')
    await vi.waitFor(() => expect(wakes).toContain('mark.yaml'), PATIENCE)
    await vi.waitFor(() => expect(watch.arrivedWhole(at('mark.yaml'))).toBe(false), PATIENCE)
    wakes.delete('mark.yaml')
    watch.forget(at('mark.yaml'))
  }

  test('a file that is written in place did not arrive whole', async () => {
    folder.write(at('a.yaml'), 'a')
    await drain()
    expect([...wakes]).toEqual(['a.yaml'])
    expect(watch.arrivedWhole(at('a.yaml'))).toBe(false)
  })

  test('a file that is renamed into place did', async () => {
    folder.write(at('.a.tmp'), 'a')
    folder.rename(at('.a.tmp'), at('a.yaml'))
    await drain()
    expect([...wakes]).toEqual(['a.yaml'])
    expect(watch.arrivedWhole(at('a.yaml'))).toBe(true)
  })

  test('also over one that was there, and from another folder', async () => {
    folder.write(at('a.yaml'), 'old')
    folder.write(`${folder.root}-outside`, 'new')
    await drain()
    watch.forget(at('a.yaml'))
    folder.rename(`${folder.root}-outside`, at('a.yaml'))
    await drain()
    expect(watch.arrivedWhole(at('a.yaml'))).toBe(true)
  })

  test('a write after the rename takes that back', async () => {
    folder.write(at('.a.tmp'), 'a')
    folder.rename(at('.a.tmp'), at('a.yaml'))
    folder.append(at('a.yaml'), 'b')
    await drain()
    expect(watch.arrivedWhole(at('a.yaml'))).toBe(false)
  })

  test('a write to a file that was read does not count as an arrival', async () => {
    folder.write(at('.a.tmp'), 'a')
    folder.rename(at('.a.tmp'), at('a.yaml'))
    await drain()
    watch.forget(at('a.yaml'))
    folder.append(at('a.yaml'), 'b')
    await drain()
    expect(watch.arrivedWhole(at('a.yaml'))).toBe(false)
  })

  test('after a burst that may have lost events nothing counts as whole', async () => {
    folder.write(at('.a.tmp'), 'a')
    folder.rename(at('.a.tmp'), at('a.yaml'))
    for (let index = 0; index < 1_200; index += 1) {
      if (index % 2 === 0) folder.write(at('.noise'), 'x')
      else folder.remove(at('.noise'))
    }
    await drain()
    expect(watch.arrivedWhole(at('a.yaml'))).toBe(false)
    watch.endBurst()
    folder.write(at('.b.tmp'), 'b')
    folder.rename(at('.b.tmp'), at('b.yaml'))
    await drain()
    expect(watch.arrivedWhole(at('b.yaml'))).toBe(true)
  })

  test('what is no manifest wakes nobody, unless it may be a folder', async () => {
    folder.write(at('.hidden.yaml'), 'x')
    folder.write(at('notes.tmp'), 'x')
    await drain()
    expect([...wakes]).toEqual([])
    folder.mkdir(at('team'))
    await drain()
    expect([...wakes]).toEqual(['*'])
  })

  test('removing a file wakes for it', async () => {
    folder.write(at('a.yaml'), 'a')
    await drain()
    wakes.clear()
    folder.remove(at('a.yaml'))
    await drain()
    expect([...wakes]).toEqual(['a.yaml'])
  })

  test('neighbours of the root wake nobody', async () => {
    folder.write(`${folder.root}-beside.yaml`, 'x')
    await drain()
    expect([...wakes]).toEqual([])
  })

  test('a root that is replaced wakes for everything, and is watched again when armed', async () => {
    folder.rename(folder.root, `${folder.root}-old`)
    folder.mkdir(folder.root)
    await vi.waitFor(() => expect(wakes).toContain('*'), PATIENCE)
    // The old watch is gone when its own event is in; until then arming finds nothing to do.
    await vi.waitFor(() => expect(watch.arm('first', [folder.root])).toBe(true), PATIENCE)
    await drain()
    folder.write(at('a.yaml'), 'a')
    await drain()
    expect(wakes).toContain('a.yaml')
  })

  test('another place makes every watch anew', () => {
    expect(watch.arm('first', [folder.root])).toBe(false)
    expect(watch.arm('second', [folder.root])).toBe(true)
  })

  test('the flip of a root that is a link wakes for everything', async () => {
    const link = `${folder.root}-link`
    folder.symlink(folder.root, link)
    const flips: (string | undefined)[] = []
    const linked = new FolderWatch({
      root: link,
      watch: folder.watch,
      onWake: (path) => flips.push(path),
      onError: () => {},
    })
    linked.arm('first', [folder.root])
    folder.symlink('elsewhere', `${link}.new`)
    folder.rename(`${link}.new`, link)
    await vi.waitFor(() => expect(flips).toContain(undefined), PATIENCE)
    linked.stop()
  })

  test('the flip of ..data wakes for everything', async () => {
    folder.symlink('..1', at('..data'))
    await drain()
    expect([...wakes]).toEqual(['*'])
  })
})

test('changing the mode of a file that arrived takes its arrival back', async () => {
  const folder = realFolder()
  const seen: (string | undefined)[] = []
  const watch = new FolderWatch({
    root: folder.root,
    watch: systemWatch,
    onWake: (path) => seen.push(path),
    onError: () => {},
  })
  watch.arm('first', [folder.root])
  const path = join(folder.root, 'a.yaml')
  folder.write(join(folder.root, '.a'), 'a')
  folder.rename(join(folder.root, '.a'), path)
  await vi.waitFor(() => expect(watch.arrivedWhole(path)).toBe(true), PATIENCE)
  chmodSync(path, 0o600)
  await vi.waitFor(() => expect(watch.arrivedWhole(path)).toBe(false), PATIENCE)
  unlinkSync(path)
  watch.stop()
  folder.close()
})

test('a folder that cannot be watched is reported, and the others are watched', () => {
  const failed: string[] = []
  const opened: string[] = []
  const watch = new FolderWatch({
    root: '/srv/m',
    watch: (directory) => {
      if (directory.endsWith('/closed')) throw new Error('ENOSPC')
      opened.push(directory)
      return () => {}
    },
    onWake: () => {},
    onError: (directory) => failed.push(directory),
  })
  expect(watch.arm('place', ['/srv/m', '/srv/m/closed', '/srv/m/open'])).toBe(true)
  expect(failed).toEqual(['/srv/m/closed'])
  expect(opened).toEqual(['/srv', '/srv/m', '/srv/m/open'])
})
