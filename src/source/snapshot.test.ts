import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
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

describe('a plain folder', () => {
  test('a file counts when two reads 200 ms apart agree', async () => {
    put('m/a.yaml', 'a\n')
    const reader = readerOf('m')
    const first = await look(reader)
    expect(texts(first)).toEqual({})
    expect([...first.seen]).toEqual(['a.yaml'])
    expect(first.waitMs).toBe(200)
    await clock.advance(200)
    expect(texts(await look(reader))).toEqual({ 'a.yaml': 'a\n' })
    expect(texts(await look(reader))).toEqual({})
  })

  test('a writer that pauses at every byte is never read half', async () => {
    const text = 'kind: Run\nspec:\n  cancel: true\n'
    put('m/a.yaml', '')
    const reader = readerOf('m')
    for (let length = 1; length <= text.length; length += 1) {
      put('m/a.yaml', text.slice(0, length))
      expect(texts(await look(reader))).toEqual({})
      await clock.advance(190)
      expect(texts(await look(reader))).toEqual({})
    }
    await clock.advance(200)
    expect(texts(await look(reader))).toEqual({ 'a.yaml': text })
  })

  test('text that stops within a line is given a second', async () => {
    put('m/a.yaml', 'kind: Ru')
    const reader = readerOf('m')
    expect((await look(reader)).waitMs).toBe(1_000)
    await clock.advance(900)
    expect(texts(await look(reader))).toEqual({})
    await clock.advance(100)
    expect(texts(await look(reader))).toEqual({ 'a.yaml': 'kind: Ru' })
  })

  test('content is noticed behind a restored mtime and an equal size', async () => {
    put('m/a.yaml', 'one\n')
    const reader = readerOf('m')
    const long = new Date(0)
    utimesSync(join(base, 'm/a.yaml'), long, long)
    await settle(reader)
    put('m/a.yaml', 'two\n')
    utimesSync(join(base, 'm/a.yaml'), long, long)
    expect(texts(await settle(reader))).toEqual({ 'a.yaml': 'two\n' })
  })

  test('a file whose times are younger than 2 s is read again, and then trusted', async () => {
    put('m/a.yaml', 'one\n')
    clock = new FakeClock(Date.now())
    const reader = readerOf('m')
    const file = (await settle(reader)).changed.at(0)
    expect(file?.stat).toBe('')
    await clock.advance(5_000)
    const { restated } = await look(reader)
    expect(restated.map(({ path, hash }) => ({ path, hash }))).toEqual([
      { path: 'a.yaml', hash: file?.hash },
    ])
    expect(restated.at(0)?.stat).not.toBe('')
  })

  test('touching a file changes nothing but its stat', async () => {
    put('m/a.yaml', 'one\n')
    const reader = readerOf('m')
    await settle(reader)
    utimesSync(join(base, 'm/a.yaml'), 5, 5)
    const { changed, restated } = await look(reader)
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
    for (const name of [...names, ...others]) put(`m/${name}`, 'x\n')
    const snapshot = await settle(readerOf('m'))
    expect(Object.keys(texts(snapshot)).toSorted()).toEqual(names.toSorted())
    expect(snapshot.problems).toEqual([])
    expect(snapshot.complete).toBe(true)
  })

  test('what is no regular file is reported and keeps nothing else from being read', async () => {
    put('outside.yaml', 'secret\n')
    put('m/good.yaml', 'good\n')
    put('elsewhere/x.yaml', 'secret\n')
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(base, 'm/fifo.yaml')])
    symlinkSync(join(base, 'outside.yaml'), join(base, 'm/link-out.yaml'))
    symlinkSync('good.yaml', join(base, 'm/link-in.yaml'))
    symlinkSync(join(base, 'elsewhere'), join(base, 'm/folder'))
    symlinkSync('loop.yaml', join(base, 'm/loop.yaml'))
    const snapshot = await settle(readerOf('m'))
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
    put('m/good.yaml', 'good\n')
    put('m/huge.yaml', '')
    truncateSync(join(base, 'm/huge.yaml'), 5 * 1_024 ** 2)
    const snapshot = await settle(readerOf('m'))
    expect(texts(snapshot)).toEqual({ 'good.yaml': 'good\n' })
    expect(snapshot.problems).toMatchObject([{ code: 'FileTooLarge', file: 'huge.yaml' }])
    expect(snapshot.seen.has('huge.yaml')).toBe(true)
  })

  // Root may read everything, so there is nothing to see.
  test.skipIf(process.getuid?.() === 0)('what may not be read is reported', async () => {
    put('m/good.yaml', 'good\n')
    put('m/closed.yaml', 'x\n')
    put('m/sub/x.yaml', 'x\n')
    chmodSync(join(base, 'm/closed.yaml'), 0)
    chmodSync(join(base, 'm/sub'), 0)
    const snapshot = await settle(readerOf('m'))
    chmodSync(join(base, 'm/sub'), 0o700)
    expect(texts(snapshot)).toEqual({ 'good.yaml': 'good\n' })
    expect(snapshot.problems.map(({ file }) => file).toSorted()).toEqual(['closed.yaml', 'sub'])
    expect(snapshot.complete).toBe(false)
  })

  test('what may not be read is reported, whoever asks', async () => {
    put('m/good.yaml', 'good\n')
    put('m/closed.yaml', 'x\n')
    put('m/sub/x.yaml', 'x\n')
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
    const snapshot = await settle(readerOf('m', files))
    expect(texts(snapshot)).toEqual({ 'good.yaml': 'good\n' })
    expect(snapshot.problems.map(({ file }) => file).toSorted()).toEqual(['closed.yaml', 'sub'])
    expect(snapshot.complete).toBe(false)
  })

  test('a folder that is swapped for a link while it is read gives nothing away', async () => {
    put('outside/x.yaml', 'secret\n')
    put('m/sub/x.yaml', 'good\n')
    const swap = (): void => {
      rmSync(join(base, 'm/sub'), { recursive: true, force: true })
      symlinkSync(join(base, 'outside'), join(base, 'm/sub'))
    }
    for (let at = 1; at < 40; at += 1) {
      rmSync(join(base, 'm'), { recursive: true, force: true })
      put('m/sub/x.yaml', 'good\n')
      known.clear()
      const { files } = disturbed(at, swap)
      const reader = readerOf('m', files)
      for (let looks = 0; looks < 3; looks += 1) {
        const result = await reader.full()
        if (result.type === 'Taken') {
          expect(result.snapshot.changed.map(({ text }) => text)).not.toContain('secret\n')
        }
        await clock.advance(200)
      }
    }
  })

  test('what vanishes during the walk makes it start again, and in the end incomplete', async () => {
    put('m/a.yaml', 'a\n')
    put('m/b.yaml', 'b\n')
    await settle(readerOf('m'))
    const ghost: Files = {
      ...systemFiles,
      *list(path) {
        yield* systemFiles.list(path)
        yield [{ name: 'ghost.yaml', type: 'File' }]
      },
    }
    const snapshot = await settle(readerOf('m', ghost))
    expect(snapshot.complete).toBe(false)
    expect([...snapshot.seen].toSorted()).toEqual(['a.yaml', 'b.yaml'])
  })

  test('single files can be looked at, once the folder was seen whole', async () => {
    put('m/a.yaml', 'a\n')
    const reader = readerOf('m')
    expect(await reader.partial(['a.yaml'])).toEqual({ type: 'LookAtAll' })
    await settle(reader)
    put('m/b.yaml', 'b\n')
    await reader.partial(['b.yaml'])
    await clock.advance(200)
    const result = await reader.partial(['b.yaml'])
    expect(result.type === 'Taken' && texts(result.snapshot)).toEqual({ 'b.yaml': 'b\n' })
    expect(result.type === 'Taken' && result.snapshot.complete).toBe(false)
    rmSync(join(base, 'm/b.yaml'))
    expect(await reader.partial(['b.yaml'])).toEqual({ type: 'LookAtAll' })
  })
})

