import { closeSync, fsyncSync, openSync, renameSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'

/** Writes a file for the owner alone, in one step: whatever happens, the old one or the new one is there. */
export function replaceFile(path: string, texts: Iterable<string>): void {
  const partial = `${path}.partial`
  const descriptor = openSync(partial, 'w', 0o600)
  try {
    for (const text of texts) writeSync(descriptor, text)
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
  renameSync(partial, path)
  syncPath(dirname(path))
}

/** Makes what was written to a file, or renamed in a directory, survive a loss of power. */
export function syncPath(path: string): void {
  const descriptor = openSync(path, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
