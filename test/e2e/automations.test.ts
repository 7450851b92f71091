import { createHmac } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { eventually, findRun, openSandbox, readApi, runText, type Sandbox } from './program.ts'

interface Received {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

const AUTOMATIONS = '/apis/capstan.dev/v1/namespaces/default/automations'
/** The window of ten seconds, the stop of the task, and a machine that is busy with other tests. */
const ENDED_MS = 120_000
const SECRET = 'a-secret-of-the-receiver'

let sandbox: Sandbox
let server: Server
let received: Received[]
let url: string

beforeAll(async () => {
  received = []
  server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks).toString() })
      // The first delivery is lost on the side of the receiver.
      response.writeHead(received.length === 1 ? 503 : 204).end()
    })
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`
  sandbox = openSandbox()
})

afterAll(async () => {
  await sandbox.close()
  server.close()
})

function automationText(name: string, signing = ''): string {
  return `apiVersion: capstan.dev/v1
kind: Automation
metadata:
  name: ${name}
spec:
  trigger:
    type: event
    expect: [prefect.flow-run.Failed]
    match: {prefect.resource.id: prefect.flow-run.*}
  actions:
    - type: call-webhook
      url: ${url}
${signing}      payload:
        text: '{{ run.name }} is {{ run.state.type }} with {{ run.exitCode }}'
        quoted: '{{ run.state.message }}'
`
}

/** Beats once, and then stands still for as long as it may. */
const HANGS = `
apiVersion: capstan.dev/v1
kind: Run
metadata:
  name: hangs
spec:
  template:
    image: busybox
    heartbeat: {frequencySeconds: 30, onMissed: Notify}
    retry: {limit: 1}
    stopTimeoutSeconds: 2
    command:
      - node
      - -e
      - |
        const {CAPSTAN_HEARTBEAT_URL: url, CAPSTAN_HEARTBEAT_TOKEN: token} = process.env
        fetch(url, {method: 'POST', headers: {Authorization: 'Bearer ' + token}})
        setInterval(() => {}, 1000)
`

/** The documented one, with the shortest window that there is. */
const ZOMBIE = `
apiVersion: capstan.dev/v1
kind: Automation
metadata:
  name: crash-zombie-flows
spec:
  trigger:
    type: event
    posture: Proactive
    after: [prefect.flow-run.heartbeat]
    expect: ["prefect.flow-run.*"]
    match: {prefect.resource.id: ["prefect.flow-run.*"]}
    for_each: [prefect.resource.id]
    threshold: 1
    within: 10
  actions:
    - type: change-flow-run-state
      state: CRASHED
      message: Flow run marked as crashed due to missing heartbeats.
`

function start(data: string, folder: string, more: readonly string[]) {
  const words = [
    'up',
    folder,
    '--local',
    '--listen',
    'none',
    '--data',
    data,
    '--log-format',
    'json',
  ]
  return sandbox.start([...words, ...more])
}

describe('an automation of the built program', () => {
  test('posts to a webhook that is open to it, until it is taken, and is seen to have fired', async () => {
    sandbox.write('open-data/webhook-secrets/receiver', `${SECRET}\n`)
    sandbox.write('open/tell.yaml', automationText('tell', '      signingSecret: receiver\n'))
    const controller = start('open-data', 'open', ['--webhook-allow', '127.0.0.0/8'])
    await eventually(async () => {
      expect(await readApi(sandbox, `${AUTOMATIONS}/tell`, 'open-data')).toMatchObject({
        status: { fired: 0 },
      })
    })
    sandbox.write('open/bad.yaml', runText('bad', 'exit 7'))
    await eventually(() => expect(received).toHaveLength(2))
    const [lost, taken] = received
    expect(JSON.parse(taken?.body ?? '')).toMatchObject({ text: 'bad is FAILED with 7' })
    expect(taken?.body).toBe(lost?.body)
    expect(taken?.headers['idempotency-key']).toBe(lost?.headers['idempotency-key'])
    const [, seconds, digest] =
      /^t=(\d+),v1=(\w+)$/.exec(String(taken?.headers['capstan-signature'])) ?? []
    expect(digest).toBe(
      createHmac('sha256', SECRET).update(`${seconds}.${taken?.body}`).digest('hex'),
    )
    await eventually(async () => {
      const table = await sandbox.run(['get', 'automations', '--data', 'open-data'])
      expect(table.stdout).toMatch(/^NAME +ENABLED +LAST-FIRED +AGE\ntell +true +\d+s +\d+s$/m)
    })
    const events = await sandbox.run(['events', '--for', 'automation/tell', '--data', 'open-data'])
    expect(events.stdout).toContain('Event: capstan.run.Failed of bad.')
    expect(events.stdout).toContain('delivered with status 204')
    expect(controller.stderr).not.toContain(SECRET)
    await controller.stop()
  })

  test('ends a run that beat over HTTP and beats no more, and its task', async () => {
    sandbox.write('zombie/1-zombie.yaml', ZOMBIE)
    const controller = start('zombie-data', 'zombie', [])
    await eventually(async () => {
      const path = `${AUTOMATIONS}/crash-zombie-flows`
      expect(await readApi(sandbox, path, 'zombie-data')).toMatchObject({ status: { fired: 0 } })
    })
    sandbox.write('zombie/2-hangs.yaml', HANGS)
    await eventually(async () => {
      expect(await findRun(sandbox, 'hangs', 'zombie-data')).toMatchObject({
        status: {
          state: {
            type: 'CRASHED',
            message: 'Flow run marked as crashed due to missing heartbeats.',
          },
          attempts: [{ number: 1, class: 'Cancelled' }],
        },
      })
    }, ENDED_MS)
    const events = await sandbox.run([
      'events',
      '--for',
      'automation/crash-zombie-flows',
      '--data',
      'zombie-data',
    ])
    expect(events.stdout).toContain('Event: capstan.run.heartbeat of hangs.')
    await controller.stop()
  })

  test('is done before up --once ends', async () => {
    sandbox.write('once/1-tell.yaml', automationText('tell'))
    sandbox.write('once/2-bad.yaml', runText('bad', 'sleep 1; exit 7'))
    const before = received.length
    const words = ['up', 'once', '--once', '--local', '--data', 'once-data', '--listen', 'none']
    const { code } = await sandbox.run([...words, '--webhook-allow', '127.0.0.1'])
    expect(code).toBe(1)
    expect(received).toHaveLength(before + 1)
  })

  test('does not call what is not open, and says which flag opens it', async () => {
    sandbox.write('closed/tell.yaml', automationText('tell'))
    const controller = start('closed-data', 'closed', [])
    const before = received.length
    await eventually(async () => {
      expect(await readApi(sandbox, `${AUTOMATIONS}/tell`, 'closed-data')).toMatchObject({
        status: { fired: 0 },
      })
    })
    sandbox.write('closed/bad.yaml', runText('bad', 'exit 7'))
    await eventually(async () => {
      expect(await readApi(sandbox, `${AUTOMATIONS}/tell`, 'closed-data')).toMatchObject({
        status: {
          fired: 1,
          lastError: expect.stringContaining('started with --webhook-allow 127.0.0.1'),
        },
      })
    })
    expect(received).toHaveLength(before)
    await controller.stop()
  })
})
