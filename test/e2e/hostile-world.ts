import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { connect as connectTls } from 'node:tls'
import { fileURLToPath } from 'node:url'

/** Of the server: far less than the hostile clients ask it to hold. */
const HEAP_MIB = 320

export interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly text: string
}

/** The API in a process of its own, and ways to treat it badly. */
export interface HostileWorld {
  readonly socketPath: string
  /** A request as any client makes it; `as` is whose token it carries. */
  send(
    method: string,
    path: string,
    options?: {
      readonly body?: string | Buffer
      readonly headers?: Readonly<Record<string, string>>
      readonly as?: 'honest' | 'hostile' | 'nobody'
    },
  ): Promise<Reply>
  /** Bytes over TLS as they are, and all that comes back until the server closes. */
  raw(bytes: string | Buffer): Promise<string>
  /** A TLS connection that has said nothing yet. */
  open(): Promise<Socket>
  /** A connection before TLS. */
  openPlain(): Promise<Socket>
  /** A connection to the unix socket. */
  openUnix(): Promise<Socket>
  /** `Authorization` of the hostile. */
  readonly bearer: string
  /** Resident memory of the server, MiB. */
  rssMib(): number
  close(): void
}

interface Where {
  readonly port: number
  readonly socketPath: string
  readonly ca: string
  readonly token: string
  readonly hostile: string
}

export async function startHostileWorld(): Promise<HostileWorld> {
  const directory = mkdtempSync(join(tmpdir(), 'capstan-hostile-'))
  const host = fileURLToPath(new URL('api-host.ts', import.meta.url))
  // What is held beyond it ends the process; without it, how much garbage lies about is the collector's mood.
  const heap = `--max-old-space-size=${HEAP_MIB}`
  const child = spawn(process.execPath, [heap, host, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const where = await firstLine(child)
  const { port, socketPath, ca } = where
  const tokens = { honest: where.token, hostile: where.hostile, nobody: undefined }
  const tls = { host: '127.0.0.1', port, ca, servername: 'localhost' }
  const open = (): Promise<Socket> => opened(connectTls(tls), 'secureConnect')
  return {
    socketPath,
    bearer: `Bearer ${where.hostile}`,
    send(method, path, { body, headers = {}, as = 'hostile' } = {}) {
      const token = tokens[as]
      const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` }
      return exchange(
        { ...tls, agent: false, method, path, headers: { ...authorization, ...headers } },
        body,
      )
    },
    async raw(bytes) {
      const socket = await open()
      const answer = collected(socket)
      socket.write(bytes)
      return answer
    },
    open,
    openPlain: () => opened(connect({ host: '127.0.0.1', port }), 'connect'),
    openUnix: () => opened(connect(socketPath), 'connect'),
    rssMib: () =>
      Number(execFileSync('ps', ['-o', 'rss=', '-p', String(child.pid)], { encoding: 'utf8' })) /
      1024,
    close() {
      child.kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

function firstLine(child: ChildProcess): Promise<Where> {
  return new Promise((resolve, reject) => {
    const { stdout } = child
    if (!stdout) throw new Error('the host has no output')
    createInterface(stdout).once('line', (line) => resolve(JSON.parse(line) as Where))
    child.once('exit', (code) => reject(new Error(`the host ended with ${code}`)))
  })
}

function opened(socket: Socket, event: 'connect' | 'secureConnect'): Promise<Socket> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once(event, () => {
      socket.off('error', reject)
      // Being cut off is what these connections are for.
      socket.on('error', () => {})
      resolve(socket)
    })
  })
}

/** Longest wait for an answer; the server's own timeouts are shorter. */
const PATIENCE_MS = 60_000

/** All that a socket says until it is closed. */
function collected(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    let text = ''
    const timer = setTimeout(() => socket.destroy(), PATIENCE_MS)
    socket.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    socket.once('close', () => {
      clearTimeout(timer)
      resolve(text)
    })
  })
}

function exchange(options: RequestOptions, body: string | Buffer | undefined): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest({ ...options, timeout: PATIENCE_MS }, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk
      })
      response.once('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
      )
      response.once('error', reject)
    })
    outgoing.once('error', reject)
    outgoing.once('timeout', () => outgoing.destroy(new Error('no answer in time')))
    outgoing.end(body)
  })
}
