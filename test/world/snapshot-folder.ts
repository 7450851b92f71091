import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sha256 } from '../../src/lib/names.ts'
import type { KnownFile } from '../../src/source/file-reader.ts'
import { type Files, systemFiles } from '../../src/source/files.ts'
import { type Snapshot, SnapshotReader } from '../../src/source/snapshot.ts'
import { FakeClock } from './fake-clock.ts'
import type { Parsed } from './folder-reader.ts'

/** A folder on the disk, and readers of it that take a file's text for what it says. */
export class SnapshotFolder {
  /** Without links above it, so that paths can be compared. */
  readonly base = mkdtempSync(join(realpathSync(tmpdir()), 'capstan-snapshot-'))
  /** What the reader was told to know. */
  readonly known = new Map<string, KnownFile>()
  /** By default everything in the folder was written long before. */
  readonly clock: FakeClock

  constructor(nowMs = Date.now() + 3_600_000) {
    this.clock = new FakeClock(nowMs)
  }

  path(...names: readonly string[]): string {
    return join(this.base, ...names)
  }

  put(path: string, text: string): void {
    mkdirSync(dirname(this.path(path)), { recursive: true })
    writeFileSync(this.path(path), text)
  }

  readerOf(root: string, files: Files = systemFiles): SnapshotReader<Parsed> {
    return new SnapshotReader(this.path(root), {
      files,
      clock: this.clock,
      arrivals: { arrivedWhole: () => false, forget: () => {} },
      known: (path) => this.known.get(path),
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
  async look(reader: SnapshotReader<Parsed>): Promise<Snapshot<Parsed>> {
    const result = await reader.full()
    if (result.type !== 'Taken') throw new Error(`no snapshot: ${JSON.stringify(result)}`)
    for (const { path, stat, hash } of result.snapshot.changed) this.known.set(path, { stat, hash })
    return result.snapshot
  }

  /** Looks twice, a settle time apart. */
  async settle(reader: SnapshotReader<Parsed>): Promise<Snapshot<Parsed>> {
    await this.look(reader)
    await this.clock.advance(200)
    return this.look(reader)
  }

  remove(): void {
    rmSync(this.base, { recursive: true, force: true })
  }
}