describe('files that arrive by rename', () => {
  function arriving(arrivedWhole: () => boolean): SnapshotReader<string> {
    return new SnapshotReader(join(base, 'm'), {
      files: systemFiles,
      clock,
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
      await clock.advance(1)
      done = (await Promise.race([result, clock.advance(0)])) !== undefined
    }
    const taken = await result
    return taken.type === 'Taken' ? taken.snapshot.changed : []
  }

  test('count at once', async () => {
    put('m/a.yaml', 'a\n')
    expect(await lookAt(arriving(() => true))).toEqual(['a.yaml'])
  })

  test('settle when the event of a write is still under way while they are read', async () => {
    put('m/a.yaml', 'a\n')
    let isWhole = true
    const reader = arriving(() => {
      clock.after(1, () => {
        isWhole = false
      })
      return isWhole
    })
    expect(await lookAt(reader)).toEqual([])
  })

  test.each([
    { name: 'empty ones', make: () => put('m/a.yaml', '') },
    {
      name: 'ones with a second name, through which they may be written to',
      make: () => {
        put('m/a.yaml', 'a\n')
        linkSync(join(base, 'm/a.yaml'), join(base, 'other'))
      },
    },
    {
      name: 'ones that were written later than this clock says',
      make: () => {
        put('m/a.yaml', 'a\n')
        const ahead = clock.nowMs() / 1_000 + 60
        utimesSync(join(base, 'm/a.yaml'), ahead, ahead)
      },
    },
  ])('settle all the same: $name', async ({ make }) => {
    make()
    expect(await lookAt(arriving(() => true))).toEqual([])
  })
})
