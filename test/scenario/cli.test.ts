import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type CliWorld, startCliWorld } from '../world/cli.ts'

/** Every test makes its own namespace-independent names, so one server serves them all. */
let world: CliWorld

beforeAll(async () => {
  world = await startCliWorld()
})

afterAll(async () => {
  await world.close()
})

/** Deletes what the last test left; nothing runs here that would take finalizers off. */
beforeEach(() => {
  world.clear()
})

function runManifest(name: string, image = 'busybox'): string {
  return `apiVersion: capstan.dev/v1
kind: Run
metadata: {name: ${name}, labels: {app: ${name}}}
spec: {template: {image: ${image}, env: {GREETING: hello, UNSET: null}}}
`
}

const DEPLOYMENT = `apiVersion: capstan.dev/v1
kind: Deployment
metadata: {name: etl}
spec:
  parameterSchema: {properties: {day: {type: string}}}
  template: {image: busybox}
`

async function apply(manifest: string): Promise<void> {
  const result = await world.run('apply -f -', { stdin: manifest })
  expect(result.stderr).toBe('')
  expect(result.exitCode).toBe(0)
}

describe('apply', () => {
  test('creates, leaves alone, and configures', async () => {
    const first = await world.run('apply -f -', { stdin: runManifest('hello') })
    expect(first.stdout).toBe('run.capstan.dev/hello created\n')
    const second = await world.run('apply -f -', { stdin: runManifest('hello') })
    expect(second.stdout).toBe('run.capstan.dev/hello unchanged\n')
    const third = await world.run('apply -f -', { stdin: runManifest('hello', 'alpine') })
    expect(third.stdout).toBe('run.capstan.dev/hello configured\n')
    expect((await world.run('get run hello -o jsonpath={.spec.template.env}')).stdout).toBe(
      '{"GREETING":"hello","UNSET":null}',
    )
  })

  test('a null that is added later reaches the object', async () => {
    await apply(runManifest('hello').replace(', UNSET: null', ''))
    await apply(runManifest('hello'))
    expect((await world.run('get run hello -o jsonpath={.spec.template.env}')).stdout).toBe(
      '{"GREETING":"hello","UNSET":null}',
    )
  })

  test('removes what the manifest no longer says', async () => {
    await apply(runManifest('hello'))
    await apply(runManifest('hello').replace('labels: {app: hello}', 'labels: {tier: x}'))
    expect((await world.run('get run hello -o jsonpath={.metadata.labels}')).stdout).toBe(
      '{"tier":"x"}',
    )
  })

  test('applies what others refer to first', async () => {
    const stdin = `${runManifest('hello')}---\n${DEPLOYMENT}`
    expect((await world.run('apply -f -', { stdin })).stdout).toBe(
      'deployment.capstan.dev/etl created\nrun.capstan.dev/hello created\n',
    )
  })

  test('creates missing namespaces', async () => {
    const result = await world.run('apply -n fresh -f -', { stdin: runManifest('hello') })
    expect(result.stdout).toBe('namespace/fresh created\nrun.capstan.dev/hello created\n')
    expect((await world.run('get runs -A -o name')).stdout).toBe('run.capstan.dev/hello\n')
  })

  test('dry runs change nothing', async () => {
    for (const [strategy, suffix] of [
      ['--dry-run=client', ' (dry run)'],
      ['--dry-run', ' (dry run)'],
      ['--dry-run=server', ' (server dry run)'],
    ]) {
      const result = await world.run(`apply ${strategy} -f -`, { stdin: runManifest('hello') })
      expect(result.stdout).toBe(`run.capstan.dev/hello created${suffix}\n`)
    }
    expect((await world.run('get runs')).stderr).toBe('No resources found in default namespace.\n')
  })

  test('prints several objects as one List', async () => {
    const stdin = `${runManifest('a')}---\n${runManifest('b')}`
    const { stdout } = await world.run('apply -f - -o jsonpath={.items[*].metadata.name}', {
      stdin,
    })
    expect(stdout).toBe('a b')
    expect((await world.run('apply -f - -o name', { stdin })).stdout).toBe(
      'run.capstan.dev/a\nrun.capstan.dev/b\n',
    )
  })

  test('on the server, with conflicts', async () => {
    const first = await world.run('apply --server-side -f -', { stdin: runManifest('hello') })
    expect(first.stdout).toBe('run.capstan.dev/hello serverside-applied\n')
    const other = await world.run('apply --server-side --field-manager=bob -f -', {
      stdin: runManifest('hello', 'alpine'),
    })
    expect(other.exitCode).toBe(1)
    expect(other.stderr).toContain('Error from server (Conflict): ')
    const forced = await world.run(
      'apply --server-side --field-manager=bob --force-conflicts -f -',
      { stdin: runManifest('hello', 'alpine') },
    )
    expect(forced.stdout).toBe('run.capstan.dev/hello serverside-applied\n')
  })

  test('goes on after a refusal, and shows where the manifest is wrong', async () => {
    const wrong = runManifest('bad').replace('image: busybox', 'image: busybox, memroy: 512')
    const file = join(world.directory, 'runs.yaml')
    writeFileSync(file, `${wrong}---\n${runManifest('good')}`)
    const result = await world.run(`apply -f ${file}`)
    expect(result.exitCode).toBe(1)
    expect(result.stdout).toBe('run.capstan.dev/good created\n')
    expect(result.stderr).toContain(`${file}:4:35: `)
    expect(result.stderr).toContain('memory')
    expect(result.stderr).toContain('^')
  })

  test.each<[string, string, string]>([
    ['apply', runManifest('x'), 'must specify one of -f and -k'],
    [
      'apply -f /nonexistent',
      '',
      'the path "/nonexistent" cannot be read: no such file or directory',
    ],
    ['apply -f -', '', 'no objects were found'],
    [
      'apply -f -',
      'kind: Rnu\napiVersion: capstan.dev/v1\nmetadata: {name: x}\n',
      'did you mean Run',
    ],
    ['apply -f -', 'a: [', 'STDIN:1:'],
    [
      'apply -f - -n other',
      runManifest('x').replace('name: x,', 'name: x, namespace: y,'),
      'does not match the namespace "other"',
    ],
    [
      'apply -f -',
      runManifest('x').replace('name: x,', 'generateName: x-,'),
      'cannot use generate name with apply',
    ],
  ])('%s fails: %#', async (line, stdin, message) => {
    const result = await world.run(line, { stdin })
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain(message)
    expect(result.stdout).toBe('')
  })
})

