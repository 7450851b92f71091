import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aPool, aRun, FolderWorld, ROOT } from '../../test/world/folder-source.ts'
import { WIRE } from '../kinds/meta.ts'

let world: FolderWorld

beforeEach(() => {
  world = new FolderWorld()
})

afterEach(() => world.close())

describe('files come', () => {
  test('what is there at the start is applied', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    world.files.mkdir(`${ROOT}/sub`)
    world.files.write(`${ROOT}/sub/b.yaml`, `${aRun('b')}---\n${aPool('main', 3)}`)
    await world.start()
    expect(world.names()).toEqual(['a', 'b'])
    expect(world.names('WorkPool')).toEqual(['main'])
    expect(world.get('a')?.metadata).toMatchObject({
      // Whole seconds, as Kubernetes writes them.
      creationTimestamp: expect.stringMatching(/:\d\dZ$/),
      finalizers: [WIRE.finalizerTask],
      annotations: {
        [WIRE.annotationSource]: `${ROOT}/a.yaml`,
        [WIRE.annotationContentHash]: expect.stringMatching(/^[0-9a-f]{64}$/),
      },
    })
  })

  test('a file that is renamed into place is applied within 40 ms', async () => {
    await world.start()
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await world.clock.advance(40)
    expect(world.names()).toEqual(['a'])
  })

  test('a file that is written in place is applied when it has settled', async () => {
    await world.start()
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.clock.advance(200)
    expect(world.names()).toEqual([])
    await world.clock.advance(60)
    expect(world.names()).toEqual(['a'])
  })

  test('a writer that pauses at every byte is never half applied', async () => {
    await world.start()
    const text = aRun('a', { more: '  deployment: nightly' }).replace(
      '  template:\n    image: one\n',
      '',
    )
    world.files.write(`${ROOT}/a.yaml`, '')
    for (const character of text) {
      world.files.append(`${ROOT}/a.yaml`, character)
      await world.clock.advance(180)
      expect(world.names()).toEqual([])
      expect(world.codes()).toEqual([])
    }
    await world.clock.advance(100)
    expect(world.get('a')?.spec).toEqual({ deployment: 'nightly' })
  })

  test('a new folder is watched and read', async () => {
    await world.start()
    world.files.mkdir(`${ROOT}/team`)
    await world.clock.advance(100)
    world.files.replace(`${ROOT}/team/a.yaml`, aRun('a'))
    await world.clock.advance(40)
    expect(world.names()).toEqual(['a'])
  })

  test('a change whose event was lost is found by the timer', async () => {
    world.source = world.aSource({ watch: () => () => {} })
    await world.start()
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await world.clock.advance(10_500)
    expect(world.names()).toEqual(['a'])
  })

  test('a folder that cannot be watched is looked after by the timer', async () => {
    world.source = world.aSource({
      watch: () => {
        throw new Error('ENOSPC')
      },
    })
    await world.start()
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await world.clock.advance(10_500)
    expect(world.names()).toEqual(['a'])
  })

  test('wake looks at once', async () => {
    world.source = world.aSource({ watch: () => () => {} })
    await world.start()
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    world.source.wake()
    await world.clock.advance(300)
    expect(world.names()).toEqual(['a'])
  })

  test('missing namespaces are made', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a', { namespace: 'team' }))
    await world.start()
    expect(world.get('a', 'Run', 'team')).toBeDefined()
    expect(world.store.objects.namespaces().map(({ name }) => name)).toContain('team')
  })

  test('500 files are applied in several transactions, and the same again writes nothing', async () => {
    world.writeMany(500)
    await world.start()
    expect(world.store.objects.count('Run')).toBe(500)
    world.changes.length = 0
    const version = world.store.resourceVersion()
    await world.clock.advance(60_000)
    world.source.wake()
    await world.clock.advance(1_000)
    expect(world.changes).toEqual([])
    expect(world.store.resourceVersion()).toBe(version)
  })
})

describe('the same content', () => {
  test('never runs again: not after a restart, not after its object went, not when the file is touched', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    world.store.transaction(() =>
      world.store.objects.markDeleted({ kind: 'Run', namespace: 'default', name: 'a' }, 1),
    )
    world.finishDeletion('a')
    await world.clock.advance(15_000)
    expect(world.names()).toEqual([])
    await world.restart()
    expect(world.names()).toEqual([])
    world.files.replace(`${ROOT}/a.yaml`, `# a comment\n${aRun('a')}`)
    await world.clock.advance(2_000)
    expect(world.names()).toEqual([])
  })

  test('has the same uid in a new database', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    const uid = world.get('a')?.metadata.uid
    await world.source.stop()
    world.store.close()
    world.open()
    world.source = world.aSource()
    await world.start()
    expect(world.get('a')?.metadata.uid).toBe(uid)
    expect(uid).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('runs again when the rerun annotation says so', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    const before = world.get('a')?.metadata.uid
    world.files.replace(
      `${ROOT}/a.yaml`,
      aRun('a', { annotations: { [WIRE.annotationRerun]: 'again' } }),
    )
    await world.clock.advance(100)
    world.finishDeletion('a')
    await world.clock.advance(100)
    expect(world.get('a')?.metadata.uid).not.toBe(before)
    expect(world.get('a')).toBeDefined()
  })

  test('in a renamed file goes on running', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    const uid = world.get('a')?.metadata.uid
    world.files.rename(`${ROOT}/a.yaml`, `${ROOT}/z.yaml`)
    await world.clock.advance(5_000)
    expect(world.get('a')?.metadata).toMatchObject({
      uid,
      annotations: { [WIRE.annotationSource]: `${ROOT}/z.yaml` },
    })
    expect(world.isDeleting('a')).toBe(false)
  })
})

