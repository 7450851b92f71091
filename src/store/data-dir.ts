import { accessSync, constants, mkdirSync, statfsSync, statSync } from 'node:fs'
import { dirname } from 'node:path'
import { errorCode, errorMessage } from '../lib/errors.ts'
import { StoreUnusable } from './errors.ts'

/**
 * statfs magic numbers (linux/magic.h, and the SMB clients') of file systems that several hosts share:
 * WAL needs memory that all users of the file share, and locks there are not to be trusted.
 */
const NETWORK_FILE_SYSTEMS: Readonly<Record<number, string>> = {
  [0x6969]: 'NFS',
  [0x517b]: 'SMB',
  [0xfe534d42]: 'SMB2',
  [0xff534d42]: 'CIFS',
  [0x00c36400]: 'Ceph',
  [0x5346414f]: 'AFS',
}

/** Makes the directory if only its last part is missing, mode 0700, and states in one sentence why it will not do. */
export function ensureDataDir(dir: string): void {
  createMissing(dir)
  if (!statSync(dir).isDirectory()) {
    throw new StoreUnusable('Io', `${dir} is not a directory: choose another data directory`)
  }
  try {
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new StoreUnusable(
      'ReadOnly',
      `${dir} cannot be written: give the user that Capstan runs as write access to it, or choose another data directory`,
      { cause: error },
    )
  }
  const network = networkFileSystem(statfsSync(dir).type)
  if (network !== undefined) {
    throw new StoreUnusable(
      'Io',
      `${dir} is on ${network}: SQLite's write-ahead log needs a disk of this machine, choose a data directory on one`,
    )
  }
}

/** Name of the network file system with this statfs type; undefined for all others. */
export function networkFileSystem(type: number): string | undefined {
  return NETWORK_FILE_SYSTEMS[type]
}

/** `dev:ino` of what is at a path; undefined when nothing is. */
export function fileIdentity(path: string): string | undefined {
  const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
  return stat && `${stat.dev}:${stat.ino}`
}

function createMissing(dir: string): void {
  try {
    mkdirSync(dir, { mode: 0o700 })
  } catch (error) {
    const code = errorCode(error)
    if (code === 'EEXIST') return
    if (code === 'EROFS' && isThere(dir)) return
    throw new StoreUnusable(
      code === 'EROFS' || code === 'EACCES' || code === 'EPERM' ? 'ReadOnly' : 'Io',
      code === 'ENOENT'
        ? `${dir} cannot be made because ${dirname(dir)} does not exist: make that directory first, or choose another data directory`
        : `${dir} cannot be made (${errorMessage(error)}): choose another data directory`,
      { cause: error },
    )
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined
}
