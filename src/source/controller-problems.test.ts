import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aPool, aRun, describeChange, FolderWorld, ROOT } from '../../test/world/folder-source.ts'
import { WIRE } from '../kinds/meta.ts'
import { renderSourceProblem } from './problem.ts'

let world: FolderWorld

beforeEach(() => {
  world = new FolderWorld()
})

afterEach(() => world.close())

describe('bad files', () => {
  test('keep their last good objects, say where, and recover', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    const uid = world.get('a')?.metadata.uid ?? ''
    world.files.replace(`${ROOT}/a.yaml`, aRun('a', { more: '  imagee: two' }))
    await world.clock.advance(3_000)
    expect(world.get('a')?.metadata.uid).toBe(uid)
    expect(world.isDeleting('a')).toBe(false)
    expect(world.problems.map((problem) => renderSourceProblem(ROOT, problem)).join()).toContain(
      `${ROOT}/a.yaml:6:3: `,
    )
    expect(world.store.events.list({ regardingUid: uid })).toMatchObject([
      {
        type: 'Warning',
        reason: 'ManifestProblem',
        message: expect.stringMatching(/a\.yaml:6:3: .* field 'imagee'; the fields are [^\n]+$/),
        count: 1,
      },
    ])
    await world.clock.advance(60_000)
    expect(world.store.events.list({ regardingUid: uid })).toMatchObject([{ count: 1 }])
    await world.restart()
    expect(world.codes()).toEqual(['UnknownField a.yaml'])
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await world.clock.advance(1_000)
    expect(world.codes()).toEqual([])
    expect(world.get('a')?.metadata.uid).toBe(uid)
  })

  test('do not keep the others from being applied', async () => {
    world.files.write(`${ROOT}/bad.yaml`, 'kind: [\n')
    world.files.write(`${ROOT}/good.yaml`, aRun('good'))
    world.files.special(`${ROOT}/fifo.yaml`)
    world.files.symlink('/etc/passwd', `${ROOT}/link.yaml`)
    await world.start()
    expect(world.names()).toEqual(['good'])
    expect(world.codes().toSorted()).toEqual([
      'InvalidYaml bad.yaml',
      'NotRegular fifo.yaml',
      'SymbolicLink link.yaml',
    ])
  })

  test('are read again by another version of the program', async () => {
    world.files.write(`${ROOT}/bad.yaml`, 'kind: [\n')
    await world.start()
    let reads = 0
    world.files.beforeCall = (operation) => {
      if (operation === 'read') reads += 1
    }
    await world.restart()
    expect(reads).toBe(1)
    reads = 0
    await world.restart({ version: '2' })
    expect(reads).toBeGreaterThan(0)
    expect(world.codes()).toEqual(['InvalidYaml bad.yaml'])
  })

  test('an object in two files belongs to the first, and to the second when the first lets go', async () => {
    world.files.write(`${ROOT}/a.yaml`, aPool('main', 1))
    world.files.write(`${ROOT}/b.yaml`, aPool('main', 2))
    await world.start()
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
    expect(world.codes()).toEqual(['Claimed b.yaml'])
    await world.restart()
    expect(world.codes()).toEqual(['Claimed b.yaml'])
    world.files.remove(`${ROOT}/a.yaml`)
    await world.clock.advance(1_000)
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 2 })
    expect(world.codes()).toEqual([])
  })

  test('an object in two folders belongs to the first', async () => {
    world.files.mkdir('/srv/other')
    world.files.write('/srv/other/x.yaml', aPool('main', 7))
    world.files.write(`${ROOT}/a.yaml`, aPool('main', 1))
    await world.start()
    const second = world.aSource({ root: '/srv/other' })
    const report = await world.driven(second.runOnce())
    expect(report.problems).toMatchObject([
      {
        code: 'Claimed',
        file: 'x.yaml',
        message: `WorkPool/default/main is already defined in ${ROOT}/a.yaml`,
      },
    ])
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
  })

  test('a folder that moved takes over what it owned under its former name, and back', async () => {
    const isFollowed = (root: string) => root === world.source.name.replace('folder ', '')
    world.files.write(`${ROOT}/a.yaml`, aPool('main', 1))
    world.files.write(`${ROOT}/b.yaml`, aRun('hello'))
    await world.start()
    const { uid } = world.get('hello')?.metadata ?? {}
    world.files.mkdir('/srv/other')
    world.files.write('/srv/other/a.yaml', aPool('main', 2))
    world.files.write('/srv/other/b.yaml', aRun('hello'))
    await world.restart({ root: '/srv/other', isFollowed })
    expect(world.codes()).toEqual([])
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 2 })
    expect(world.get('hello')?.metadata).toMatchObject({
      uid,
      annotations: { [WIRE.annotationSource]: '/srv/other/b.yaml' },
    })
    expect(world.isDeleting('hello')).toBe(false)
    await world.restart({ isFollowed })
    expect(world.codes()).toEqual([])
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
  })

  test('a Run that was made through the API keeps its name until it goes', async () => {
    await world.start()
    world.store.transaction(() =>
      world.store.objects.create({
        apiVersion: 'capstan.dev/v1',
        kind: 'Run',
        metadata: {
          name: 'a',
          namespace: 'default',
          uid: 'made-by-hand',
          creationTimestamp: '2026-01-01T00:00:00Z',
        },
        spec: {},
      }),
    )
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await world.clock.advance(2_000)
    expect(world.codes()).toEqual(['NameTaken a.yaml'])
    expect(world.get('a')?.metadata.uid).toBe('made-by-hand')
    world.store.transaction(() =>
      world.store.objects.markDeleted({ kind: 'Run', namespace: 'default', name: 'a' }, 1),
    )
    await world.clock.advance(40)
    expect(world.get('a')?.spec).toEqual({ template: { image: 'one' } })
  })
})

