import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aRun, FolderWorld, ROOT } from '../../test/world/folder-source.ts'
import { fileError } from '../../test/world/memory-files.ts'
import { WIRE } from '../kinds/meta.ts'

let world: FolderWorld

beforeEach(() => {
  world = new FolderWorld()
})

afterEach(() => world.close())

describe('files go', () => {
  test('their objects are deleted at the second look', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    world.files.write(`${ROOT}/b.yaml`, aRun('b'))
    await world.start()
    world.files.remove(`${ROOT}/a.yaml`)
    await world.clock.advance(150)
    expect(world.isDeleting('a')).toBe(false)
    await world.clock.advance(350)
    expect(world.isDeleting('a')).toBe(true)
    expect(world.isDeleting('b')).toBe(false)
    expect(world.store.sources.files(ROOT).map(({ path }) => path)).toEqual(['b.yaml'])
    expect(world.store.sources.objects(ROOT).map(({ name }) => name)).toEqual(['b'])
  })

  test('an object that a file no longer names is deleted, also after a restart in between', async () => {
    world.files.write(`${ROOT}/a.yaml`, `${aRun('a')}---\n${aRun('b')}`)
    await world.start()
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await world.clock.advance(40)
    await world.restart()
    expect(world.isDeleting('b')).toBe(true)
    expect(world.isDeleting('a')).toBe(false)
  })

  test('a file that is away for less than a second look loses nothing', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    world.files.write(`${ROOT}/b.yaml`, aRun('b'))
    await world.start()
    world.files.remove(`${ROOT}/a.yaml`)
    await world.clock.advance(100)
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    await world.clock.advance(5_000)
    expect(world.isDeleting('a')).toBe(false)
  })

  test('a checkout that moves a file slowly does not stop its run', async () => {
    world.files.mkdir(`${ROOT}/.git`)
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    world.files.write(`${ROOT}/b.yaml`, aRun('b'))
    await world.start()
    const uid = world.get('a')?.metadata.uid
    world.files.write(`${ROOT}/.git/index.lock`, '')
    world.files.remove(`${ROOT}/a.yaml`)
    await world.clock.advance(15_000)
    expect(world.isDeleting('a')).toBe(false)
    world.files.write(`${ROOT}/z.yaml`, aRun('a'))
    world.files.remove(`${ROOT}/.git/index.lock`)
    await world.clock.advance(15_000)
    expect(world.isDeleting('a')).toBe(false)
    expect(world.get('a')?.metadata.uid).toBe(uid)
  })

  test("git's lock that stays is passed over after a minute, and nothing is pruned", async () => {
    world.files.mkdir(`${ROOT}/.git`)
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    world.files.write(`${ROOT}/b.yaml`, aRun('b'))
    await world.start()
    world.files.write(`${ROOT}/.git/index.lock`, '')
    world.files.remove(`${ROOT}/a.yaml`)
    world.files.replace(`${ROOT}/c.yaml`, aRun('c'))
    await world.clock.advance(59_000)
    expect(world.names()).toEqual(['a', 'b'])
    await world.clock.advance(15_000)
    expect(world.names()).toEqual(['a', 'b', 'c'])
    expect(world.isDeleting('a')).toBe(false)
    expect(world.codes()).toEqual(['Folder '])
    world.files.remove(`${ROOT}/.git/index.lock`)
    await world.clock.advance(15_000)
    expect(world.isDeleting('a')).toBe(true)
    expect(world.codes()).toEqual([])
  })

  test('prune: false keeps the object, and the file may come back', async () => {
    const keep = { annotations: { [WIRE.annotationPrune]: 'false' } }
    world.files.write(`${ROOT}/a.yaml`, aRun('a', keep))
    world.files.write(`${ROOT}/b.yaml`, aRun('b'))
    await world.start()
    const uid = world.get('a')?.metadata.uid
    world.files.remove(`${ROOT}/a.yaml`)
    await world.clock.advance(5_000)
    expect(world.isDeleting('a')).toBe(false)
    expect(world.store.sources.objects(ROOT).map(({ name }) => name)).toEqual(['b'])
    world.files.replace(`${ROOT}/a.yaml`, aRun('a', keep))
    await world.clock.advance(1_000)
    expect(world.get('a')?.metadata.uid).toBe(uid)
    expect(world.codes()).toEqual([])
    expect(world.store.sources.objects(ROOT).map(({ name }) => name)).toEqual(['a', 'b'])
  })
})

