import { execFileSync, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A Docker or Podman engine that tests may use, with an image of busybox. */
export interface TestEngine {
  /** As DOCKER_HOST is written. */
  readonly address: string
  readonly image: string
  /** Containers that are there, running or not, as the engine lists them. */
  containers(): Promise<readonly { readonly Id: string; readonly Names: readonly string[] }[]>
  call(method: string, path: string, body?: object): Promise<unknown>
  close(): Promise<void>
}

export const ENGINE_VARIABLE = 'CAPSTAN_TEST_ENGINE'
const IMAGE = 'capstan.test/busybox:1'
const START_MS = 90_000

/** Why no test of containers can run here; undefined when one can. */
export function engineProblem(): string | undefined {
  if (process.env[ENGINE_VARIABLE]) return undefined
  if (!onPath('podman')) return `no podman on PATH, and ${ENGINE_VARIABLE} names no engine`
  if (!onPath('busybox')) return 'no busybox on PATH to make an image of'
  if (process.getuid?.() !== 0) return 'podman is only started by root here'
  return undefined
}

function onPath(name: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, name)))
}

/** The engine that CAPSTAN_TEST_ENGINE names (it must have the image), else a Podman of its own. */
export async function startEngine(): Promise<TestEngine> {
  const named = process.env[ENGINE_VARIABLE]
  if (named) return engineAt(named.replace(/^unix:\/\//, ''), () => {})
  const directory = mkdtempSync(join(tmpdir(), 'capstan-podman-'))
  const config = join(directory, 'containers.conf')
  writeFileSync(config, CONTAINERS_CONF)
  const env = { ...process.env, CONTAINERS_CONF: config }
  const storage = ['--root', join(directory, 'root'), '--runroot', join(directory, 'run')]
  importImage(directory, storage, env)
  const socket = join(directory, 'engine.sock')
  const words = ['system', 'service', '--time=0', `unix://${socket}`]
  const service = spawn('podman', [...storage, ...words], { env, stdio: 'ignore' })
  const deadline = Date.now() + START_MS
  while (!existsSync(socket) && Date.now() < deadline) await new Promise((r) => setTimeout(r, 50))
  return engineAt(socket, () => {
    service.kill('SIGTERM')
    try {
      execFileSync('podman', [...storage, 'rm', '-af', '-t', '0'], { env, stdio: 'ignore' })
    } finally {
      // Mounts of images may be left; they are the engine's.
      rmSync(directory, { recursive: true, force: true, maxRetries: 3 })
    }
  })
}

/** Containers of a container: no limits above the outer ones, no network of their own, files for logs. */
const CONTAINERS_CONF = `[containers]
default_ulimits = ["nofile=1024:1024","nproc=4096:4096"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
`

const APPLETS = ['sh', 'echo', 'sleep', 'cat', 'env', 'pwd', 'true', 'false', 'dd', 'tail', 'seq']

function importImage(directory: string, storage: readonly string[], env: NodeJS.ProcessEnv): void {
  const root = join(directory, 'image')
  for (const folder of ['bin', 'tmp', 'etc', 'proc', 'sys', 'dev']) {
    mkdirSync(join(root, folder), { recursive: true })
  }
  const busybox = execFileSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).trim()
  execFileSync('cp', ['-L', busybox, join(root, 'bin/busybox')])
  for (const applet of APPLETS) symlinkSync('busybox', join(root, 'bin', applet))
  const archive = join(directory, 'image.tar')
  execFileSync('tar', ['-C', root, '-cf', archive, '.'])
  const changes = ['-c', 'ENV PATH=/bin', '-c', 'CMD ["echo","from the image"]']
  execFileSync('podman', [...storage, 'import', ...changes, archive, IMAGE], {
    env,
    stdio: 'ignore',
  })
}

function engineAt(socketPath: string, close: () => void): TestEngine {
  const call: TestEngine['call'] = (method, path, body) =>
    new Promise((resolve, reject) => {
      const text = body === undefined ? '' : JSON.stringify(body)
      const headers = { 'content-type': 'application/json', 'content-length': text.length }
      const outgoing = request({ socketPath, method, path, headers }, (response) => {
        let answer = ''
        response.setEncoding('utf8')
        response.on('data', (chunk: string) => (answer += chunk))
        response.on('end', () => resolve(parse(answer)))
      })
      outgoing.on('error', reject)
      outgoing.end(text)
    })
  return {
    address: `unix://${socketPath}`,
    image: IMAGE,
    call,
    containers: async () =>
      (await call('GET', '/containers/json?all=true')) as Awaited<
        ReturnType<TestEngine['containers']>
      >,
    close: () => Promise.resolve(close()),
  }
}

/** Some answers are streams of output. */
function parse(answer: string): unknown {
  try {
    return JSON.parse(answer)
  } catch {
    return undefined
  }
}
