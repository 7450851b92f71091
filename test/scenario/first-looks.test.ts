import { afterEach, describe, expect, test } from 'vitest'
import { MINUTE, SECOND } from '../world/builders.ts'
import { World } from '../world/world.ts'

const IMAGE = { image: 'busybox' }
const WAITING = 'SCHEDULED/AwaitingConcurrencySlot'

let world: World

afterEach(() => world.stop())

/** A world with a suspended pool and an open one. */
async function startWorld(): Promise<void> {
  world = new World({ behave: () => ({ runMs: 10 * SECOND, exitCode: 0 }) })
  await world.start()
  world.addWorkPool('parked', { suspend: true })
  world.addWorkPool('open', {})
  await world.clock.advance(SECOND)
}

/** Adds all of them in one commit, as a folder does. */
function add(runs: Readonly<Record<string, object>>): void {
  world.store.transaction(() => {
    for (const [name, spec] of Object.entries(runs)) world.addRun(name, spec)
  })
}

function named(count: number, spec: object): Record<string, object> {
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`run-${index}`, { template: IMAGE, ...spec }]),
  )
}

/** Commits, and looks at runs, until all is quiet. */
async function cost(): Promise<{ readonly commits: number; readonly looks: number }> {
  let commits = 0
  const end = world.store.subscribe((changes) => {
    if (changes.some(({ kind, type }) => kind === 'Run' && type === 'MODIFIED')) commits += 1
  })
  const before = world.assembly.stats().Run.reconciles
  await world.clock.advance(10 * SECOND)
  end()
  return { commits, looks: world.assembly.stats().Run.reconciles - before }
}

function eventsOf(name: string): readonly string[] {
  return world.store.events
    .list({ regardingName: name, regardingKind: 'Run' })
    .map(({ reason, message }) => `${reason}: ${message}`)
}

describe('many new runs of a suspended pool', () => {
  test('are looked at once each, many in a commit, and say what one alone would say', async () => {
    await startWorld()
    add({ alone: { workPool: 'parked', template: IMAGE } })
    await world.clock.advance(SECOND)
    add(named(200, { workPool: 'parked' }))
    const { commits, looks } = await cost()
    expect(looks).toBe(200)
    // 64 workers hold a key each before the first of them looks ahead.
    expect(commits).toBeLessThan(80)
    const { state, ...status } = world.run('alone')?.status ?? {}
    for (let index = 0; index < 200; index += 1) {
      const name = `run-${index}`
      const { state: own, ...rest } = world.run(name)?.status ?? {}
      expect(own).toMatchObject({ type: state?.type, name: state?.name })
      expect(rest).toEqual({
        ...status,
        conditions: status.conditions?.map((one) => ({
          ...one,
          lastTransitionTime: rest.conditions?.[0]?.lastTransitionTime,
        })),
      })
      expect(eventsOf(name)).toEqual(eventsOf('alone'))
    }
    expect(world.workPool('parked')?.status).toMatchObject({ queued: 201 })
  })

  test('launch when the pool does', async () => {
    await startWorld()
    add(named(100, { workPool: 'parked' }))
    await cost()
    world.change('WorkPool', 'parked', { suspend: false })
    await world.clock.advance(20 * MINUTE)
    expect(world.tasksOf('run-0')).toBe(1)
    expect(world.runNames().map((name) => world.state(name))).toEqual(
      Array(100).fill('COMPLETED/Completed'),
    )
  })

  test('keep nobody from launching among them', async () => {
    await startWorld()
    const parked = named(150, { workPool: 'parked' })
    add({ first: { workPool: 'open', template: IMAGE }, ...parked })
    add({ last: { workPool: 'open', template: IMAGE } })
    await world.clock.advance(MINUTE)
    expect([world.state('first'), world.state('last')]).toEqual(
      Array(2).fill('COMPLETED/Completed'),
    )
    expect(world.state('run-149')).toBe(WAITING)
  })

  test('that is wrong by itself fails by itself', async () => {
    await startWorld()
    const wrong = { workPool: 'parked', template: { ...IMAGE, cpu: 256, memory: 99_999 } }
    add({
      ...named(80, { workPool: 'parked' }),
      wrong,
      after: { workPool: 'parked', template: IMAGE },
    })
    const alone = { workPool: 'parked', template: wrong.template }
    await cost()
    add({ alone })
    await cost()
    expect(world.state('wrong')).toBe(world.state('alone'))
    expect(world.state('after')).toBe(WAITING)
  })

  test('wherever the process dies, each is looked at in the end', async () => {
    await startWorld()
    add(named(100, { workPool: 'parked' }))
    world.crash()
    await world.restart()
    await cost()
    expect(world.runNames().map((name) => world.state(name))).toEqual(Array(100).fill(WAITING))
    for (const name of world.runNames()) expect(eventsOf(name)).toHaveLength(1)
  })
})