describe('create', () => {
  test('fails where the object exists', async () => {
    const stdin = runManifest('hello')
    expect((await world.run('create -f -', { stdin })).stdout).toBe(
      'run.capstan.dev/hello created\n',
    )
    const again = await world.run('create -f -', { stdin })
    expect(again.exitCode).toBe(1)
    expect(again.stderr).toBe(
      'Error from server (AlreadyExists): error when creating "STDIN": runs.capstan.dev "hello" already exists\n',
    )
  })

  test('completes generateName', async () => {
    const stdin = runManifest('hello').replace('name: hello,', 'generateName: hello-,')
    const { stdout } = await world.run('create -f - -o name', { stdin })
    expect(stdout).toMatch(/^run\.capstan\.dev\/hello-[a-z0-9]{5}\n$/)
  })

  test('makes namespaces', async () => {
    expect((await world.run('create ns team-a')).stdout).toBe('namespace/team-a created\n')
    expect((await world.run('get ns team-a -o name')).stdout).toBe('namespace/team-a\n')
  })
})

describe('get', () => {
  test('prints tables, one per kind', async () => {
    await apply(`${DEPLOYMENT}---\n${runManifest('hello')}`)
    const { stdout } = await world.run('get run,deploy')
    expect(stdout).toMatch(
      /^NAME +STATE +EXIT +POOL +AGE\nrun\.capstan\.dev\/hello .*\n\nNAME +POOL +SUSPEND +NEXT +AGE\ndeployment\.capstan\.dev\/etl .*\n$/,
    )
  })

  test.each<[string, string]>([
    ['get runs -o name', 'run.capstan.dev/a\nrun.capstan.dev/b\n'],
    ['get run a -o jsonpath={.metadata.name}', 'a'],
    ['get run/a -o=jsonpath={.metadata.name}', 'a'],
    ['get runs -ojsonpath={.items[*].metadata.name}', 'a b'],
    ['get runs -l app=b -o name', 'run.capstan.dev/b\n'],
    ['get runs -l app!=b -o name', 'run.capstan.dev/a\n'],
    ['get runs --field-selector metadata.name=b -o name', 'run.capstan.dev/b\n'],
    [
      'get runs -o custom-columns=N:.metadata.name,X:.spec.nothing',
      'N     X\na     <none>\nb     <none>\n',
    ],
    ['get runs --no-headers -o custom-columns=N:.metadata.name', 'a\nb\n'],
    ['get run a --ignore-not-found -o name', 'run.capstan.dev/a\n'],
    ['get run z --ignore-not-found', ''],
    [
      'get runs -L app --no-headers=true --show-labels -l app=a',
      expect.stringMatching(/^a .* a +app=a\n$/),
    ],
  ])('%s', async (line, expected) => {
    await apply(`${runManifest('b')}---\n${runManifest('a')}`)
    const result = await world.run(line)
    expect(result).toEqual({ exitCode: 0, stderr: '', stdout: expected })
  })

  test('sorts', async () => {
    await apply(
      `${runManifest('b', 'x1')}---\n${runManifest('a', 'x10')}---\n${runManifest('c', 'x2')}`,
    )
    const { stdout } = await world.run('get runs --sort-by=.spec.template.image -o name')
    expect(stdout).toBe('run.capstan.dev/b\nrun.capstan.dev/c\nrun.capstan.dev/a\n')
    const table = await world.run('get runs --sort-by={.spec.template.image} --no-headers')
    expect(table.stdout.split('\n').map((line) => line[0])).toEqual(['b', 'c', 'a', undefined])
  })

  test('prints what was found, and what was not', async () => {
    await apply(runManifest('a'))
    const result = await world.run('get run a z -o name')
    expect(result).toEqual({
      exitCode: 1,
      stdout: 'run.capstan.dev/a\n',
      stderr: 'Error from server (NotFound): runs.capstan.dev "z" not found\n',
    })
  })

  test('yaml can be applied again, also when it is no longer the newest', async () => {
    await apply(runManifest('a'))
    const { stdout } = await world.run('get run a -o yaml')
    await world.run('suspend run/a')
    await apply(stdout)
    expect((await world.run('apply -f -', { stdin: stdout })).stdout).toBe(
      'run.capstan.dev/a unchanged\n',
    )
  })

  test('watches', async () => {
    await apply(runManifest('a'))
    const seen: string[] = []
    const watching = watchUntil('get runs -w --output-watch-events', /MODIFIED +a/, seen)
    await watching.started(/ADDED +a/)
    world.setStatus('Run', 'a', { state: { type: 'RUNNING', name: 'Running' } })
    expect(await watching.done).toMatch(
      /^EVENT +NAME +STATE +EXIT +POOL +AGE\nADDED +a .*\nMODIFIED +a +Running .*\n$/,
    )
  })
})

