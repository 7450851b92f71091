import { describe, expect, test } from 'vitest'
import { aNewObject, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import { renderKey } from '../kinds/meta.ts'
import type { Store } from '../store/types.ts'
import { OwnCommits } from './own-commits.ts'
import { RunLines } from './run-lines.ts'
import { wakesOf } from './wake.ts'

/** Whom each commit wakes: the keys, the urgent ones with a mark. */
function wakes(act: (store: Store) => void, isOwn = false): readonly string[] {
  const store = openTestStore()
  store.transaction(() => {
    store.objects.create(aNewObject('old'))
    store.objects.create(aNewObject('after', { spec: { dependsOn: [{ name: 'old' }] } }))
  })
  const own = new OwnCommits()
  const lines = new RunLines({ store, sizeOf: () => ({ cpuUnits: 0, memoryMib: 0 }) })
  lines.start()
  expect(lines.waiting('default', 'default').get('default')).toBe(2)
  const heard: string[] = []
  store.subscribe((changes) => {
    for (const change of changes) {
      for (const { key, isUrgent } of wakesOf({ store, lines, own }, change)) {
        if (key.kind === 'Run') heard.push(`${renderKey(key)}${isUrgent === true ? ' urgent' : ''}`)
      }
    }
  })
  const commit = (): void => store.transaction(() => act(store))
  if (isOwn) own.during(keyOfRun('old'), commit)
  else commit()
  return heard
}

describe('a change of a run', () => {
  test('that is new wakes it in its turn', () => {
    expect(wakes(({ objects }) => void objects.create(aNewObject('new')))).toEqual([
      'Run/default/new',
    ])
  })

  test.each<readonly [string, (store: Store) => void]>([
    [
      'that is changed',
      ({ objects }) => {
        const old = objects.get(keyOfRun('old'))
        if (old) objects.update({ ...old, spec: { cancel: true } })
      },
    ],
    ['that is deleted', ({ objects }) => void objects.markDeleted(keyOfRun('old'), 0)],
  ])('%s goes before what is new', (_, act) => {
    expect(wakes(act)[0]).toBe('Run/default/old urgent')
  })
})

describe('a status of a run', () => {
  const ended = ({ objects }: Store): void => {
    objects.setStatus(keyOfRun('old'), 'uid-old', { state: { type: 'COMPLETED' } })
  }

  test('wakes it and who waits for it', () => {
    expect(wakes(ended)).toEqual(['Run/default/old urgent', 'Run/default/after'])
  })

  test('that its own reconcile wrote wakes only who waits for it', () => {
    expect(wakes(ended, true)).toEqual(['Run/default/after'])
  })
})
