import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DEPLOYMENT, runManifest } from '../world/cli-manifests.ts'
import { type SharedCliWorld, useCliWorld } from '../world/shared-cli.ts'

let world: SharedCliWorld

useCliWorld((started) => {
  world = started
})

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
    await world.apply(runManifest('hello').replace(', UNSET: null', ''))
    await world.apply(runManifest('hello'))
    expect((await world.run('get run hello -o jsonpath={.spec.template.env}')).stdout).toBe(
      '{"GREETING":"hello","UNSET":null}',
    )
  })

  test('removes what the manifest no longer says', async () => {
    await world.apply(runManifest('hello'))
    await world.apply(runManifest('hello').replace('labels: {app: hello}', 'labels: {tier: x}'))
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

  test.each(['apply run.yaml', 'apply -f a.yaml run.yaml', 'diff -f a.yaml run.yaml'])(
    '%s passes over no file in silence',
    async (line) => {
      const { exitCode, stderr } = await world.run(line)
      expect(stderr).toMatch(/^error: unexpected argument "run\.yaml": write -f run\.yaml\n/)
      expect(exitCode).toBe(line.startsWith('diff') ? 2 : 1)
    },
  )

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

  test('a folder with a kustomization: passed over where it changes nothing, else refused', async () => {
    const folder = mkdtempSync(join(world.directory, 'kustomized-'))
    const file = join(folder, 'kustomization.yaml')
    writeFileSync(join(folder, 'a.yaml'), runManifest('a'))
    writeFileSync(file, 'resources: [a.yaml]\nnamePrefix: x-\n')
    const refused = await world.run(`apply -f ${folder}`)
    expect(refused).toMatchObject({ exitCode: 1, stdout: '' })
    expect(refused.stderr).toContain(`${file}:2: a kustomization is not built here`)
    expect(refused.stderr).toContain('hint: keep what kustomize build prints')
    writeFileSync(file, 'resources: [a.yaml]\n')
    expect((await world.run(`apply -f ${folder}`)).stdout).toBe('run.capstan.dev/a created\n')
    expect((await world.run(`apply -f ${file}`)).stderr).toBe(
      'error: no objects were found in what -f names: a kustomization is built with -k\n',
    )
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

describe('edit', () => {
  test('sends what was changed', async () => {
    await world.apply(runManifest('a'))
    const openEditor = (file: string): Promise<number> => {
      writeFileSync(file, readFileSync(file, 'utf8').replace('image: busybox', 'image: alpine'))
      return Promise.resolve(0)
    }
    const result = await world.run('edit run/a', { programs: { openEditor } })
    expect(result).toEqual({ exitCode: 0, stdout: 'run.capstan.dev/a edited\n', stderr: '' })
    expect((await world.run('get run a -o jsonpath={.spec.template.image}')).stdout).toBe('alpine')
  })

  test('opens a refused text again with the reason', async () => {
    await world.apply(runManifest('a'))
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
    await world.apply(runManifest('a'))
    const openEditor = (): Promise<number> => Promise.resolve(0)
    expect((await world.run('edit run/a', { programs: { openEditor } })).stdout).toBe(
      'Edit cancelled, no changes made.\n',
    )
  })
})

describe('delete', () => {
  test('waits until the task has stopped', async () => {
    await world.apply(runManifest('a'))
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
    await world.apply(DEPLOYMENT)
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
    await world.apply(runManifest('a'))
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