describe('changed content', () => {
  test('replaces the run once the old one is gone', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    const before = world.get('a')?.metadata.uid
    world.files.replace(`${ROOT}/a.yaml`, aRun('a', { image: 'two' }))
    await world.clock.advance(100)
    expect(world.isDeleting('a')).toBe(true)
    expect(world.source.status()).toMatchObject({ waiting: ['Run/default/a'] })
    await world.clock.advance(60_000)
    expect(world.get('a')?.metadata.uid).toBe(before)
    world.finishDeletion('a')
    await world.clock.advance(40)
    expect(world.get('a')?.spec).toEqual({ template: { image: 'two' } })
    expect(world.get('a')?.metadata.uid).not.toBe(before)
    expect(world.source.status()?.waiting).toEqual([])
    expect(
      world.store.events
        .list({ regardingUid: before ?? '' })
        .map(({ reason, message }) => [reason, message]),
    ).toEqual([
      [
        'Replaced',
        `The content changed in ${ROOT}/a.yaml:4:9: this run is deleted and the new one follows.`,
      ],
    ])
  })

  test.each([
    { name: 'another file, whose old one is gone', before: 'a.yaml', after: 'z.yaml' },
    { name: 'an earlier file than the old one', before: 'z.yaml', after: 'a.yaml' },
  ])('in $name replaces the run as well', async ({ before, after }) => {
    world.files.write(`${ROOT}/${before}`, aRun('a'))
    await world.start()
    world.files.write(`${ROOT}/${after}`, aRun('a', { image: 'two' }))
    await world.clock.advance(1_000)
    expect(world.codes()).toEqual([`Claimed ${after}`])
    world.files.remove(`${ROOT}/${before}`)
    await world.clock.advance(1_000)
    expect(world.isDeleting('a')).toBe(true)
    expect(world.codes()).toEqual([])
    world.finishDeletion('a')
    await world.clock.advance(1_000)
    expect(world.get('a')?.spec).toEqual({ template: { image: 'two' } })
    expect(world.codes()).toEqual([])
  })

  test('is not forgotten by a restart while it waits', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    world.files.replace(`${ROOT}/a.yaml`, aRun('a', { image: 'two' }))
    await world.clock.advance(100)
    await world.restart()
    expect(world.isDeleting('a')).toBe(true)
    world.finishDeletion('a')
    await world.clock.advance(40)
    expect(world.get('a')?.spec).toEqual({ template: { image: 'two' } })
  })

  test('replaces at once a run that nothing holds', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    world.finishDeletion('a', false)
    world.files.replace(`${ROOT}/a.yaml`, aRun('a', { image: 'two' }))
    await world.clock.advance(100)
    expect(world.get('a')?.spec).toEqual({ template: { image: 'two' } })
  })

  test('that returns to what ran stops what runs now, and runs nothing', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    world.files.replace(`${ROOT}/a.yaml`, aRun('a', { image: 'two' }))
    await world.clock.advance(100)
    world.finishDeletion('a')
    await world.clock.advance(100)
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await world.clock.advance(100)
    world.finishDeletion('a')
    await world.clock.advance(15_000)
    expect(world.names()).toEqual([])
    expect(world.source.status()).toMatchObject({ waiting: [], problems: [] })
  })

  test('is refused with on-change Reject, until the old run is gone', async () => {
    const reject = { annotations: { [WIRE.annotationOnChange]: 'Reject' } }
    world.files.write(`${ROOT}/a.yaml`, aRun('a', reject))
    await world.start()
    world.files.replace(`${ROOT}/a.yaml`, aRun('a', { ...reject, image: 'two' }))
    await world.clock.advance(1_000)
    expect(world.codes()).toEqual(['ChangeRejected a.yaml'])
    expect(world.isDeleting('a')).toBe(false)
    world.store.transaction(() =>
      world.store.objects.markDeleted({ kind: 'Run', namespace: 'default', name: 'a' }, 1),
    )
    world.finishDeletion('a')
    await world.clock.advance(100)
    expect(world.get('a')?.spec).toEqual({ template: { image: 'two' } })
    expect(world.codes()).toEqual([])
  })

  test('that only steers is applied in place', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    await world.start()
    const uid = world.get('a')?.metadata.uid
    world.files.replace(`${ROOT}/a.yaml`, aRun('a', { more: '  cancel: true' }))
    await world.clock.advance(100)
    expect(world.get('a')).toMatchObject({ metadata: { uid }, spec: { cancel: true } })
    expect(world.isDeleting('a')).toBe(false)
  })

  test('of a WorkPool updates it, and deleting it brings it back', async () => {
    world.files.write(`${ROOT}/p.yaml`, aPool('main', 1))
    await world.start()
    world.files.replace(`${ROOT}/p.yaml`, aPool('main', 2))
    await world.clock.advance(100)
    expect(world.get('main', 'WorkPool')).toMatchObject({
      metadata: { generation: 2 },
      spec: { concurrencyLimit: 2 },
    })
    world.store.transaction(() =>
      world.store.objects.markDeleted({ kind: 'WorkPool', namespace: 'default', name: 'main' }, 1),
    )
    expect(world.get('main', 'WorkPool')).toBeUndefined()
    await world.clock.advance(40)
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 2 })
  })
})
