import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  eventually,
  findRun,
  openSandbox,
  type Program,
  ROOT,
  runText,
  type Sandbox,
} from './program.ts'

let sandbox: Sandbox
let controller: Program

/** No folder: everything comes from the command line. */
beforeAll(async () => {
  sandbox = openSandbox()
  controller = sandbox.start(['up', '--local', '--listen', 'none'])
  await controller.says(/API listens/)
})

afterAll(async () => {
  expect(await controller.stop()).toEqual({ code: 0, signal: null })
  await sandbox.close()
})

describe('the life of a run', () => {
  const until = (file: string): string => `while [ ! -e ${file} ]; do sleep 0.05; done`

  test('apply, logs -f, wait, describe, events, delete', async () => {
    const script = `echo one; ${until('a')}; echo two; ${until('b')}; echo three`
    const file = sandbox.write('story.yaml', runText('story', script))
    const applied = await sandbox.run(['apply', '-f', file])
    expect(applied).toEqual({ code: 0, stdout: 'run.capstan.dev/story created\n', stderr: '' })
    expect((await sandbox.run(['apply', '-f', file])).stdout).toBe(
      'run.capstan.dev/story unchanged\n',
    )

    await eventually(async () => {
      expect(await findRun(sandbox, 'story')).toMatchObject({
        status: { state: { type: 'RUNNING' } },
      })
    })
    const logs = sandbox.start(['logs', '-f', 'story'])
    await logs.says(/^one\n$/)
    const waiting = sandbox.start([
      'wait',
      'run/story',
      '--for=condition=Complete',
      '--timeout=60s',
    ])
    sandbox.write('a', '')
    await logs.says(/^one\ntwo\n$/)
    expect((await sandbox.run(['get', 'run', 'story', '--no-headers'])).stdout).toMatch(
      /^story +Running /,
    )
    sandbox.write('b', '')
    expect(await logs.ended).toEqual({ code: 0, signal: null })
    expect(logs.stdout).toBe('one\ntwo\nthree\n')
    expect(await waiting.ended).toEqual({ code: 0, signal: null })

    const { stdout } = await sandbox.run(['describe', 'run', 'story'])
    expect(stdout).toMatch(/^Name: +story\nNamespace: +default\n/)
    expect(stdout).toMatch(/\n +State: +Completed \(COMPLETED\)/)
    expect(stdout).toMatch(/\nAttempts:\n +Number +Class +Exit .*\n[ -]+\n +1 +Success +0 /)
    const events = await sandbox.run(['events', '--for', 'run/story'])
    expect(events.stdout).toMatch(/ Normal +Submitting [^]* Normal +Completed /)

    const deleted = await sandbox.run(['delete', '-f', file])
    expect(deleted).toMatchObject({
      code: 0,
      stdout: 'run.capstan.dev "story" deleted from default namespace\n',
    })
    const gone = await sandbox.run(['get', 'run', 'story'])
    expect(gone).toMatchObject({ code: 1, stdout: '' })
    expect(gone.stderr).toMatch(
      /^Error from server \(NotFound\): runs\.capstan\.dev "story" not found\n$/,
    )
  })

  test('delete and cancel return when the task has stopped', async () => {
    const script =
      'trap "echo stopped >> marks; exit 0" TERM; touch $UP; while :; do sleep 0.05; done'
    for (const name of ['deleted', 'cancelled']) {
      const file = sandbox.write(
        `${name}.yaml`,
        runText(name, script, `    env: {UP: ${name}.up}\n`),
      )
      await sandbox.run(['apply', '-f', file])
      await eventually(() => expect(existsSync(sandbox.path(`${name}.up`))).toBe(true))
    }
    expect(await sandbox.run(['delete', 'run', 'deleted'])).toMatchObject({ code: 0 })
    expect(readFileSync(sandbox.path('marks'), 'utf8')).toBe('stopped\n')
    const cancelled = await sandbox.run(['cancel', 'cancelled', '--wait', '--timeout=60s'])
    expect(cancelled.stdout).toMatch(/\nrun\.capstan\.dev\/cancelled cancelled\n$/)
    expect(readFileSync(sandbox.path('marks'), 'utf8')).toBe('stopped\nstopped\n')
  })

  test('wait that is in vain ends with 1', async () => {
    const file = sandbox.write('sleeps.yaml', runText('sleeps', until('never')))
    await sandbox.run(['apply', '-f', file])
    const waited = await sandbox.run([
      'wait',
      'run/sleeps',
      '--for=condition=Complete',
      '--timeout=1s',
    ])
    expect(waited).toMatchObject({ code: 1, stderr: expect.stringContaining('timed out waiting') })
    await sandbox.run(['delete', 'run', 'sleeps'])
  })
})

