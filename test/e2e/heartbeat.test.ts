import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { isJsonObject, type JsonObject } from '../../src/lib/json.ts'
import { eventually, openSandbox, type Program, ROOT, readApi, type Sandbox } from './program.ts'

const EXAMPLE = join(ROOT, 'manifests/examples/heartbeat')
const RUNS = '/apis/capstan.dev/v1/namespaces/default/runs'

/** The lease of `hanging` ends 45 s after its last beat; the stop and the look before it take seconds. */
const HANG_MS = 200_000
/** A loaded machine starts a process in seconds. */
const PROMPTLY_MS = 60_000

let sandbox: Sandbox
let controller: Program

function start(): Program {
  return sandbox.start(['up', EXAMPLE, '--local', '--listen', 'none', '--log-format', 'json'])
}

beforeAll(() => {
  sandbox = openSandbox()
  controller = start()
})

afterAll(async () => {
  await controller.stop()
  await sandbox.close()
})

async function statusOf(name: string): Promise<JsonObject> {
  const status = (await readApi(sandbox, `${RUNS}/${name}`))?.['status']
  return isJsonObject(status) ? status : {}
}

async function classesOf(name: string): Promise<readonly unknown[]> {
  const { attempts } = await statusOf(name)
  return Array.isArray(attempts) ? attempts.map((one: JsonObject) => one['class'] ?? 'alive') : []
}

/** The number that the shell of an attempt tells of itself. */
async function processOf(attempt: number): Promise<number> {
  return eventually(async () => {
    const { stdout } = await sandbox.run(['logs', 'run/import-now', '--attempt', String(attempt)])
    const pid = Number(/is process (\d+)/.exec(stdout)?.[1])
    expect(pid, stdout).toBeGreaterThan(1)
    return pid
  }, PROMPTLY_MS)
}

async function lastBeatMs(): Promise<number> {
  const { heartbeat } = await statusOf('import-now')
  const beat = isJsonObject(heartbeat) ? heartbeat['lastBeatAt'] : undefined
  return Date.parse(typeof beat === 'string' ? beat : '')
}

/** Where tasks beat, as the controller says at its start. */
async function intakeUrl(): Promise<string> {
  const [, url = ''] = await controller.says(/"url":"([^"]+)","message":"heartbeats are/)
  return url
}

describe('the example, from a newcomer’s side', () => {
  test('a run that beats shows when it did, and whose setting it is', async () => {
    await eventually(async () => expect(await lastBeatMs()).toBeGreaterThan(0), PROMPTLY_MS)
    const { stdout } = await sandbox.run(['describe', 'run', 'import-now'])
    expect(stdout).toMatch(/Last Beat At: +\d{4}-/)
    expect(stdout).toMatch(
      /heartbeat\.frequencySeconds +30 +Deployment env\.PREFECT_RUNNER_HEARTBEAT_FREQUENCY/,
    )
  })

  test('a task that is killed is noticed at once, and tried again', async () => {
    process.kill(await processOf(1), 'SIGKILL')
    await eventually(
      async () => expect(await classesOf('import-now')).toEqual(['ExitNonZero', 'alive']),
      PROMPTLY_MS,
    )
  })

  test('a task that hangs is found out by its lease, stopped, and tried again', async () => {
    await eventually(
      async () => expect(await classesOf('hanging')).toEqual(['HeartbeatLost', 'Success']),
      HANG_MS,
    )
    const { state } = await statusOf('hanging')
    expect(state).toMatchObject({ type: 'COMPLETED' })
    const { stdout } = await sandbox.run(['describe', 'run', 'hanging'])
    expect(stdout).toMatch(
      /Warning +HeartbeatLost .*No heartbeat came for 45 s; one is due every 30 s\./,
    )
  })

  test('a restart of the controller alone costs nobody anything', async () => {
    const pid = await processOf(2)
    const url = await intakeUrl()
    controller.signal('SIGKILL')
    await controller.ended
    controller = start()
    expect(await intakeUrl()).toBe(url)
    const before = Date.now()
    await eventually(async () => expect(await lastBeatMs()).toBeGreaterThan(before), PROMPTLY_MS)
    expect(await processOf(2)).toBe(pid)
    expect(await classesOf('import-now')).toEqual(['ExitNonZero', 'alive'])
  })

  test('a power failure is a crash of the host, and the run goes on elsewhere', async () => {
    const pid = await processOf(2)
    controller.signal('SIGKILL')
    await controller.ended
    process.kill(-groupOf(pid), 'SIGKILL')
    controller = start()
    await eventually(
      async () =>
        expect(await classesOf('import-now')).toEqual(['ExitNonZero', 'HostFailure', 'alive']),
      PROMPTLY_MS,
    )
  })
})

describe('the intake', () => {
  test('takes beats of the run, with its token, and nothing else', async () => {
    const { key } = JSON.parse(readFileSync(sandbox.path('.capstan/heartbeat.json'), 'utf8'))
    expect(key).toMatch(/^[0-9a-f]{64}$/)
    const url = await intakeUrl()
    const uid = await uidOf('import-now')
    await eventually(async () => {
      expect(await statusOf('import-now')).toMatchObject({ state: { type: 'RUNNING' } })
    }, PROMPTLY_MS)
    const { createRunTokens } = await import('../../src/controllers/heartbeat/run-tokens.ts')
    const token = createRunTokens(Buffer.from(key, 'hex')).tokenOf(uid)
    const beat = async (path: string, bearer: string): Promise<number> => {
      const headers = { authorization: `Bearer ${bearer}` }
      return (await fetch(`${url}${path}`, { method: 'POST', headers })).status
    }
    const beats = `/capstan/heartbeats/${uid}`
    expect(await beat(`${beats}/0/3`, token)).toBe(204)
    expect(await beat(`${beats}/0/1`, token)).toBe(410)
    expect(await beat(`${beats}/0/3`, `${token}x`)).toBe(401)
    const other = await uidOf('hanging')
    expect(await beat(`/capstan/heartbeats/${other}/0/1`, token)).toBe(403)
    expect((await fetch(`${url}${RUNS}`)).status).toBe(404)
  })
})

async function uidOf(name: string): Promise<string> {
  const metadata = (await readApi(sandbox, `${RUNS}/${name}`))?.['metadata']
  const uid = isJsonObject(metadata) ? metadata['uid'] : undefined
  return typeof uid === 'string' ? uid : ''
}

/** The process group of a task: everything that its container has started. */
function groupOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2])
}
