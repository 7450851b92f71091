/** What is read of a folder, by name alone. */

const MANIFEST = /\.(?:yaml|yml|json)$/

/**
 * Names that are never looked at, directories included: hidden ones (`.git`, editors' `.#x` and `.x.swp`),
 * backups and files that are still being written. A name that is not UTF-8 cannot be opened again.
 */
const IGNORED = /^\.|~$|\.(?:tmp|swp|swx|part|bak|orig)$|^4913$|\uFFFD/

export function isIgnoredName(name: string): boolean {
  return IGNORED.test(name)
}

export function isManifestName(name: string): boolean {
  return MANIFEST.test(name) && !IGNORED.test(name)
}

/** Folders within folders. Deeper trees are mistakes, or bind mounts of themselves. */
export const MAX_DEPTH = 32

/** Twice the largest folder that is measured. Beyond it the folder is taken for the wrong one, and nothing changes. */
export const MAX_FILES = 200_000

/** Entries of any kind; `capstan up /` ends here instead of in hours. */
export const MAX_ENTRIES = 1_000_000

/** A Run is about 1 kB. A manifest above this is a mistake, or an attack on the parser. */
export const MAX_FILE_BYTES = 256 * 1_024

/** Of all manifests of a folder together. */
export const MAX_TOTAL_BYTES = 1_024 ** 3
