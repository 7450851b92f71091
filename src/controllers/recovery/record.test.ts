import { expect, test } from 'vitest'
import { aNewObject, openTestStore } from '../../../test/world/test-store.ts'
import { WIRE } from '../../kinds/meta.ts'
import type { LaunchProofs } from '../../store/launch-log-lines.ts'
import { beginProbe, beginRecovery, endRecovery, heldRuns, turnIntoRecovery } from './record.ts'

/** A launch log that names no launch at all. */
const SILENT_LOG: LaunchProofs = {
  instanceId: 'a',
  sequence: 0,
  whole: true,
  launched: new Map(),
  ended: new Map(),
  damagedLines: 0,
}

test.each([
  ['of a directory that was lost says nothing of the time before', true, 1],
  ['of the directory that the database was lost from proves what was never launched', false, 0],
])('a launch log %s', (_, isNewDirectory, held) => {
  const store = openTestStore()
  store.transaction(() => {
    const annotations = { [WIRE.annotationContentHash]: 'hash', [WIRE.annotationHeld]: 'lost' }
    store.objects.create(aNewObject('run', { meta: { annotations } }))
    if (isNewDirectory) {
      beginProbe(store)
      turnIntoRecovery(store)
    } else beginRecovery(store, 'lost', { proofs: SILENT_LOG })
    endRecovery(store, SILENT_LOG, new Set())
  })
  expect(heldRuns(store)).toHaveLength(held)
  store.close()
})
