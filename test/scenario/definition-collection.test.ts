import { afterEach, describe, expect, test } from 'vitest'
import type { TemplateSpec, WorkPoolSpec } from '../../src/kinds/generated.ts'
import { API_VERSION } from '../../src/kinds/meta.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { World, type WorldOptions } from '../world/world.ts'

const FAMILY = { family: 'etl' }

let world: World

async function startWorld(options: WorldOptions = {}): Promise<World> {
  world = new World(options)
  await world.start()
  return world
}

afterEach(async () => {
  await world.stop()
})

/** Changes the pool that every namespace has. */
function keepAsThePoolSays(taskDefinitions: NonNullable<WorkPoolSpec['taskDefinitions']>): void {
  const { objects } = world.store
  const pool = objects.get({ kind: 'WorkPool', namespace: 'default', name: 'default' })
  if (!pool) throw new Error('no pool')
  world.store.transaction(() => objects.update({ ...pool, spec: { taskDefinitions } }))
}

/** Runs one container per image, each a revision of its own, one after the other. */
async function runAll(images: readonly string[], template: TemplateSpec = {}): Promise<void> {
  for (const image of images) {
    world.addRun(`run-${image}`, { template: { ...FAMILY, ...template, image } })
    await world.clock.advance(2 * MINUTE)
  }
}

/** `1 ACTIVE` and so on: what ECS says of the family, oldest revision first. */
function revisions(family = 'etl'): readonly string[] {
  const found = ['ACTIVE', 'INACTIVE', 'DELETE_IN_PROGRESS'].flatMap((status) => {
    const arns = handle('ListTaskDefinitions', { familyPrefix: family, status })
      .taskDefinitionArns as readonly string[]
    return arns.map((arn) => `${arn.split(':').at(-1)} ${status}`)
  })
  return found.toSorted()
}

function registry(family = 'etl'): readonly string[] {
  return world.store.definitions
    .ofFamily('us-east-1', family)
    .map(({ revision, status }) => `${revision} ${status}`)
}

