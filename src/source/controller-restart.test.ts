import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aPool, aRun, FolderWorld, ROOT } from '../../test/world/folder-source.ts'
import type { SqliteStore } from '../store/open.ts'

let world: FolderWorld

beforeEach(() => {
  world = new FolderWorld()
})

afterEach(() => world.close())

describe('the process', () => {
  test('dies before an object that went came back: the next one brings it back', async () => {
    world.files.write(`${ROOT}/p.yaml`, aPool('main', 1))
    await world.start()
    world.store.transaction(() =>
      world.store.objects.markDeleted({ kind: 'WorkPool', namespace: 'default', name: 'main' }, 1),
    )
    await world.restart()
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
  })

  test('dies with a file unfinished, and the file goes: its objects are pruned all the same', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    world.files.write(`${ROOT}/kept.yaml`, aRun('kept'))
    await world.start()
    world.files.replace(`${ROOT}/b.yaml`, `${aRun('a', { image: 'two' })}---\n${aRun('b')}`)
    await world.clock.advance(100)
    expect(world.names()).toEqual(['a', 'b', 'kept'])
    expect(world.codes()).toEqual(['Claimed b.yaml'])
    const snapshot = world.store.serialize()
    await world.source.stop()
    world.store.close()
    world.files.remove(`${ROOT}/b.yaml`)
    world.open(snapshot)
    world.source = world.aSource()
    await world.start()
    expect(world.names().filter((name) => world.isDeleting(name))).toEqual(['b'])
  })

  test('dies between any two transactions of a large folder and loses or doubles nothing', async () => {
    world.writeMany(450)
    const images: Uint8Array[] = []
    world.store.subscribe(() => images.push(world.store.serialize()))
    await world.start()
    expect(images.length).toBeGreaterThan(1)
    await world.source.stop()
    for (const image of images) {
      world.store.close()
      world.open(image)
      world.source = world.aSource()
      await world.start()
      expect(world.store.objects.count('Run')).toBe(450)
      expect(world.changes.filter((change) => !change.startsWith('ADDED'))).toEqual([])
      await world.source.stop()
    }
  })

  test('finds an object changed by someone else between its decision and its write, and decides again', async () => {
    world.files.write(`${ROOT}/p.yaml`, aPool('main', 1))
    await world.start()
    await world.source.stop()
    const pool = { kind: 'WorkPool', namespace: 'default', name: 'main' } as const
    const others = new Set(['in time'])
    const contested: SqliteStore = {
      ...world.store,
      transaction(write) {
        if (others.delete('in time')) {
          const uid = world.store.objects.get(pool)?.metadata.uid ?? ''
          world.store.transaction(() => world.store.objects.setStatus(pool, uid, { active: 1 }))
        }
        return world.store.transaction(write)
      },
    }
    world.files.replace(`${ROOT}/p.yaml`, aPool('main', 2))
    world.source = world.aSource({ store: contested })
    await world.source.start()
    while (others.size > 0) await world.clock.advance(1)
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 1 })
    await world.restart()
    expect(world.get('main', 'WorkPool')?.spec).toEqual({ concurrencyLimit: 2 })
  })

  test('that cannot write changes nothing, says so, and tries again', async () => {
    await world.start()
    let isFull = true
    const broken: SqliteStore = {
      ...world.store,
      transaction(write) {
        if (isFull) throw new Error('disk full')
        return world.store.transaction(write)
      },
    }
    const failing = world.aSource({ store: broken })
    world.files.replace(`${ROOT}/a.yaml`, aRun('a'))
    const report = world.driven(failing.runOnce())
    expect(await report).toMatchObject({ ok: false })
    expect(world.codes()).toEqual(['Folder '])
    isFull = false
    expect((await world.driven(failing.runOnce())).ok).toBe(true)
    expect(world.names()).toEqual(['a'])
  })

  test('runs once and reports what it did', async () => {
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    world.files.write(`${ROOT}/b.yaml`, 'kind: [')
    const report = await world.driven(world.source.runOnce())
    expect(report).toMatchObject({ source: ROOT, ok: true, created: 1, pruned: 0 })
    expect(report.problems.map(({ code }) => code)).toEqual(['InvalidYaml'])
    expect(world.names()).toEqual(['a'])
  })

  test('marks Runs that it brings for as long as it is told to, and no others', async () => {
    let annotations: Record<string, string> = { 'example.com/recovery': 'true' }
    world.files.write(`${ROOT}/a.yaml`, aRun('a'))
    world.source = world.aSource({ runAnnotations: () => annotations })
    await world.start()
    annotations = {}
    world.files.replace(`${ROOT}/b.yaml`, aRun('b'))
    await world.clock.advance(100)
    expect(world.get('a')?.metadata.annotations).toHaveProperty('example.com/recovery')
    expect(world.get('b')?.metadata.annotations).not.toHaveProperty('example.com/recovery')
  })
})

describe('the event log', () => {
  const told = () =>
    world.store.eventLog
      .after(0, 100)
      .map(({ event, payload }) => ({ event: event.replace('capstan.source.', ''), payload }))

  test('tells each revision that was applied with what it changed, and nothing of quiet looks', async () => {
    world.files.write(`${ROOT}/a.yaml`, aPool('a', 1))
    world.files.write(`${ROOT}/b.yaml`, aPool('b', 1))
    await world.start()
    await world.clock.advance(60_000)
    const counts = { created: 2, updated: 0, replaced: 0, pruned: 0 }
    expect(told()).toEqual([
      { event: 'applied', payload: { ...counts, revision: expect.any(String) } },
    ])
    world.files.replace(`${ROOT}/a.yaml`, aPool('a', 2))
    await world.clock.advance(60_000)
    await world.restart()
    expect(told().slice(1)).toMatchObject([{ event: 'applied', payload: { updated: 1 } }])
    expect(world.store.eventLog.after(0, 1)[0]).toMatchObject({
      namespace: 'default',
      resource: { 'capstan.resource.id': `capstan.source.${ROOT}`, 'capstan.resource.name': ROOT },
    })
  })

  test('tells a problem with its place, and never the line with its values', async () => {
    world.files.write(`${ROOT}/bad.yaml`, 'kind: [secret-value')
    await world.start()
    await world.clock.advance(60_000)
    const problem = told().filter(({ event }) => event === 'problem')
    expect(problem).toMatchObject([{ payload: { code: 'InvalidYaml', file: 'bad.yaml', line: 1 } }])
    expect(JSON.stringify(problem)).not.toContain('secret-value')
  })

  test('tells what is held once, and what goes after the approval', async () => {
    for (let index = 0; index < 30; index += 1) {
      world.files.write(`${ROOT}/r${index}.yaml`, aPool(`r${index}`, 1))
    }
    await world.start()
    for (let index = 0; index < 20; index += 1) world.files.remove(`${ROOT}/r${index}.yaml`)
    await world.clock.advance(60_000)
    const held = told().filter(({ event }) => event === 'held')
    expect(held).toMatchObject([{ payload: { reason: 'TooMany', count: 20 } }])
    world.source.approve()
    await world.clock.advance(60_000)
    expect(told().filter(({ event }) => event === 'held')).toHaveLength(1)
    expect(told().at(-1)).toMatchObject({ event: 'applied', payload: { pruned: 20 } })
    expect(world.names('WorkPool')).toHaveLength(10)
  })
})
