import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { openSandbox, ROOT, runText, type Sandbox } from './program.ts'

let sandbox: Sandbox

beforeEach(() => {
  sandbox = openSandbox()
})

afterEach(() => sandbox.close())

describe('the quickstart', () => {
  test('tells the story on stderr, prints the table on stdout, and fails as announced', async () => {
    const quickstart = join(ROOT, 'manifests/quickstart')
    const { code, stdout, stderr } = await sandbox.run(['up', quickstart, '--local', '--once'])
    expect(stdout.replaceAll(/\d+\.\ds/g, 'N.Ns').replaceAll(/ +$/gm, '')).toBe(
      `NAME               STATE       EXIT   ATTEMPTS   DURATION   REASON
expected-failure   Failed      3      1          N.Ns       Container main exited with code 3.
hello-world        Completed   0      1          N.Ns
parameters         Completed   0      1          N.Ns
retry              Completed   0      2          N.Ns
`,
    )
    const line = /^\d\d:\d\d:\d\d {2}(expected-failure|hello-world|parameters|retry) {3,}\S.*$/
    for (const said of stderr.trimEnd().split('\n')) expect(said).toMatch(line)
    expect(stderr).toMatch(/hello-world {8}(Pending|Running) → Completed {3}exit 0/)
    expect(stderr).toMatch(/retry {14}\w+ → AwaitingRetry {3}Retries in \d s: ExitNonZero/)
    expect(stderr).toMatch(/retry {14}AwaitingRetry → Pending {3}attempt 2/)
    expect(code).toBe(1)
  })

  test('is what README shows', async () => {
    const readme = readFileSync(join(ROOT, 'README.md'), 'utf8')
    expect(readme).toMatch(
      /expected-failure +Failed +3 +1 +\S+ +Container main exited with code 3\./,
    )
    expect(readme).toMatch(/retry +Completed +0 +2 /)
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    expect(scripts.start).toContain('up manifests/quickstart --local --once')
  })
})

describe('the exit code', () => {
  const once = (folder: string): Promise<{ code: number | null; stdout: string; stderr: string }> =>
    sandbox.run(['up', folder, '--local', '--once'])

  test('is 0 when every run completed, and the same content never runs again', async () => {
    sandbox.write('manifests/good.yaml', runText('good', 'echo ran >> marks'))
    sandbox.write('manifests/other.yaml', runText('other', 'test "$(cat)" = ""'))
    expect(await once('manifests')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\ngood +Completed +0 +1 .*\nother +Completed +0 +1 /),
    })
    expect(await once('manifests')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/\ngood +Completed +0 +1 /),
    })
    expect(readFileSync(sandbox.path('marks'), 'utf8')).toBe('ran\n')
    // Changed content is another run.
    sandbox.write('manifests/good.yaml', runText('good', 'echo again >> marks'))
    expect(await once('manifests')).toMatchObject({ code: 0 })
    expect(readFileSync(sandbox.path('marks'), 'utf8')).toBe('ran\nagain\n')
  })

  test('is 1 for a run that failed, crashed or could not start', async () => {
    sandbox.write('manifests/fails.yaml', runText('fails', 'exit 3'))
    sandbox.write('manifests/signal.yaml', runText('signal', 'kill -9 $$'))
    const missing = runText('missing', '').replace(/command: .*/, 'command: [no-such-program]')
    const retry = '    retry: {limit: 0, rules: [{when: {}, action: Fail}]}\n'
    sandbox.write('manifests/missing.yaml', `${missing}${retry}`)
    const { code, stdout } = await once('manifests')
    expect(stdout).toMatch(/\nfails +Failed +3 +1 /)
    expect(stdout).toMatch(/\nsignal +\w+ +137 +1 /)
    expect(stdout).toMatch(/\nmissing +\w+ +- +1 .*no-such-program/)
    expect(code).toBe(1)
  })

  test('is 1 for a manifest with a problem, and everything else runs', async () => {
    sandbox.write('manifests/good.yaml', runText('good', 'true'))
    sandbox.write('manifests/bad.yaml', runText('bad', 'true').replace('image', 'imag'))
    const { code, stdout, stderr } = await once('manifests')
    expect(stdout).toMatch(/\ngood +Completed +0 +1 /)
    expect(stdout).not.toContain('bad')
    expect(stderr).toContain(`
${sandbox.path('manifests')}/bad.yaml:7:5: spec.template.imag: unknown field 'imag'; did you mean 'image'?
  7 |     imag: busybox
    |     ^
`)
    expect(code).toBe(1)
  })

  test('is 0 for a folder without runs', async () => {
    sandbox.write('manifests/notes.txt', 'no manifest')
    expect(await once('manifests')).toMatchObject({ code: 0, stdout: 'No runs.\n' })
  })

  test('is 1 when a signal ends it early', async () => {
    sandbox.write('manifests/long.yaml', runText('long', 'sleep 600'))
    const program = sandbox.start(['up', 'manifests', '--local', '--once'])
    await program.says(/long {3}Pending → Running/)
    expect(await program.stop('SIGINT')).toEqual({ code: 1, signal: null })
  })
})

describe('the log', () => {
  const SECRET = 'hunter2-is-the-password'

  test('is JSON, one object a line, with the key of what it is about and no value of env', async () => {
    const env = `    env: {TOKEN: ${SECRET}}\n    retry: {limit: 1, backoff: {initialSeconds: 0.1}}\n`
    sandbox.write('manifests/secretive.yaml', runText('secretive', 'test -n "$TOKEN"; exit 1', env))
    const words = ['up', 'manifests', '--local', '--exit-on-idle']
    const { stderr, stdout } = await sandbox.run([
      ...words,
      '--log-format',
      'json',
      '--log-level',
      'trace',
    ])
    const lines = stderr
      .trimEnd()
      .split('\n')
      .filter((line) => !/^\d\d:\d\d:\d\d {2}secretive /.test(line))
      .map((line) => JSON.parse(line) as Record<string, unknown>)
    expect(lines.length).toBeGreaterThan(3)
    for (const line of lines)
      expect(line).toMatchObject({ level: expect.anything(), time: expect.anything() })
    expect(JSON.stringify(lines)).toContain('Run/default/secretive')
    expect(stdout + stderr).not.toContain(SECRET)
  })

  test('is for people when that is asked for', async () => {
    sandbox.write('manifests/hello.yaml', runText('hello', 'true'))
    const words = ['up', 'manifests', '--local', '--once', '--log-format', 'pretty']
    const { stderr } = await sandbox.run([...words, '--log-level', 'info'])
    expect(stderr).toMatch(/folder applied/)
    expect(stderr).not.toContain('{"')
    expect(stderr).not.toContain('\u001B[')
  })
})
