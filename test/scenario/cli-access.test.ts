import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { startCliWorld } from '../world/cli.ts'
import { DEPLOYMENT, runManifest } from '../world/cli-manifests.ts'
import { type SharedCliWorld, useCliWorld } from '../world/shared-cli.ts'

let world: SharedCliWorld

useCliWorld((started) => {
  world = started
})

describe('without a controller', () => {
  test('says how to start one', async () => {
    const result = await world.run('get runs --socket /nonexistent.sock')
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('no controller is running at /nonexistent.sock (from --socket)')
    expect(result.stderr).toContain('capstan up DIR --local')
  })

  test('completion offers live names, and none without a controller', async () => {
    await world.apply(runManifest('hello'))
    expect((await world.run(['__complete', 'logs', 'he'])).stdout).toBe('hello\n')
    expect((await world.run(['__complete', 'get', 'runs', ''])).stdout).toBe('hello\n')
    expect((await world.run(['__complete', 'get', 'run/h'])).stdout).toBe('run/hello\n')
    expect((await world.run(['__complete', 'get', 'rnus', ''])).stdout).toBe('')
  })

  test('import prints manifests that are valid, and what was lost', async () => {
    const block = JSON.stringify({
      _block_type_slug: 'ecs-task',
      data: { image: 'busybox', cpu: 256, memory: 512, stream_output: true, unheard_of: 1 },
    })
    const imported = await world.run('import - --name block', { stdin: block })
    expect(imported.exitCode).toBe(0)
    expect(imported.stdout).toContain('apiVersion: capstan.dev/v1')
    expect(imported.stderr).toContain('unheard_of')
    const valid = await world.run('validate -f -', { stdin: imported.stdout })
    expect(valid.exitCode).toBe(0)
    const nothing = await world.run('import -', { stdin: 'just text' })
    expect(nothing.exitCode).toBe(1)
    expect(nothing.stderr).toMatch(/^error: cannot import STDIN: /)
  })

  test.each(['validate', 'render'])('%s of nothing is no success', async (command) => {
    const empty = join(world.directory, `nothing-to-${command}`)
    mkdirSync(empty)
    writeFileSync(join(empty, 'RUN.YAML'), runManifest('a'))
    expect(await world.run(`${command} ${empty}`)).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: `error: no file in ${empty} is named *.yaml, *.yml or *.json\n`,
    })
  })

  test('validate and render read folders', async () => {
    const directory = join(world.directory, 'manifests')
    mkdirSync(join(directory, 'sub'), { recursive: true })
    writeFileSync(join(directory, 'a.yaml'), runManifest('a'))
    writeFileSync(join(directory, 'sub', 'etl.yml'), DEPLOYMENT)
    const valid = await world.run(`validate ${directory}`)
    expect(valid.stderr).toBe('')
    expect(valid.stdout).toBe(
      `${directory}/a.yaml valid (1 object)\n${directory}/sub/etl.yml valid (1 object)\n`,
    )
    writeFileSync(join(directory, 'a.yaml'), runManifest('a').replace('image:', 'cpu: 3, image:'))
    const invalid = await world.run(`validate ${directory}`)
    expect(invalid.exitCode).toBe(1)
    expect(invalid.stdout).toBe(`${directory}/sub/etl.yml valid (1 object)\n`)
    expect(invalid.stderr).toMatch(/a\.yaml:4:\d+: .*\n {2}4 \| spec: .*\n {4}\| +\^/)
  })
})

describe('config view', () => {
  test('says of each setting of a run whose it is', async () => {
    await world.apply(`apiVersion: capstan.dev/v1
kind: WorkPool
metadata: {name: big}
spec: {template: {cpu: 4096, env: {POOL: p, BOTH: pool}}}
---
${DEPLOYMENT.replace('template: {', 'workPool: big\n  template: {env: {BOTH: deployment}, ')}`)
    await world.run('run etl --name now --param day=x')
    const { stdout } = await world.run('config view now -o json')
    const rows: readonly Record<string, string>[] = JSON.parse(stdout)
    const of = (name: string) => rows.find((row) => row['name'] === name)
    expect(of('cpu')).toMatchObject({ value: '4096', source: 'WorkPool' })
    expect(of('image')).toMatchObject({ value: 'busybox', source: 'Deployment' })
    expect(of('env.POOL')).toMatchObject({ value: 'p', source: 'WorkPool' })
    expect(of('env.BOTH')).toMatchObject({ value: 'deployment', source: 'Deployment' })
    expect(of('launchType')).toMatchObject({ value: 'FARGATE', source: 'Default' })
  })

  test('tells where a heartbeat comes from, and what follows from it; so does describe', async () => {
    await world.apply(`apiVersion: capstan.dev/v1
kind: WorkPool
metadata: {name: big}
spec: {template: {env: {PREFECT_RUNNER_HEARTBEAT_FREQUENCY: 60}}}
---
${DEPLOYMENT.replace('template: {', 'workPool: big\n  template: {')}`)
    await world.run('run etl --name now --param day=x')
    const { stdout } = await world.run('config view now --show-defaults --show-sources')
    const rows = stdout.split('\n').filter((line) => line.startsWith('heartbeat.'))
    expect(rows.map((row) => row.replace(/ {2,}/g, ' | ').trim())).toEqual([
      'heartbeat.frequencySeconds | 60 | WorkPool env.PREFECT_RUNNER_HEARTBEAT_FREQUENCY',
      'heartbeat.missed | 3 | Default',
      'heartbeat.windowSeconds | 195 | frequencySeconds × missed + 15',
      'heartbeat.firstBeatSeconds | 300 | Default',
      'heartbeat.source | Http | Default',
      'heartbeat.onMissed | Crash | Default',
    ])
    const brief = await world.run('config view now --hide-defaults --hide-sources')
    expect(brief.stdout).toMatch(/^SETTING +VALUE\n/)
    expect(brief.stdout).not.toContain('heartbeat.missed')
    const described = await world.run('describe run now')
    expect(described.stdout).toMatch(
      /heartbeat\.frequencySeconds +60 +WorkPool env\.PREFECT_RUNNER_HEARTBEAT_FREQUENCY/,
    )
  })

  test('and of this program', async () => {
    const { stdout } = await world.run('config view')
    expect(stdout).toMatch(/^SETTING +VALUE +SOURCE\nnamespace +default +default\n/)
    expect(stdout).toMatch(/\nsocket +\S+capstan\.sock +CAPSTAN_SOCKET\n/)
  })
})