describe('run --wait', () => {
  test.each([
    ['ends as the container ended', 'exit 0', 0],
    ['passes its exit code on', 'exit 42', 42],
    ['of a container that a signal ended', 'kill -9 $$', 137],
  ])('%s', async (name, script, code) => {
    const file = sandbox.write('waited.yaml', runText(`waited-${code}`, script))
    expect(await sandbox.run(['run', '-f', file, '--wait']), name).toMatchObject({ code })
  })

  test('1 for a run that has no exit code', async () => {
    const missing = runText('no-program', '').replace(/command: .*/, 'command: [no-such-program]')
    const rules = '    retry: {rules: [{when: {}, action: Fail}]}\n'
    const file = sandbox.write('missing.yaml', `${missing}${rules}`)
    const { code, stderr } = await sandbox.run(['run', '-f', file, '--wait'])
    expect(stderr).toContain('no-such-program')
    expect(code).toBe(1)
  })
})

describe('without a controller', () => {
  const alone = (words: readonly string[], stdin = '') =>
    sandbox.run(words, { cwd: sandbox.path('home'), stdin })

  test('what needs one says how to start it', async () => {
    const { code, stdout, stderr } = await alone([
      'get',
      'runs',
      '--socket',
      sandbox.path('nothing.sock'),
    ])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(
      /^error: no controller is running at .*nothing\.sock .*\n.*capstan up DIR/,
    )
  })

  test('version is that of the package', async () => {
    const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      version: string
    }
    const { code, stdout } = await alone(['version', '--client'])
    expect(stdout).toContain(version)
    expect(code).toBe(0)
  })

  test('validate says where a manifest is wrong', async () => {
    const wrong = runText('wrong', 'true').replace('image', 'imag')
    const result = await alone(['validate', '-f', '-'], wrong)
    expect(result.code).toBe(1)
    expect(result.stdout + result.stderr).toContain(
      `:7:5: spec.template.imag: unknown field 'imag'; did you mean 'image'?
  7 |     imag: busybox
    |     ^
`,
    )
    expect(await alone(['validate', '-f', '-'], runText('right', 'true'))).toMatchObject({
      code: 0,
    })
  })

  test('render shows what ECS would get', async () => {
    const { code, stdout } = await alone(
      ['render', '-f', '-', '-o', 'json'],
      runText('seen', 'true'),
    )
    expect(code).toBe(0)
    expect(stdout).toContain('"taskDefinition"')
    expect(stdout).toContain('"runTask"')
    expect(stdout).toContain('"busybox"')
  })

  test('explain knows every field', async () => {
    const { code, stdout } = await alone(['explain', 'run.spec.template.retry.backoff'])
    expect(stdout).toMatch(/KIND: +Run/)
    expect(stdout).toContain('initialSeconds')
    expect(code).toBe(0)
  })

  test.each(['bash', 'zsh', 'fish'])('completion for %s', async (shell) => {
    const { code, stdout, stderr } = await alone(['completion', shell])
    expect(stdout).toContain('capstan')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})
