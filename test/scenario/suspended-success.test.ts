import { afterEach, expect, test } from 'vitest'
import { AWS_PACE } from '../../src/controllers/run/observer-schedule.ts'
import type { RunSpec } from '../../src/kinds/generated.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { World } from '../world/world.ts'

let world: World

afterEach(async () => {
  await world.stop()
})

/** Suspends a run right after its program has ended, and before anybody has seen it; resumes it later. */
async function suspendTooLate(spec: RunSpec): Promise<void> {
  world = new World({ pace: AWS_PACE, behave: () => ({ runMs: MINUTE, exitCode: 0 }) })
  await world.start()
  world.addRun('done', { template: { image: 'busybox' }, ...spec })
  await world.clock.advance(SECOND)
  for (let seconds = 0; seconds < 120 && world.liveTasks().length > 0; seconds += 1) {
    await world.clock.advance(SECOND)
  }
  expect(world.state('done')).toBe('RUNNING/Running')
  world.changeRun('done', { suspend: true })
  await world.clock.advance(3 * MINUTE)
  world.changeRun('done', { suspend: false })
  await world.clock.advance(10 * MINUTE)
}

test.each<[string, RunSpec]>([
  ['a run', {}],
  ['an array', { array: 1 }],
])('%s that had succeeded before it was suspended is not run again', async (_, spec) => {
  await suspendTooLate(spec)
  expect(world.state('done')).toBe('COMPLETED/Completed')
  expect(world.tasksOf('done')).toBe(1)
})