/** Runs a command that does not end by itself until its output has what is waited for. */
function watchUntil(line: string, pattern: RegExp, waiters: string[]) {
  waiters.length = 0
  const listeners = new Set<(output: string) => void>()
  let output = ''
  const until = (wanted: RegExp): Promise<string> =>
    new Promise((resolve) => {
      const look = (): void => {
        if (!wanted.test(output)) return
        listeners.delete(look)
        resolve(output)
      }
      listeners.add(look)
      look()
    })
  void world.run(line, {
    onOutput(soFar) {
      output = soFar
      for (const listener of listeners) listener(soFar)
    },
  })
  return { started: until, done: until(pattern) }
}

describe('steering', () => {
  test('cancel, suspend and resume change the spec', async () => {
    await apply(`${DEPLOYMENT}---\n${runManifest('hello')}`)
    expect((await world.run('cancel hello')).stdout).toBe(
      'run.capstan.dev/hello cancel requested\n',
    )
    expect((await world.run('suspend deploy/etl')).stdout).toBe(
      'deployment.capstan.dev/etl suspended\n',
    )
    expect((await world.run('get deploy etl -o jsonpath={.spec.suspend}')).stdout).toBe('true')
    expect((await world.run('resume deploy/etl')).stdout).toBe(
      'deployment.capstan.dev/etl resumed\n',
    )
    expect((await world.run('get run hello -o jsonpath={.spec.cancel}')).stdout).toBe('true')
  })

  test('a selection leaves out what the verb does not fit, a name does not', async () => {
    await apply(`${runManifest('a')}---\n${runManifest('b')}`)
    world.setStatus('Run', 'a', { state: { type: 'COMPLETED', name: 'Completed' } })
    expect(await world.run('cancel --all')).toEqual({
      exitCode: 0,
      stdout: 'run.capstan.dev/b cancel requested\n',
      stderr: '',
    })
    expect(await world.run('cancel a')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: run.capstan.dev/a has already ended (COMPLETED)\n',
    })
  })

  test('retry asks with a new text each time, and takes the cancel back', async () => {
    await apply(runManifest('a').replace('spec: {', 'spec: {cancel: true, '))
    world.setStatus('Run', 'a', { state: { type: 'CANCELLED', name: 'Cancelled' } })
    expect((await world.run('retry a')).stdout).toBe('run.capstan.dev/a rerun requested\n')
    const path = '{.metadata.annotations.capstan\\.dev/rerun} {.spec.cancel}'
    const first = await world.run(['get', 'run', 'a', '-o', `jsonpath=${path}`])
    await world.run('retry a')
    const second = await world.run(['get', 'run', 'a', '-o', `jsonpath=${path}`])
    expect(first.stdout).toMatch(/^\d{4}-\S+ false$/)
    expect(second.stdout).not.toBe(first.stdout)
  })
})