describe('nothing is deleted', () => {
  test.each([
    { name: 'when the root is not there', disturb: () => world.files.remove(ROOT) },
    {
      name: 'when the root is not there, and then an empty one',
      disturb: () => {
        world.files.remove(ROOT)
        world.files.mkdir(ROOT)
      },
    },
    {
      name: 'when the root became a file',
      disturb: () => {
        world.files.remove(ROOT)
        world.files.write(ROOT, 'x')
      },
    },
    {
      name: 'when another folder is mounted there',
      disturb: () => {
        world.files.remove(ROOT)
        world.files.mkdir(ROOT)
        world.files.write(`${ROOT}/other.yaml`, aRun('other'))
      },
    },
    {
      name: 'when all files are gone',
      disturb: () => {
        for (let index = 0; index < 30; index += 1) world.files.remove(`${ROOT}/r${index}.yaml`)
      },
    },
    {
      name: 'when most files are gone',
      disturb: () => {
        for (let index = 0; index < 11; index += 1) world.files.remove(`${ROOT}/r${index}.yaml`)
      },
    },
    {
      name: 'when a folder below cannot be read',
      disturb: () => {
        world.files.remove(`${ROOT}/r0.yaml`)
        world.files.mkdir(`${ROOT}/sub`)
        world.files.beforeCall = (operation, path) => {
          if (operation === 'list' && path.endsWith('/sub')) throw fileError('EACCES', path)
        }
      },
    },
    {
      name: 'when the file system answers with errors',
      disturb: () => {
        world.files.remove(`${ROOT}/r0.yaml`)
        world.files.beforeCall = (operation, path) => {
          if (operation === 'lstat' && path.endsWith('.yaml')) throw fileError('EIO', path)
        }
      },
    },
  ])('$name', async ({ disturb }) => {
    world.writeMany(30)
    await world.start()
    disturb()
    await world.clock.advance(90_000)
    expect(
      world.store.objects
        .list({ kind: 'Run' })
        .filter(({ metadata }) => metadata.deletionTimestamp),
    ).toEqual([])
    expect(world.store.objects.count('Run')).toBeGreaterThanOrEqual(30)
    expect(world.problems.length).toBeGreaterThan(0)
  })

  test('until it is approved; then exactly what was held', async () => {
    world.writeMany(30)
    await world.start()
    for (let index = 0; index < 20; index += 1) world.files.remove(`${ROOT}/r${index}.yaml`)
    await world.clock.advance(5_000)
    expect(world.source.status()?.held).toMatchObject({ reason: 'TooMany', count: 20 })
    expect(world.codes()).toEqual(['PruneHeld '])
    await world.restart()
    expect(world.source.status()?.held).toMatchObject({ reason: 'TooMany', count: 20 })
    expect(world.source.approve()).toMatchObject({ count: 20 })
    await world.clock.advance(1_000)
    expect(world.source.status()).toMatchObject({ problems: [] })
    expect(world.source.status()?.held).toBeUndefined()
    expect(world.store.sources.get(ROOT)?.held).toBeUndefined()
    expect(world.names().filter((name) => world.isDeleting(name)).length).toBe(20)
    expect(world.source.approve()).toBeUndefined()
  })

  test('by an approval of another revision', async () => {
    world.writeMany(30)
    await world.start()
    for (let index = 0; index < 20; index += 1) world.files.remove(`${ROOT}/r${index}.yaml`)
    await world.clock.advance(5_000)
    world.files.remove(`${ROOT}/r20.yaml`)
    expect(world.source.approve()).toMatchObject({ count: 20 })
    await world.clock.advance(15_000)
    expect(world.names().filter((name) => world.isDeleting(name))).toEqual([])
    expect(world.source.status()?.held).toMatchObject({ count: 21 })
  })

  test('and cannot be approved while the folder cannot be read', async () => {
    world.writeMany(30)
    await world.start()
    world.files.rename(ROOT, '/srv/away')
    world.files.mkdir(ROOT)
    await world.clock.advance(15_000)
    expect(world.source.status()?.held).toMatchObject({ reason: 'RootChanged' })
    world.files.remove(ROOT)
    await world.clock.advance(15_000)
    expect(world.source.status()).toMatchObject({ ok: false, held: { reason: 'RootChanged' } })
    expect(world.source.approve()).toBeUndefined()
    world.files.mkdir(ROOT)
    await world.clock.advance(15_000)
    expect(world.names().filter((name) => world.isDeleting(name))).toEqual([])
  })

  test('and the hold goes when the files come back', async () => {
    world.writeMany(30)
    await world.start()
    world.files.rename(ROOT, '/srv/away')
    world.files.mkdir(ROOT)
    await world.clock.advance(15_000)
    expect(world.source.status()?.held).toMatchObject({ reason: 'RootChanged' })
    world.files.remove(ROOT)
    world.files.rename('/srv/away', ROOT)
    await world.clock.advance(15_000)
    expect(world.source.status()).toMatchObject({ problems: [] })
    expect(world.names().filter((name) => world.isDeleting(name))).toEqual([])
  })

  test('and a folder that was mounted anew with the same files is the known one', async () => {
    world.writeMany(30)
    await world.start()
    world.files.remove(ROOT)
    world.files.mkdir(ROOT)
    world.writeMany(30)
    await world.clock.advance(15_000)
    world.files.remove(`${ROOT}/r0.yaml`)
    await world.clock.advance(5_000)
    expect(world.names().filter((name) => world.isDeleting(name))).toEqual(['r0'])
  })
})
