import { execFileSync } from 'node:child_process'
import { chmodSync, linkSync, rmSync, symlinkSync, truncateSync, utimesSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { disturbed, texts } from '../../test/world/folder-reader.ts'
import { SnapshotFolder } from '../../test/world/snapshot-folder.ts'
import { sha256 } from '../lib/names.ts'
import { type Files, systemFiles } from './files.ts'
import { SnapshotReader } from './snapshot.ts'

let folder: SnapshotFolder

beforeEach(() => {
  folder = new SnapshotFolder()
})

afterEach(() => folder.remove())

describe('a plain folder', () => {
  test('a file counts when two reads 200 ms apart agree', async () => {
    folder.put('m/a.yaml', 'a\n')
    const reader = folder.readerOf('m')
    const first = await folder.look(reader)
    expect(texts(first)).toEqual({})
    expect([...first.seen]).toEqual(['a.yaml'])
    expect(first.waitMs).toBe(200)
    await folder.clock.advance(200)
    expect(texts(await folder.look(reader))).toEqual({ 'a.yaml': 'a\n' })
    expect(texts(await folder.look(reader))).toEqual({})
  })

  test('a writer that pauses at every byte is never read half', async () => {
    const text = 'kind: Run\nspec:\n  cancel: true\n'
    folder.put('m/a.yaml', '')
    const reader = folder.readerOf('m')
    for (let length = 1; length <= text.length; length += 1) {
      folder.put('m/a.yaml', text.slice(0, length))
      expect(texts(await folder.look(reader))).toEqual({})
      await folder.clock.advance(190)
      expect(texts(await folder.look(reader))).toEqual({})
    }
    await folder.clock.advance(200)
    expect(texts(await folder.look(reader))).toEqual({ 'a.yaml': text })
  })

  test('text that stops within a line is given a second', async () => {
    folder.put('m/a.yaml', 'kind: Ru')
    const reader = folder.readerOf('m')
    expect((await folder.look(reader)).waitMs).toBe(1_000)
    await folder.clock.advance(900)
    expect(texts(await folder.look(reader))).toEqual({})
    await folder.clock.advance(100)
    expect(texts(await folder.look(reader))).toEqual({ 'a.yaml': 'kind: Ru' })
  })

  test('content is noticed behind a restored mtime and an equal size', async () => {
    folder.put('m/a.yaml', 'one\n')
    const reader = folder.readerOf('m')
    const long = new Date(0)
    utimesSync(folder.path('m/a.yaml'), long, long)
    await folder.settle(reader)
    folder.put('m/a.yaml', 'two\n')
    utimesSync(folder.path('m/a.yaml'), long, long)
    expect(texts(await folder.settle(reader))).toEqual({ 'a.yaml': 'two\n' })
  })

  test('a file whose times are younger than 2 s is read again, and then trusted', async () => {
    folder.remove()
    folder = new SnapshotFolder(Date.now())
    folder.put('m/a.yaml', 'one\n')
    const reader = folder.readerOf('m')
    const file = (await folder.settle(reader)).changed.at(0)
    expect(file?.stat).toBe('')
    await folder.clock.advance(5_000)
    const { restated } = await folder.look(reader)
    expect(restated.map(({ path, hash }) => ({ path, hash }))).toEqual([
      { path: 'a.yaml', hash: file?.hash },
    ])
    expect(restated.at(0)?.stat).not.toBe('')
  })

  test('touching a file changes nothing but its stat', async () => {
    folder.put('m/a.yaml', 'one\n')
    const reader = folder.readerOf('m')
    await folder.settle(reader)
    utimesSync(folder.path('m/a.yaml'), 5, 5)
    const { changed, restated } = await folder.look(reader)
    expect(changed).toEqual([])
    expect(restated.map(({ path }) => path)).toEqual(['a.yaml'])
  })

  test('only manifests are looked at, at any depth', async () => {
    const names = ['a.yaml', 'b.yml', 'c.json', 'sub/deep/d.yaml', 'team.yaml/e.yaml']
    const others = [
      '.hidden.yaml',
      '.#a.yaml',
      'a.yaml~',
      'a.yaml.tmp',
      '4913',
      '#a.yaml#',
      'notes.txt',
      '.git/config.yaml',
      'sub/.cache/x.yaml',
      'old.bak/x.yaml',
      'a.yaml.swp',
    ]
    for (const name of [...names, ...others]) folder.put(`m/${name}`, 'x\n')
    const snapshot = await folder.settle(folder.readerOf('m'))
    expect(Object.keys(texts(snapshot)).toSorted()).toEqual(names.toSorted())
    expect(snapshot.problems).toEqual([])
    expect(snapshot.complete).toBe(true)
  })

  test('what is no regular file is reported and keeps nothing else from being read', async () => {
    folder.put('outside.yaml', 'secret\n')
    folder.put('m/good.yaml', 'good\n')
    folder.put('elsewhere/x.yaml', 'secret\n')
    execFileSync('sh', ['-c', 'mkfifo "$0"', folder.path('m/fifo.yaml')])
    symlinkSync(folder.path('outside.yaml'), folder.path('m/link-out.yaml'))
    symlinkSync('good.yaml', folder.path('m/link-in.yaml'))
    symlinkSync(folder.path('elsewhere'), folder.path('m/folder'))
    symlinkSync('loop.yaml', folder.path('m/loop.yaml'))
    const snapshot = await folder.settle(folder.readerOf('m'))
    expect(texts(snapshot)).toEqual({ 'good.yaml': 'good\n' })
    expect(snapshot.problems.map(({ code, file }) => `${code} ${file}`).toSorted()).toEqual([
      'NotRegular fifo.yaml',
      'SymbolicLink link-in.yaml',
      'SymbolicLink link-out.yaml',
      'SymbolicLink loop.yaml',
    ])
    expect(snapshot.complete).toBe(true)
    expect(snapshot.seen.has('fifo.yaml')).toBe(true)
  })

  test('a file of 5 MB is reported and not read', async () => {
    folder.put('m/good.yaml', 'good\n')
    folder.put('m/huge.yaml', '')
    truncateSync(folder.path('m/huge.yaml'), 5 * 1_024 ** 2)
    const snapshot = await folder.settle(folder.readerOf('m'))
    expect(texts(snapshot)).toEqual({ 'good.yaml': 'good\n' })
    expect(snapshot.problems).toMatchObject([{ code: 'FileTooLarge', file: 'huge.yaml' }])
    expect(snapshot.seen.has('huge.yaml')).toBe(true)
  })

  // Root may read everything, so there is nothing to see.
  test.skipIf(process.getuid?.() === 0)('what may not be read is reported', async () => {
    folder.put('m/good.yaml', 'good\n')
    folder.put('m/closed.yaml', 'x\n')
    folder.put('m/sub/x.yaml', 'x\n')
    chmodSync(folder.path('m/closed.yaml'), 0)
    chmodSync(folder.path('m/sub'), 0)
    const snapshot = await folder.settle(folder.readerOf('m'))
    chmodSync(folder.path('m/sub'), 0o700)
    expect(texts(snapshot)).toEqual({ 'good.yaml': 'good\n' })
    expect(snapshot.problems.map(({ file }) => file).toSorted()).toEqual(['closed.yaml', 'sub'])
    expect(snapshot.complete).toBe(false)
  })

  test('what may not be read is reported, whoever asks', async () => {
    folder.put('m/good.yaml', 'good\n')
    folder.put('m/closed.yaml', 'x\n')
    folder.put('m/sub/x.yaml', 'x\n')
    const refuse = (path: string): Error =>
      Object.assign(new Error(`EACCES: ${path}`), { code: 'EACCES' })
    const files: Files = {
      ...systemFiles,
      list(path) {
        if (path.endsWith('/sub')) throw refuse(path)
        return systemFiles.list(path)
      },
      read(path, limit) {
        if (path.endsWith('/closed.yaml')) throw refuse(path)
        return systemFiles.read(path, limit)
      },
    }
    const snapshot = await folder.settle(folder.readerOf('m', files))
    expect(texts(snapshot)).toEqual({ 'good.yaml': 'good\n' })
    expect(snapshot.problems.map(({ file }) => file).toSorted()).toEqual(['closed.yaml', 'sub'])
    expect(snapshot.complete).toBe(false)
  })

  test('a folder that is swapped for a link while it is read gives nothing away', async () => {
    folder.put('outside/x.yaml', 'secret\n')
    folder.put('m/sub/x.yaml', 'good\n')
    const swap = (): void => {
      rmSync(folder.path('m/sub'), { recursive: true, force: true })
      symlinkSync(folder.path('outside'), folder.path('m/sub'))
    }
    for (let at = 1; at < 40; at += 1) {
      rmSync(folder.path('m'), { recursive: true, force: true })
      folder.put('m/sub/x.yaml', 'good\n')
      folder.known.clear()
      const { files } = disturbed(at, swap)
      const reader = folder.readerOf('m', files)
      for (let looks = 0; looks < 3; looks += 1) {
        const result = await reader.full()
        if (result.type === 'Taken') {
          expect(result.snapshot.changed.map(({ text }) => text)).not.toContain('secret\n')
        }
        await folder.clock.advance(200)
      }
    }
  })

  test('what vanishes during the walk makes it start again, and in the end incomplete', async () => {
    folder.put('m/a.yaml', 'a\n')
    folder.put('m/b.yaml', 'b\n')
    await folder.settle(folder.readerOf('m'))
    const ghost: Files = {
      ...systemFiles,
      *list(path) {
        yield* systemFiles.list(path)
        yield [{ name: 'ghost.yaml', type: 'File' }]
      },
    }
    const snapshot = await folder.settle(folder.readerOf('m', ghost))
    expect(snapshot.complete).toBe(false)
    expect([...snapshot.seen].toSorted()).toEqual(['a.yaml', 'b.yaml'])
  })

  test('single files can be looked at, once the folder was seen whole', async () => {
    folder.put('m/a.yaml', 'a\n')
    const reader = folder.readerOf('m')
    expect(await reader.partial(['a.yaml'])).toEqual({ type: 'LookAtAll' })
    await folder.settle(reader)
    folder.put('m/b.yaml', 'b\n')
    await reader.partial(['b.yaml'])
    await folder.clock.advance(200)
    const result = await reader.partial(['b.yaml'])
    expect(result.type === 'Taken' && texts(result.snapshot)).toEqual({ 'b.yaml': 'b\n' })
    expect(result.type === 'Taken' && result.snapshot.complete).toBe(false)
    rmSync(folder.path('m/b.yaml'))
    expect(await reader.partial(['b.yaml'])).toEqual({ type: 'LookAtAll' })
  })
})

describe('files that arrive by rename', () => {
  function arriving(arrivedWhole: () => boolean): SnapshotReader<string> {
    return new SnapshotReader(folder.path('m'), {
      files: systemFiles,
      clock: folder.clock,
      arrivals: { arrivedWhole, forget: () => {} },
      known: () => undefined,
      wanted: () => false,
      hash: sha256,
      parse: ({ path }) => path,
      take: async () => {},
    })
  }

  async function lookAt(reader: SnapshotReader<string>): Promise<readonly string[]> {
    const result = reader.full()
    // The events of the moment of reading are waited for; realpath takes real time.
    for (let done = false; !done; ) {
      await folder.clock.advance(1)
      done = (await Promise.race([result, folder.clock.advance(0)])) !== undefined
    }
    const taken = await result
    return taken.type === 'Taken' ? taken.snapshot.changed : []
  }

  test('count at once', async () => {
    folder.put('m/a.yaml', 'a\n')
    expect(await lookAt(arriving(() => true))).toEqual(['a.yaml'])
  })

  test('settle when the event of a write is still under way while they are read', async () => {
    folder.put('m/a.yaml', 'a\n')
    let isWhole = true
    const reader = arriving(() => {
      folder.clock.after(1, () => {
        isWhole = false
      })
      return isWhole
    })
    expect(await lookAt(reader)).toEqual([])
  })

  test.each([
    { name: 'empty ones', make: () => folder.put('m/a.yaml', '') },
    {
      name: 'ones with a second name, through which they may be written to',
      make: () => {
        folder.put('m/a.yaml', 'a\n')
        linkSync(folder.path('m/a.yaml'), folder.path('other'))
      },
    },
    {
      name: 'ones that were written later than this clock says',
      make: () => {
        folder.put('m/a.yaml', 'a\n')
        const ahead = folder.clock.nowMs() / 1_000 + 60
        utimesSync(folder.path('m/a.yaml'), ahead, ahead)
      },
    },
  ])('settle all the same: $name', async ({ make }) => {
    make()
    expect(await lookAt(arriving(() => true))).toEqual([])
  })
})