describe('wait', () => {
  test('until a condition is met', async () => {
    await apply(runManifest('a'))
    const waiting = world.run('wait run/a --for=condition=Complete --timeout=20s')
    world.setStatus('Run', 'a', { conditions: [{ type: 'Complete', status: 'True' }] })
    expect(await waiting).toEqual({
      exitCode: 0,
      stdout: 'run.capstan.dev/a condition met\n',
      stderr: '',
    })
  })

  test('until it is gone', async () => {
    await apply(DEPLOYMENT)
    const waiting = world.run('wait deploy/etl --for=delete --timeout=20s')
    await world.run('delete deploy etl')
    expect((await waiting).stdout).toBe('deployment.capstan.dev/etl deleted\n')
  })

  test('not for ever', async () => {
    await apply(runManifest('a'))
    expect(await world.run('wait run/a --for=condition=Complete --timeout=50ms')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: timed out waiting for the condition on runs/a\n',
    })
  })
})

describe('run', () => {
  test('starts a deployment with values of the right types', async () => {
    await apply(DEPLOYMENT)
    const words = [
      'run',
      'etl',
      '--name',
      'now',
      '--param',
      'day=2026',
      '--param',
      'n=3',
      '--set',
      'v=x',
    ]
    expect((await world.run(words)).stdout).toBe('run.capstan.dev/now created\n')
    const { stdout } = await world.run('get run now -o jsonpath={.spec}')
    expect(JSON.parse(stdout)).toEqual({
      deployment: 'etl',
      parameters: { day: '2026', n: 3 },
      variables: { v: 'x' },
    })
  })

  test.each<[string, object, number]>([
    ['COMPLETED', { exitCode: 0 }, 0],
    ['FAILED', { exitCode: 42 }, 42],
    ['CRASHED', { exitCode: 137 }, 1],
    ['FAILED', {}, 1],
    ['CANCELLED', { exitCode: 0 }, 1],
  ])('waits and exits as the container did: %s %o', async (type, status, exitCode) => {
    const created = new Promise<void>((resolve) => {
      world.onceCreated('Run', 'hello', resolve)
    })
    const running = world.run('run -f - --wait', { stdin: runManifest('hello') })
    await created
    world.setStatus('Run', 'hello', { state: { type, name: 'Ended' }, ...status })
    const result = await running
    expect(result.exitCode).toBe(exitCode)
    expect(result.stdout).toBe('run.capstan.dev/hello created\n')
    expect(result.stderr).toContain('Ended')
  })

  test('prints the output of the task, and nothing else on stdout', async () => {
    world.lines.push({ timestampMs: 0, message: 'hi there', container: 'main' })
    const created = new Promise<void>((resolve) => {
      world.onceCreated('Run', 'hello', resolve)
    })
    const running = world.run('run -f - --logs', { stdin: runManifest('hello') })
    await created
    const attempts = [{ number: 1, startedAt: '2026-01-01T00:00:00Z' }]
    world.setStatus('Run', 'hello', { state: { type: 'COMPLETED', name: 'Completed' }, attempts })
    expect((await running).stdout).toBe('hi there\n')
  })

  test('says what to do about a name that is taken', async () => {
    await apply(runManifest('hello'))
    const result = await world.run('run -f -', { stdin: runManifest('hello') })
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('run it again with retry hello')
  })
})

