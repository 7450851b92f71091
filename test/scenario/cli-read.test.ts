import { describe, expect, test } from 'vitest'
import { DEPLOYMENT, runManifest } from '../world/cli-manifests.ts'
import { type SharedCliWorld, useCliWorld } from '../world/shared-cli.ts'

let world: SharedCliWorld

useCliWorld((started) => {
  world = started
})

describe('get', () => {
  test('prints tables, one per kind', async () => {
    await world.apply(`${DEPLOYMENT}---\n${runManifest('hello')}`)
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
    await world.apply(`${runManifest('b')}---\n${runManifest('a')}`)
    const result = await world.run(line)
    expect(result).toEqual({ exitCode: 0, stderr: '', stdout: expected })
  })

  test('a template that is missing is an error, not an empty page', async () => {
    for (const output of ['jsonpath', 'jsonpath=']) {
      expect((await world.run(`get wp -o ${output}`)).stderr).toMatch(
        /^error: template format specified but no template given\n/,
      )
    }
  })

  test('sorts', async () => {
    await world.apply(
      `${runManifest('b', 'x1')}---\n${runManifest('a', 'x10')}---\n${runManifest('c', 'x2')}`,
    )
    const { stdout } = await world.run('get runs --sort-by=.spec.template.image -o name')
    expect(stdout).toBe('run.capstan.dev/b\nrun.capstan.dev/c\nrun.capstan.dev/a\n')
    const table = await world.run('get runs --sort-by={.spec.template.image} --no-headers')
    expect(table.stdout.split('\n').map((line) => line[0])).toEqual(['b', 'c', 'a', undefined])
  })

  test('prints what was found, and what was not', async () => {
    await world.apply(runManifest('a'))
    const result = await world.run('get run a z -o name')
    expect(result).toEqual({
      exitCode: 1,
      stdout: 'run.capstan.dev/a\n',
      stderr: 'Error from server (NotFound): runs.capstan.dev "z" not found\n',
    })
  })

  test('yaml can be applied again, also when it is no longer the newest', async () => {
    await world.apply(runManifest('a'))
    const { stdout } = await world.run('get run a -o yaml')
    await world.run('suspend run/a')
    await world.apply(stdout)
    expect((await world.run('apply -f -', { stdin: stdout })).stdout).toBe(
      'run.capstan.dev/a unchanged\n',
    )
  })

  test('watches', async () => {
    await world.apply(runManifest('a'))
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

describe('logs', () => {
  test('of a run, of a deployment, of a selection', async () => {
    world.lines.push({ timestampMs: 0, message: 'line 1', container: 'main' })
    world.lines.push({ timestampMs: 1, message: 'line 2', container: 'main' })
    await world.apply(DEPLOYMENT)
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
    await world.apply(DEPLOYMENT)
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

  test('of what has none', async () => {
    const result = await world.run('logs wp/default')
    expect(result.stderr).toMatch(
      /^error: workpool\/default has no logs: name a RUN, run\/NAME, deployment\/NAME or pod\/NAME\n/,
    )
  })

  test('of a run without a task', async () => {
    await world.apply(runManifest('a'))
    const result = await world.run('logs a')
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('has no task yet')
  })
})

describe('describe', () => {
  test('shows spec, status, attempts, conditions and events', async () => {
    await world.apply(runManifest('hello'))
    world.setStatus('Run', 'hello', FAILED_STATUS)
    world.recordEvent('Run', 'hello', { type: 'Warning', reason: 'Failed', message: 'exit code 3' })
    const { stdout } = await world.run('describe run hello')
    expect(stdout).toContain('State:                Failed (FAILED) for ')
    expect(stdout).toContain('  1       SpotInterruption  -     ')
    expect(stdout).toContain('Last output of attempt 2:\n  Traceback:\n')
    expect(stdout).toMatch(/\n {2}Warning +Failed +\d+s +capstan +exit code 3\n$/)
  })

  test('a prefix of a name will do', async () => {
    await world.apply(`${runManifest('hello-1')}---\n${runManifest('hello-2')}`)
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
    await world.apply(`${runManifest('a')}---\n${runManifest('b')}`)
    world.recordEvent('Run', 'a', { type: 'Normal', reason: 'Launched', message: 'task x' })
    world.recordEvent('Run', 'a', { type: 'Warning', reason: 'Failed', message: 'exit code 1' })
    world.recordEvent('Run', 'b', { type: 'Normal', reason: 'Launched', message: 'task y' })
    const { stdout } = await world.run('events --for run/a')
    expect(stdout).toMatch(
      /^LAST SEEN +TYPE +REASON +OBJECT +MESSAGE\n\d+s +Normal +Launched +Run\/a +task x\n\d+s +Warning +Failed +Run\/a +exit code 1\n$/,
    )
    const warnings = await world.run('events --types=Warning --no-headers')
    expect(warnings.stdout).toMatch(/^\d+s +Warning +Failed +Run\/a +exit code 1\n$/)
    for (const events of ['events', 'events --log']) {
      expect((await world.run(`${events} --for a`)).stderr).toMatch(
        /^error: --for must be in KIND\/NAME form, for example run\/a\n/,
      )
    }
    expect((await world.run('events --for run/none')).stderr).toBe(
      'No events found in default namespace.\n',
    )
  })

  test('of the event log: of one run, as a table, as JSON, and as it goes on', async () => {
    await world.apply(`${runManifest('a')}---\n${runManifest('b')}`)
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
