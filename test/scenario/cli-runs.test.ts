import { describe, expect, test } from 'vitest'
import { DEPLOYMENT, runManifest } from '../world/cli-manifests.ts'
import { type SharedCliWorld, useCliWorld } from '../world/shared-cli.ts'

let world: SharedCliWorld

useCliWorld((started) => {
  world = started
})

describe('steering', () => {
  test('cancel, suspend and resume change the spec', async () => {
    await world.apply(`${DEPLOYMENT}---\n${runManifest('hello')}`)
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
    await world.apply(`${runManifest('a')}---\n${runManifest('b')}`)
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
    await world.apply(runManifest('a').replace('spec: {', 'spec: {cancel: true, '))
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
    await world.apply(runManifest('a'))
    const waiting = world.run('wait run/a --for=condition=Complete --timeout=20s')
    world.setStatus('Run', 'a', { conditions: [{ type: 'Complete', status: 'True' }] })
    expect(await waiting).toEqual({
      exitCode: 0,
      stdout: 'run.capstan.dev/a condition met\n',
      stderr: '',
    })
  })

  test('until it is gone', async () => {
    await world.apply(DEPLOYMENT)
    const early = await world.run('wait deploy/etl --for=delete --timeout=50ms')
    expect(early).toMatchObject({ exitCode: 1, stdout: '' })
    // What the command needs has been loaded by now: it asks before the deletion does.
    const waiting = world.run('wait deploy/etl --for=delete --timeout=20s')
    await world.run('delete deploy etl')
    expect((await waiting).stdout).toBe('deployment.capstan.dev/etl deleted\n')
  })

  test('not for ever', async () => {
    await world.apply(runManifest('a'))
    expect(await world.run('wait run/a --for=condition=Complete --timeout=50ms')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: 'error: timed out waiting for the condition on runs/a\n',
    })
  })
})

describe('run', () => {
  test('starts a deployment with values of the right types', async () => {
    await world.apply(DEPLOYMENT)
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

  test('makes a run that is the deployment’s own, like those of its schedules', async () => {
    await world.apply(DEPLOYMENT)
    const { stdout: uid } = await world.run('get deploy etl -o jsonpath={.metadata.uid}')
    await world.run('run etl --name now')
    const { stdout } = await world.run('get run now -o jsonpath={.metadata}')
    expect(JSON.parse(stdout)).toMatchObject({
      labels: { 'capstan.dev/deployment': 'etl' },
      annotations: { 'capstan.dev/instantiate': 'manual' },
      ownerReferences: [
        { apiVersion: 'capstan.dev/v1', kind: 'Deployment', name: 'etl', uid, controller: true },
      ],
    })
  })

  test('deleting the deployment says which runs under way it stops; orphaning leaves them', async () => {
    await world.apply(DEPLOYMENT)
    await world.run('run etl --name now')
    const told =
      'Warning: deployment "etl" takes along a run under way: now (--cascade=orphan leaves them running)\n'
    expect((await world.run('delete deploy etl --dry-run=server')).stderr).toBe(told)
    expect(await world.run('delete deploy etl --cascade=orphan')).toMatchObject({ stderr: '' })
    const { stdout } = await world.run('get run now -o jsonpath={.metadata}')
    expect(JSON.parse(stdout)).not.toHaveProperty('ownerReferences')
    expect(JSON.parse(stdout)).not.toHaveProperty('deletionTimestamp')
    await world.apply(DEPLOYMENT)
    await world.run('run etl --name later')
    expect((await world.run('delete deploy etl')).stderr).toBe(told.replace('now', 'later'))
    const later = await world.run('get run later -o jsonpath={.metadata.deletionTimestamp}')
    expect(later.stdout).toMatch(/^\d{4}-/)
  })

  test('starts nothing for a deployment that is being deleted', async () => {
    await world.apply(DEPLOYMENT)
    await world.run('run etl --name now')
    await world.run('delete deploy etl --cascade=foreground --wait=false')
    expect(await world.run('run etl --name later')).toEqual({
      exitCode: 1,
      stdout: '',
      stderr:
        'error: deployment "etl" is being deleted, and its runs with it: nothing is started\n',
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
    await world.apply(runManifest('hello'))
    const result = await world.run('run -f -', { stdin: runManifest('hello') })
    expect(result.exitCode).toBe(1)
    expect(result.stderr).toContain('run it again with retry hello')
  })
})