describe('over HTTPS', () => {
  beforeAll(() => world.listenHttps())

  test('a kubeconfig is all that is needed', async () => {
    const world = await startCliWorld()
    onTestFinished(() => world.close())
    const refused = await world.run('kubeconfig')
    expect(refused.exitCode).toBe(1)
    expect(refused.stdout).toBe('')
    expect(refused.stderr).toContain('--listen')
    await world.listenHttps()
    const { stdout } = await world.run('kubeconfig -n team-a')
    const file = join(world.directory, 'kubeconfig')
    writeFileSync(file, stdout)
    await world.run('apply -n team-a -f -', { stdin: runManifest('hello') })
    const away = '--socket /nonexistent'
    const listed = await world.run(`get runs -o name --kubeconfig ${file} ${away}`)
    expect(listed).toEqual({ exitCode: 0, stdout: 'run.capstan.dev/hello\n', stderr: '' })
    const wrong = await world.run(`get runs --kubeconfig ${file} --token nonsense`)
    expect(wrong).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: You must be logged in to the server (Unauthorized)\n',
    })
    const [, url = ''] = /server: (\S+)/.exec(stdout) ?? []
    const untrusted = await world.run(`get runs --server ${url} --token x`)
    expect(untrusted.stderr).toContain(
      `cannot reach the controller at ${url}: its certificate is of an authority that is not trusted here`,
    )
    const context = await world.run(`get runs --kubeconfig ${file} --context prod`)
    expect(context.stderr).toBe('error: the kubeconfig has no context "prod": it has capstan\n')
  })

  test('tokens are made, listed and taken back', async () => {
    const made = await world.run('token create ci --role view --expires-in 30d')
    expect(made.stdout).toMatch(/^capstan_[0-9a-f]{64}\n$/)
    expect(made.stderr).toMatch(/^token ci \(\w{10}\) may view\. It expires at 20\S+Z\./)
    const twice = await world.run('token create ci')
    expect(twice.stderr).toContain('(AlreadyExists): tokens "ci" already exists')
    const token = made.stdout.trim()
    const config = await world.run('kubeconfig --use-token -', { stdin: made.stdout })
    expect(config.stdout).toContain(`token: ${token}`)
    const file = join(world.directory, 'viewer.yaml')
    writeFileSync(file, config.stdout)
    const as = `--kubeconfig ${file} --socket /nonexistent`
    expect(await world.run(`get runs ${as}`)).toMatchObject({ exitCode: 0 })
    const refused = await world.run(`apply -f - ${as}`, { stdin: runManifest('no') })
    expect(refused.stderr).toContain('User "capstan:ci" cannot')
    const list = await world.run('token list')
    expect(list.stdout).toMatch(
      /^ID +NAME +ROLE +CREATED +EXPIRES +LAST USED \(HOUR\)\n(.*\n)*\w{10} +ci +view +20\S+ +20\S+ +20\S+:00:00\.000Z\n/,
    )
    expect((await world.run(`token list ${as}`)).stderr).toContain('only an admin may manage')
    expect((await world.run('token list -o json')).stdout).not.toContain(token.slice(8, 20))
    expect((await world.run('token revoke ci')).stdout).toMatch(/^token ci \(\w+\) revoked\n$/)
    expect((await world.run(`get runs ${as}`)).stderr).toContain('You must be logged in')
    const again = await world.run('token revoke ci')
    expect(again.stderr).toBe('Error from server (NotFound): tokens "ci" not found\n')
    const stale = await world.run(`kubeconfig --use-token ${token}`)
    expect(stale.stderr).toContain('was revoked')
  })

  test.each([
    ['token', 'write token create NAME, token list'],
    ['token create', 'write token create NAME'],
    ['token create A', 'a token needs a name'],
    ['token create x --role root', 'role: "root" is none: use one of view, edit, admin'],
    ['token create x --expires-in 1s', 'expiresInSeconds: 1 is not a number from 60'],
    ['token list x', 'token list takes no names'],
    ['token revoke', 'write token revoke ID'],
    ['kubeconfig --role root', 'role: "root" is not supported'],
    ['get runs --context nope', 'there is no context "nope" in '],
  ])('%s is refused', async (line, message) => {
    const { exitCode, stderr } = await world.run(line)
    expect(exitCode).toBe(1)
    expect(stderr).toContain(message)
  })
})