describe('revisions', () => {
  test('beyond the newest three are deregistered, oldest first, and the registry says the same', async () => {
    await startWorld()
    await runAll(['a', 'b', 'c', 'd', 'e'])
    expect(revisions()).toEqual(['1 INACTIVE', '2 INACTIVE', '3 ACTIVE', '4 ACTIVE', '5 ACTIVE'])
    expect(registry()).toEqual(revisions())
    expect(world.calls('DeregisterTaskDefinition')).toBe(2)
  })

  test('are kept and deleted as the pool says', async () => {
    await startWorld()
    keepAsThePoolSays({ keepRevisions: 1, deleteInactive: true })
    await runAll(['a', 'b', 'c', 'd'])
    expect(registry()).toEqual(['1 DELETED', '2 DELETED', '3 DELETED', '4 ACTIVE'])
    expect(revisions()).toEqual([
      '1 DELETE_IN_PROGRESS',
      '2 DELETE_IN_PROGRESS',
      '3 DELETE_IN_PROGRESS',
      '4 ACTIVE',
    ])
  })

  test('go at most one a second', async () => {
    await startWorld()
    await runAll(['a', 'b', 'c'])
    keepAsThePoolSays({ keepRevisions: 0 })
    await world.clock.advance(4_900)
    expect(world.calls('DeregisterTaskDefinition')).toBe(0)
    await world.clock.advance(200)
    expect(world.calls('DeregisterTaskDefinition')).toBe(1)
    await world.clock.advance(SECOND)
    expect(world.calls('DeregisterTaskDefinition')).toBe(2)
  })

  test('of a running task stay until it has ended', async () => {
    await startWorld({
      behave: ({ containers }) => ({
        runMs: containers[0]?.image === 'slow' ? 20 * MINUTE : SECOND,
      }),
    })
    keepAsThePoolSays({ keepRevisions: 1 })
    await runAll(['slow', 'b', 'c'])
    expect(revisions()).toEqual(['1 ACTIVE', '2 INACTIVE', '3 ACTIVE'])
    await world.clock.advance(20 * MINUTE)
    expect(revisions()).toEqual(['1 INACTIVE', '2 INACTIVE', '3 ACTIVE'])
  })

  test('of a run that waits for its retry stay', async () => {
    await startWorld({ behave: () => ({ runMs: SECOND, exitCode: 1 }) })
    keepAsThePoolSays({ keepRevisions: 0 })
    const backoff = { initialSeconds: 600, maxSeconds: 600 }
    world.addRun('flaky', { template: { ...FAMILY, image: 'a', retry: { limit: 1, backoff } } })
    await world.clock.advance(8 * MINUTE)
    expect(revisions()).toEqual(['1 ACTIVE'])
    await world.clock.advance(30 * MINUTE)
    expect(revisions()).toEqual(['1 INACTIVE'])
    expect(world.calls('RegisterTaskDefinition')).toBe(1)
  })

  test('to which a Deployment links stay', async () => {
    await startWorld()
    await runAll(['a', 'b'])
    world.store.transaction(() =>
      world.store.objects.create({
        apiVersion: API_VERSION,
        kind: 'Deployment',
        metadata: {
          name: 'linked',
          namespace: 'default',
          uid: 'linked',
          creationTimestamp: '2026-01-15T12:00:00Z',
        },
        spec: { template: { taskDefinitionArn: 'etl:1' } },
      }),
    )
    keepAsThePoolSays({ keepRevisions: 0 })
    await world.clock.advance(MINUTE)
    expect(revisions()).toEqual(['1 ACTIVE', '2 INACTIVE'])
  })

  test('that other people registered are never touched', async () => {
    await startWorld()
    keepAsThePoolSays({ keepRevisions: 0, deleteInactive: true })
    const arn = registerByHand('legacy')
    world.addRun('linked', { template: { taskDefinitionArn: arn } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('linked')).toBe('COMPLETED/Completed')
    expect(revisions('legacy')).toEqual(['1 ACTIVE'])
    expect(world.calls('DeregisterTaskDefinition')).toBe(0)
  })
})

describe('autoDeregisterTaskDefinition', () => {
  test('takes the revision away after the run, and the next run registers again', async () => {
    await startWorld()
    await runAll(['a'], { autoDeregisterTaskDefinition: true })
    expect(revisions()).toEqual(['1 INACTIVE'])
    world.addRun('again', {
      template: { ...FAMILY, image: 'a', autoDeregisterTaskDefinition: true },
    })
    await world.clock.advance(2 * MINUTE)
    expect(world.state('again')).toBe('COMPLETED/Completed')
    expect(revisions()).toEqual(['1 INACTIVE', '2 INACTIVE'])
  })
})

describe('a revision that somebody deregistered by hand', () => {
  test('is registered again without using an attempt up', async () => {
    await startWorld()
    await runAll(['a'])
    deregisterByHand('etl:1')
    world.addRun('next', { template: { ...FAMILY, image: 'a' } })
    await world.clock.advance(2 * MINUTE)
    expect(world.state('next')).toBe('COMPLETED/Completed')
    expect(world.run('next')?.status?.attempts?.map(({ number }) => number)).toEqual([1])
    expect(registry()).toEqual(['1 INACTIVE', '2 ACTIVE'])
    expect(world.tasksOf('next')).toBe(1)
  })

  test('is a configuration error when the run links to it', async () => {
    await startWorld()
    const arn = registerByHand('legacy')
    deregisterByHand(arn)
    world.addRun('linked', { template: { taskDefinitionArn: arn, retry: { limit: 3 } } })
    await world.clock.advance(2 * MINUTE)
    expect(world.state('linked')).toBe('FAILED/Failed')
    expect(world.run('linked')?.status?.attempts?.at(-1)?.class).toBe('ConfigurationError')
    expect(world.run('linked')?.status?.state?.message).toContain('taskDefinitionArn')
    // The one by hand.
    expect(world.calls('RegisterTaskDefinition')).toBe(1)
  })

  test('again and again ends the run instead of filling the family', async () => {
    await startWorld({
      diesAt: (point) => {
        if (point === 'answer registerTaskDefinition') deregisterAll('etl')
        return false
      },
    })
    world.addRun('hopeless', { template: { ...FAMILY, image: 'a' } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('hopeless')).toBe('FAILED/Failed')
    expect(world.calls('RegisterTaskDefinition')).toBe(4)
  })
})

describe('when the controller dies', () => {
  test.each(['request deregisterTaskDefinition', 'answer deregisterTaskDefinition'] as const)(
    'at the %s, the collection ends as if it had not',
    async (point) => {
      let dies = 1
      await startWorld({
        diesAt: (at) => at === point && (dies -= 1) === 0,
        onDeath: () => void world.clock.after(SECOND, () => void world.start()),
      })
      await runAll(['a', 'b', 'c', 'd', 'e'])
      expect(dies).toBeLessThanOrEqual(0)
      expect(registry()).toEqual(['1 INACTIVE', '2 INACTIVE', '3 ACTIVE', '4 ACTIVE', '5 ACTIVE'])
      expect(revisions()).toEqual(registry())
    },
  )
})

test('one revision that ECS does not delete does not keep the others from going', async () => {
  await startWorld()
  keepAsThePoolSays({ keepRevisions: 1, deleteInactive: true })
  const account = 'us-east-1'
  world.store.transaction(() =>
    world.store.definitions.put({
      account,
      family: 'etl',
      hash: 'gone',
      revision: 0,
      status: 'INACTIVE',
      taskDefinitionArn: 'arn:aws:ecs:us-east-1:123456789012:task-definition/etl:99',
      registeredAtMs: 0,
      lastUsedAtMs: 0,
      autoDeregister: false,
      workPool: 'default/default',
    }),
  )
  await runAll(['a', 'b', 'c'])
  expect(registry()).toEqual(['0 INACTIVE', '1 DELETED', '2 DELETED', '3 ACTIVE'])
  const calls = world.totalCalls()
  await world.clock.advance(600 * MINUTE)
  expect(world.totalCalls()).toBe(calls)
})

test('a missing permission does not become a storm of calls', async () => {
  const fault = { type: 'error', code: 'AccessDeniedException', message: 'no' } as const
  await startWorld({ faults: { rules: [{ operation: 'DeregisterTaskDefinition', fault }] } })
  await runAll(['a', 'b', 'c', 'd', 'e'])
  expect(world.calls('DeregisterTaskDefinition')).toBeLessThanOrEqual(2)
})

// Wire answers are read freely in tests.
// oxlint-disable-next-line typescript/no-explicit-any
function handle(operation: string, input: object): any {
  const reply = world.emulator.handle({ service: 'ecs', operation, input: input as never })
  if (reply.type !== 'Ok') throw new Error(JSON.stringify(reply))
  return reply.body
}

function registerByHand(family: string): string {
  const body = {
    family,
    networkMode: 'awsvpc',
    requiresCompatibilities: ['FARGATE'],
    cpu: '1024',
    memory: '2048',
    containerDefinitions: [{ name: 'main', image: 'image' }],
  }
  return handle('RegisterTaskDefinition', body).taskDefinition.taskDefinitionArn
}

function deregisterByHand(taskDefinition: string): void {
  handle('DeregisterTaskDefinition', { taskDefinition })
}

function deregisterAll(family: string): void {
  for (const text of revisions(family).filter((one) => one.endsWith(' ACTIVE'))) {
    deregisterByHand(`${family}:${text.split(' ')[0]}`)
  }
}
