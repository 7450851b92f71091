import { describe, expect, test } from 'vitest'
import { aNewObject, keyOfRun, openTestStore } from '../../test/world/test-store.ts'
import { renderKey } from '../kinds/meta.ts'
import type { Store } from '../store/types.ts'
import { RunLines } from './run-lines.ts'
import { wakesOf } from './wake.ts'

/** Whom each commit wakes: the keys, the urgent ones with a mark. */
function wakes(act: (store: Store) => void): readonly string[] {
  const store = openTestStore()
  store.transaction(() => store.objects.create(aNewObject('old')))
  const lines = new RunLines({ store, sizeOf: () => ({ cpuUnits: 0, memoryMib: 0 }) })
  const heard: string[] = []
  store.subscribe((changes) => {
    for (const change of changes) {
      for (const { key, isUrgent } of wakesOf({ store, lines }, change)) {
        if (key.kind === 'Run') heard.push(`${renderKey(key)}${isUrgent === true ? ' urgent' : ''}`)
      }
    }
  })
  store.transaction(() => act(store))
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
    expect(wakes(act)).toEqual(['Run/default/old urgent'])
  })
})