describe('logs', () => {
  test('of a run, of a deployment, of a selection', async () => {
    world.lines.push({ timestampMs: 0, message: 'line 1', container: 'main' })
    world.lines.push({ timestampMs: 1, message: 'line 2', container: 'main' })
    await apply(DEPLOYMENT)
    await world.run('run etl --name one')
    world.setStatus('Run', 'one', { attempts: [{ number: 1 }] })
    expect((await world.run('logs one')).stdout).toBe('line 1\nline 2\n')
    expect((await world.run('logs run/one --tail=1')).stdout).toBe('line 2\n')
    expect((await world.run('logs deploy/etl')).stdout).toBe('line 1\nline 2\n')
    expect((await world.run('logs one --timestamps --tail 1')).stdout).toBe(
      '1970-01-01T00:00:00.001000Z line 2\n',
    )
    expect((await world.run('logs one --prefix')).stdout).toBe(
      '[run/one] line 1\n[run/one] line 2\n',
    )
  })

  test('of all containers, each by its name; of a deployment, whose run names none itself', async () => {
    world.lines.push({ timestampMs: 0, message: 'line', container: 'main' })
    await apply(DEPLOYMENT)
    await world.run('run etl --name one')
    world.setStatus('Run', 'one', { attempts: [{ number: 1, containers: ['web', 'proxy'] }] })
    expect((await world.run('logs one --all-containers --prefix')).stdout).toBe(
      '[run/one/web] line\n[run/one/proxy] line\n',
    )
    expect((await world.run('logs pod/one --all-containers')).stdout).toBe('line\nline\n')
    expect((await world.run('logs one -c typo')).stderr).toContain('it has web, proxy')
    const both = await world.run('logs one --all-containers -c web')
    expect(both.stderr).toContain('should not be specified with container name')
  })

  test('of a run without a task', async () => {
    await apply(runManifest('a'))
    const result = await world.run('logs a')
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('has no task yet')
  })
})

describe('edit', () => {
  test('sends what was changed', async () => {
    await apply(runManifest('a'))
    const openEditor = (file: string): Promise<number> => {
      writeFileSync(file, readFileSync(file, 'utf8').replace('image: busybox', 'image: alpine'))
      return Promise.resolve(0)
    }
    const result = await world.run('edit run/a', { programs: { openEditor } })
    expect(result).toEqual({ exitCode: 0, stdout: 'run.capstan.dev/a edited\n', stderr: '' })
    expect((await world.run('get run a -o jsonpath={.spec.template.image}')).stdout).toBe('alpine')
  })

  test('opens a refused text again with the reason', async () => {
    await apply(runManifest('a'))
    const texts: string[] = []
    const openEditor = (file: string): Promise<number> => {
      const text = readFileSync(file, 'utf8')
      texts.push(text)
      const [from, to] =
        texts.length === 1 ? ['image: busybox', 'image: 7'] : ['image: 7', 'image: x']
      writeFileSync(file, text.replace(from!, to!))
      return Promise.resolve(0)
    }
    const result = await world.run('edit run/a', { programs: { openEditor } })
    expect(result.exitCode).toBe(0)
    expect(texts[1]).toContain('# The Run "a" is invalid')
  })

  test('without a change sends nothing', async () => {
    await apply(runManifest('a'))
    const openEditor = (): Promise<number> => Promise.resolve(0)
    expect((await world.run('edit run/a', { programs: { openEditor } })).stdout).toBe(
      'Edit cancelled, no changes made.\n',
    )
  })
})

