import type { KnownFile } from '../../src/source/file-reader.ts'
import { type Files, systemFiles } from '../../src/source/files.ts'
import type { Snapshot } from '../../src/source/snapshot.ts'

export interface Parsed extends KnownFile {
  readonly path: string
  readonly text: string
}

export function texts(snapshot: Snapshot<Parsed>): Record<string, string> {
  return Object.fromEntries(snapshot.changed.map(({ path, text }) => [path, text]))
}

/** The real file system, with something happening before its `at`-th call (from 1). */
export function disturbed(at: number, happen: () => void): { files: Files; calls: () => number } {
  let calls = 0
  const step = (): void => {
    calls += 1
    if (calls === at) happen()
  }
  const files: Files = {
    realpath(path) {
      step()
      return systemFiles.realpath(path)
    },
    readlink(path) {
      step()
      return systemFiles.readlink(path)
    },
    lstat(path) {
      step()
      return systemFiles.lstat(path)
    },
    list(path) {
      step()
      return systemFiles.list(path)
    },
    read(path, limit) {
      step()
      return systemFiles.read(path, limit)
    },
  }
  return { files, calls: () => calls }
}
