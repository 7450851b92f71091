import { chmodSync, existsSync, renameSync, rmSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import { type HttpListener } from './listener.ts'

/** sun_path holds 104 bytes on macOS and 108 on Linux, a zero byte included. */
const MAX_SOCKET_PATH_BYTES = 103
/** The owner alone: whoever may connect is an admin. */
const SOCKET_MODE = 0o600

/**
 * Listens on a unix socket that only its owner can open. A socket left by a dead process is replaced. Returns
 * what takes the socket away again, unless it is another process's by then: Node itself would unlink the path
 * that it was told, whatever stands there, so the socket is made under another name and renamed.
 */
export async function listenOnSocket(listener: HttpListener, path: string): Promise<() => void> {
  const length = Buffer.byteLength(path)
  if (length > MAX_SOCKET_PATH_BYTES) {
    throw new Error(
      `the socket path ${path} has ${length} bytes, more than the ${MAX_SOCKET_PATH_BYTES} that a socket's path may have: choose a shorter one with --socket`,
    )
  }
  if (!existsSync(dirname(path))) {
    throw new Error(
      `the socket ${path} cannot be made because ${dirname(path)} does not exist: make that directory first, or choose another --socket`,
    )
  }
  if (existsSync(path) && (await isAnswered(path))) {
    throw new Error(`another process listens on ${path}: stop it, or choose another --socket`)
  }
  const draft = `${path.slice(0, -1)}~`
  rmSync(draft, { force: true })
  const listening = listener.listen({ path: draft })
  // The file exists as soon as listen() has returned; its mode is set before anything can be accepted.
  if (existsSync(draft)) chmodSync(draft, SOCKET_MODE)
  await listening
  chmodSync(draft, SOCKET_MODE)
  renameSync(draft, path)
  const own = inode(path)
  return () => {
    if (inode(path) === own) rmSync(path, { force: true })
  }
}

function inode(path: string): bigint | undefined {
  return statSync(path, { throwIfNoEntry: false, bigint: true })?.ino
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
