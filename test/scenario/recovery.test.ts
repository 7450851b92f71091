import { afterEach, describe, expect, test } from 'vitest'
import { createAccountBook } from '../../src/controllers/accounts.ts'
import {
  beginRecovery,
  createRecovery,
  heldRuns,
} from '../../src/controllers/recovery/controller.ts'
import { WIRE } from '../../src/kinds/meta.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { silentLog } from '../../src/runtime/logger.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { createEmulatorAccounts } from '../world/emulator-account.ts'
import { World } from '../world/world.ts'

const TEMPLATE = { image: 'busybox' }
let world: World

afterEach(async () => {
  await world.stop()
})

/** The database is gone and a folder brings the same runs again; recovery runs before anything else. */
async function startOver(runs: readonly string[]): Promise<void> {
  await world.stop()
  world.loseDatabase()
  world.store.transaction(() => beginRecovery(world.store, 'it was lost'))
  for (const name of runs) {
    world.addRun(name, { template: TEMPLATE }, { [WIRE.annotationHeld]: 'it was lost' })
  }
  const recovery = createRecovery({
    store: world.store,
    clock: world.clock,
    random: systemRandom,
    log: silentLog,
    accounts: createAccountBook(world.store, createEmulatorAccounts(world.emulator, world.clock)),
    controller: { name: 'default', epoch: 1 },
    foldersRead: () => true,
  })
  await recovery.start(new AbortController().signal, () => {})
  await world.clock.advance(0)
  await recovery.stop()
  await world.start()
}

describe('after the database was lost', () => {
  test('a task that runs is adopted and watched to its end', async () => {
    world = new World({ behave: () => ({ runMs: 10 * MINUTE, exitCode: 0 }) })
    await world.start()
    world.addRun('long', { template: TEMPLATE })
    await world.clock.advance(2 * MINUTE)
    await startOver(['long'])
    expect(heldRuns(world.store)).toEqual([])
    await world.clock.advance(15 * MINUTE)
    expect(world.state('long')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('long')).toBe(1)
  })

  test('a run that ECS has forgotten is held, and runs only when someone approves', async () => {
    world = new World({ behave: () => ({ runMs: SECOND, exitCode: 0 }) })
    await world.start()
    world.addRun('old', { template: TEMPLATE })
    await world.clock.advance(5 * MINUTE)
    await world.clock.advance(25 * 60 * MINUTE)
    await startOver(['old'])
    await world.clock.advance(60 * MINUTE)
    expect(world.state('old')).toBe('PAUSED/Held')
    expect(world.tasksOf('old')).toBe(1)
    world.annotate('old', { [WIRE.annotationApproved]: 'yes' })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('old')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('old')).toBe(2)
  })

  test("a run that came later is nobody's business and runs", async () => {
    world = new World()
    await world.start()
    await startOver([])
    world.addRun('new', { template: TEMPLATE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('new')).toBe('COMPLETED/Completed')
  })
})