describe('folders that change as a whole', () => {
  function worktree(version: number): void {
    world.files.mkdir(`/git/w${version}`)
    world.files.write(`/git/w${version}/a.yaml`, aRun('a', { image: `v${version}` }))
    world.files.write(`/git/w${version}/b${version}.yaml`, aRun(`b${version}`))
  }

  test('a flip of git-sync is one transaction, and prunes what the new revision lacks', async () => {
    worktree(1)
    worktree(2)
    world.files.symlink('w1', '/git/current')
    world.source = world.aSource({ root: '/git/current' })
    await world.start()
    expect(world.names()).toEqual(['a', 'b1'])
    const batches: (readonly string[])[] = []
    world.store.subscribe((batch) =>
      batches.push(batch.filter(({ kind }) => kind === 'Run').map(describeChange)),
    )
    world.files.flip('/git/current', 'w2')
    world.files.remove('/git/w1')
    await world.clock.advance(40)
    expect(batches).toEqual([['MODIFIED Run/a', 'ADDED Run/b2']])
    await world.clock.advance(500)
    expect(world.isDeleting('b1')).toBe(true)
    world.finishDeletion('a')
    await world.clock.advance(40)
    expect(world.get('a')?.spec).toEqual({ template: { image: 'v2' } })
  })

  test('a ConfigMap volume is applied at the flip of ..data', async () => {
    for (const version of [1, 2]) {
      world.files.mkdir(`${ROOT}/..v${version}`)
      world.files.write(`${ROOT}/..v${version}/a.yaml`, aRun('a', { image: `v${version}` }))
      world.files.write(`${ROOT}/..v${version}/p.yaml`, aPool('main', version))
    }
    world.files.symlink('..v1', `${ROOT}/..data`)
    world.files.symlink('..data/a.yaml', `${ROOT}/a.yaml`)
    world.files.symlink('..data/p.yaml', `${ROOT}/p.yaml`)
    await world.start()
    expect(world.codes()).toEqual([])
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
    world.files.flip(`${ROOT}/..data`, '..v2')
    world.files.remove(`${ROOT}/..v1`)
    await world.clock.advance(40)
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 2 })
    expect(world.isDeleting('a')).toBe(true)
  })
})
