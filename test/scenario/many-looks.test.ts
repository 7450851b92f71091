import { afterEach, expect, test } from 'vitest'
import { MINUTE, SECOND } from '../world/builders.ts'
import { World } from '../world/world.ts'

const RUNS = 30

let world: World

afterEach(() => world.stop())

/** How many tasks each commit tells news of, from now on. */
function newsByCommit(): number[] {
  const { eventLog } = world.store
  const sizes: number[] = []
  let seq = eventLog.newestSeq()
  eventLog.subscribe((newest) => {
    const told = eventLog
      .after(seq, 10_000)
      .filter(({ event }) => event.startsWith('capstan.task.'))
    seq = newest
    if (told.length > 0) sizes.push(told.length)
  })
  return sizes
}

test('an answer about many tasks is recorded in several commits, all of it', async () => {
  world = new World({ behave: () => ({ runMs: 30 * SECOND, exitCode: 0 }) })
  await world.start()
  const sizes = newsByCommit()
  world.store.transaction(() => {
    for (let index = 0; index < RUNS; index += 1) {
      world.addRun(`run-${index}`, { template: { image: 'busybox' } })
    }
  })
  await world.clock.advance(3 * MINUTE)
  expect(world.runNames().map((name) => world.state(name))).toEqual(
    Array(RUNS).fill('COMPLETED/Completed'),
  )
  expect(Math.max(...sizes)).toBe(20)
})
