import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { eventually, openSandbox, type Sandbox } from './program.ts'

/** An interpreter that has the `prefect` package. */
const PYTHON_VARIABLE = 'CAPSTAN_TEST_PREFECT_PYTHON'
/** Set: the package is fetched from PyPI where no interpreter has it. Takes a minute or two. */
const FETCH_VARIABLE = 'CAPSTAN_TEST_PYPI'
const FETCH_MS = 300_000

/** The flow engine's own heartbeat thread and events worker, around a flow run that only Prefect knows. */
const BEAT = `
import time, uuid, prefect
from prefect import flow
from prefect.client.schemas.objects import FlowRun
from prefect.flow_engine import FlowRunEngine, _send_heartbeats
from prefect.events.worker import EventsWorker
from prefect.states import Running

@flow
def etl(): pass

run = FlowRun(id=uuid.uuid4(), flow_id=uuid.uuid4(), name="tiny-fox", tags=["nightly"], state=Running())
with _send_heartbeats(FlowRunEngine(flow=etl, parameters={}, flow_run=run)):
    time.sleep(3)
EventsWorker.drain_all()
print("flow run", run.id, flush=True)
time.sleep(2)
`

/** The package's own subscriber, until the run of this name has ended. */
const SUBSCRIBE = `
import asyncio
from prefect.events.clients import get_events_subscriber
from prefect.events.filters import EventFilter, EventNameFilter

async def main():
    names = EventFilter(event=EventNameFilter(prefix=["prefect.flow-run."]))
    async with get_events_subscriber(filter=names) as events:
        print("subscribed", flush=True)
        async for event in events:
            print(event.event, event.resource.name, flush=True)
            if event.event == "prefect.flow-run.Completed":
                return

asyncio.run(main())
`

/** What the flow's image would have in its environment. */
const COMMAND = (python: string, script: string): string =>
  `sh -c 'PREFECT_API_URL="\${CAPSTAN_HEARTBEAT_URL%%/capstan/*}/api" PREFECT_API_AUTH_STRING="$CAPSTAN_HEARTBEAT_TOKEN" exec ${python} ${script}'`

const python = findPython()

function hasPrefect(candidate: string): boolean {
  return spawnSync(candidate, ['-c', 'import prefect'], { stdio: 'ignore' }).status === 0
}

function findPython(): string | undefined {
  const named = process.env[PYTHON_VARIABLE]
  if (named !== undefined) return named
  if (hasPrefect('python3')) return 'python3'
  return process.env[FETCH_VARIABLE] === undefined ? undefined : fetchPrefect()
}

function fetchPrefect(): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'capstan-prefect-'))
  process.once('exit', () => rmSync(directory, { recursive: true }))
  const interpreter = join(directory, 'bin/python')
  spawnSync('python3', ['-m', 'venv', directory], { timeout: FETCH_MS })
  const words = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', 'prefect']
  spawnSync(interpreter, words, { timeout: FETCH_MS, stdio: 'ignore' })
  return hasPrefect(interpreter) ? interpreter : undefined
}

const WHY = `no python3 here has the package: name one that has in ${PYTHON_VARIABLE}, or set ${FETCH_VARIABLE}=1 to fetch it`

describe.skipIf(python === undefined)(
  `the prefect package${python === undefined ? ` (skipped: ${WHY})` : ''}`,
  () => {
    let sandbox: Sandbox
    let url = ''
    let env: Readonly<Record<string, string>>

    beforeAll(async () => {
      sandbox = openSandbox()
      sandbox.write('beat.py', BEAT)
      sandbox.write('subscribe.py', SUBSCRIBE)
      const controller = sandbox.start(['up', '--local', '--log-format', 'json'])
      const [, found = ''] = await controller.says(/"url":"(http[^"]*)","message":"heartbeats are/)
      url = found
      await controller.says(/"url":"https/)
      const kubeconfig = await sandbox.run(['kubeconfig'])
      const config = parse(kubeconfig.stdout) as {
        readonly users: readonly { readonly user: { readonly token: string } }[]
      }
      env = {
        PREFECT_HOME: sandbox.path('prefect'),
        PREFECT_API_URL: `${url}/api`,
        PREFECT_API_AUTH_STRING: config.users[0]?.user.token ?? '',
      }
    })
    afterAll(() => sandbox.close())

    test('its flow engine beats, its subscriber reads, and a wrong token is told so', async () => {
      const interpreter = python ?? ''
      const subscriber = sandbox.launch(interpreter, [sandbox.path('subscribe.py')], { env })
      await subscriber.says(/subscribed/)
      sandbox.write(
        'run.yaml',
        `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: flow}
spec:
  template:
    image: local
    command: ${JSON.stringify(COMMAND(interpreter, sandbox.path('beat.py')))}
    env: {PREFECT_FLOWS_HEARTBEAT_FREQUENCY: 30, PREFECT_HOME: ${sandbox.path('task')}}
`,
      )
      await sandbox.run(['apply', '-f', sandbox.path('run.yaml')])
      await subscriber.says(/prefect\.flow-run\.heartbeat tiny-fox/)
      await subscriber.says(/prefect\.flow-run\.Completed flow/)
      expect((await subscriber.ended).code).toBe(0)
      expect(subscriber.stdout).toContain('prefect.flow-run.Running flow')
      await eventually(async () => {
        const { stdout } = await sandbox.run(['events', '--log', '--for', 'run/flow'])
        expect(stdout).toMatch(/capstan\.run\.heartbeat +run\/tiny-fox/)
        expect(stdout).toMatch(/capstan\.run\.Completed +run\/flow/)
      })
      const { stdout } = await sandbox.run(['logs', 'run/flow'])
      const [, flowRun = ''] = /flow run (\S+)/.exec(stdout) ?? []
      const json = await sandbox.run(['events', '--log', '--for', 'run/flow', '-o', 'json'])
      expect(json.stdout).toContain(`"capstan.resource.reported-id": "capstan.run.${flowRun}"`)
      const stranger = sandbox.launch(interpreter, [sandbox.path('subscribe.py')], {
        env: { ...env, PREFECT_API_AUTH_STRING: 'nonsense' },
      })
      await stranger.says(/Reason: Invalid token/)
    })
  },
)