describe('delete', () => {
  test('waits until the task has stopped', async () => {
    await apply(runManifest('a'))
    const marked = new Promise<void>((resolve) => world.onceDeleting('Run', 'a', resolve))
    const deleting = world.run('delete run a')
    await marked
    expect((await world.run('get run a -o name')).stdout).toBe('run.capstan.dev/a\n')
    world.release('Run', 'a')
    expect(await deleting).toEqual({
      exitCode: 0,
      stdout: 'run.capstan.dev "a" deleted from default namespace\n',
      stderr: '',
    })
  })

  test('what a file names', async () => {
    await apply(DEPLOYMENT)
    const result = await world.run('delete -f -', { stdin: DEPLOYMENT })
    expect(result.stdout).toBe('deployment.capstan.dev "etl" deleted from default namespace\n')
    expect((await world.run('delete -f -', { stdin: DEPLOYMENT })).exitCode).toBe(1)
    expect(
      (await world.run('delete --ignore-not-found -f -', { stdin: DEPLOYMENT })).exitCode,
    ).toBe(0)
  })

  test('needs a name or a selection', async () => {
    const result = await world.run('delete runs')
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('no name was specified')
  })
})

describe('diff', () => {
  test('exits 0, 1 and above as kubectl does', async () => {
    await apply(runManifest('a'))
    expect(await world.run('diff -f -', { stdin: runManifest('a') })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: '',
    })
    const changed = await world.run('diff -f -', { stdin: runManifest('a', 'alpine') })
    expect(changed.exitCode).toBe(1)
    expect(changed.stdout).toContain('-    image: busybox\n+    image: alpine\n')
    const fresh = await world.run('diff -f -', { stdin: runManifest('new') })
    expect(fresh.exitCode).toBe(1)
    expect(fresh.stdout).toContain('+kind: Run\n')
    expect((await world.run('diff -f /nonexistent')).exitCode).toBe(2)
  })
})

describe('describe', () => {
  test('shows spec, status, attempts, conditions and events', async () => {
    await apply(runManifest('hello'))
    world.setStatus('Run', 'hello', FAILED_STATUS)
    world.recordEvent('Run', 'hello', { type: 'Warning', reason: 'Failed', message: 'exit code 3' })
    const { stdout } = await world.run('describe run hello')
    expect(stdout).toContain('State:                Failed (FAILED) for ')
    expect(stdout).toContain('  1       SpotInterruption  -     ')
    expect(stdout).toContain('Last output of attempt 2:\n  Traceback:\n')
    expect(stdout).toMatch(/\n {2}Warning +Failed +\d+s +capstan +exit code 3\n$/)
  })

  test('a prefix of a name will do', async () => {
    await apply(`${runManifest('hello-1')}---\n${runManifest('hello-2')}`)
    const { stdout } = await world.run('describe run hello')
    expect(stdout.match(/^Name:.*$/gm)).toEqual(['Name:         hello-1', 'Name:         hello-2'])
  })
})

const FAILED_STATUS = {
  observedGeneration: 1,
  state: {
    type: 'FAILED',
    name: 'Failed',
    message: 'Exit code 3',
    timestamp: '2020-01-01T00:00:00Z',
  },
  exitCode: 3,
  statusCode: 3,
  identifier: 'default::arn:aws:ecs:eu-west-1:1:task/default/abc2',
  attempts: [
    {
      number: 1,
      taskArn: 'arn:aws:ecs:eu-west-1:1:task/default/abc1',
      class: 'SpotInterruption',
      launchedAt: '2020-01-01T00:00:00Z',
      startedAt: '2020-01-01T00:00:10Z',
      stoppedAt: '2020-01-01T00:01:00Z',
      stoppedReason: 'Your Spot Task was interrupted.',
    },
    {
      number: 2,
      taskArn: 'arn:aws:ecs:eu-west-1:1:task/default/abc2',
      class: 'ExitNonZero',
      exitCode: 3,
      launchedAt: '2020-01-01T00:00:00Z',
      startedAt: '2020-01-01T00:02:00Z',
      stoppedAt: '2020-01-01T00:10:00Z',
      stoppedReason: 'Essential container in task exited',
      lastLines: ['Traceback:', '\tValueError: bad input'],
    },
  ],
  conditions: [
    {
      type: 'Failed',
      status: 'True',
      reason: 'ExitNonZero',
      message: 'Exit code 3',
      lastTransitionTime: '2020-01-01T00:10:00Z',
    },
  ],
}

