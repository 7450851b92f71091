import { afterEach, beforeEach, expect, test } from 'vitest'
import { eventually, openSandbox, type Program, runText, type Sandbox } from './program.ts'

let sandbox: Sandbox

beforeEach(() => {
  sandbox = openSandbox()
  sandbox.write('manifests/idle.yaml', runText('idle', 'true'))
})

afterEach(() => sandbox.close())

async function up(): Promise<Program> {
  const controller = sandbox.start(['up', 'manifests', '--local', '--listen', 'none'])
  await controller.says(/API listens/)
  return controller
}

function linesOf({ stdout }: Program): number {
  return stdout.split('\n').length - 1
}

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'who follows a run, or the event log, sees everything once across a restart after %s',
  async (signal) => {
    const script = 'for i in $(seq 1 60); do echo line $i; sleep 0.2; done; exit 4'
    sandbox.write('talk.yaml', runText('talk', script))
    const controller = await up()
    const run = sandbox.start(['run', '-f', 'talk.yaml', '--logs'])
    const log = sandbox.start(['events', '--log', '-w', '-o', 'json', '--for', 'run/talk'])
    await eventually(() => expect(linesOf(run)).toBeGreaterThan(5))
    await controller.stop(signal)
    await up()
    expect((await run.ended).code).toBe(4)
    expect(run.stdout).toBe(Array.from({ length: 60 }, (_, n) => `line ${n + 1}\n`).join(''))
    await log.says(/capstan\.run\.Failed/)
    const ids = log.stdout
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => (JSON.parse(line) as { readonly id: string }).id)
    expect(new Set(ids).size).toBe(ids.length)
  },
)