describe('events', () => {
  test('of one object, by type', async () => {
    await apply(`${runManifest('a')}---\n${runManifest('b')}`)
    world.recordEvent('Run', 'a', { type: 'Normal', reason: 'Launched', message: 'task x' })
    world.recordEvent('Run', 'a', { type: 'Warning', reason: 'Failed', message: 'exit code 1' })
    world.recordEvent('Run', 'b', { type: 'Normal', reason: 'Launched', message: 'task y' })
    const { stdout } = await world.run('events --for run/a')
    expect(stdout).toMatch(
      /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\d+s +Normal +Launched +Run\/a +task x\n\d+s +Warning +Failed +Run\/a +exit code 1\n$/,
    )
    const warnings = await world.run('events --types=Warning --no-headers')
    expect(warnings.stdout).toMatch(/^\d+s +Warning +Failed +Run\/a +exit code 1\n$/)
    expect((await world.run('events --for run/none')).stderr).toBe(
      'No events found in default namespace.\n',
    )
  })

  test('of the event log: of one run, as a table, as JSON, and as it goes on', async () => {
    await apply(`${runManifest('a')}---\n${runManifest('b')}`)
    world.recordLogged('a', 'Running')
    world.recordLogged('b', 'Running')
    world.recordLogged('a', 'Completed')
    const { stdout } = await world.run('events --log --for run/a')
    expect(stdout).toMatch(
      /^LAST SEEN +EVENT +RESOURCE +DETAIL\n\d+s +capstan\.run\.Running +run\/a +of a\n\d+s +capstan\.run\.Completed +run\/a +of a\n$/,
    )
    const wide = await world.run('events --log --limit 1 -o wide')
    expect(wide.stdout).toMatch(
      /ID\n\d+s +capstan\.run\.Completed +run\/a +of a +\d+ +[0-9a-f-]{36}\n$/,
    )
    const json = await world.run('events --log --for run/b -o json')
    expect(JSON.parse(json.stdout)).toMatchObject({
      items: [{ event: 'capstan.run.Running', namespace: 'default', payload: { message: 'of b' } }],
    })
    expect((await world.run('events --log --for run/none')).stderr).toBe('No events found.\n')
    expect((await world.run('events --log --types Warning')).stderr).toContain('--types')
    const watching = watchUntil('events --log --for run/a -w', /capstan\.run\.Late/, [])
    await watching.started(/Completed/)
    world.recordLogged('b', 'Late')
    world.recordLogged('a', 'Late')
    expect(await watching.done).toMatch(/Completed +run\/a +of a\n.* +run\/a +of a\n$/)
  })
})

describe('without a controller', () => {
  test('says how to start one', async () => {
    const result = await world.run('get runs --socket /nonexistent.sock')
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('no controller is running at /nonexistent.sock (from --socket)')
    expect(result.stderr).toContain('capstan up DIR --local')
  })

  test('completion offers live names, and none without a controller', async () => {
    await apply(runManifest('hello'))
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
    await apply(`apiVersion: capstan.dev/v1
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
    await apply(`apiVersion: capstan.dev/v1
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
  test('a kubeconfig is all that is needed', async () => {
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
    expect(untrusted.stderr).toContain(`cannot reach the controller at ${url}: `)
    const context = await world.run(`get runs --kubeconfig ${file} --context prod`)
    expect(context.stderr).toBe('error: the kubeconfig has no context "prod": it has capstan\n')
  })

  test('tokens are made, listed and taken back', async () => {
    await world.listenHttps()
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
