import { afterEach, describe, expect, test } from 'vitest'
import type { DeploymentSpec } from '../../src/kinds/generated.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { World } from '../world/world.ts'

let world: World

async function startWorld(): Promise<void> {
  world = new World({})
  await world.start()
}

afterEach(async () => {
  await world.stop()
})

const LATER = { schedules: [{ cron: '0 3 * * *' }] }

function arnOf(name: string): string | undefined {
  return world.deployment(name)?.status?.taskDefinitionArn
}

describe('the definition of a deployment', () => {
  test('is registered before its first run, and shown', async () => {
    await startWorld()
    world.addDeployment('etl', { ...LATER, template: { image: 'busybox', family: 'etl' } })
    await world.clock.advance(10 * SECOND)
    expect(world.calls('RegisterTaskDefinition')).toBe(1)
    expect(arnOf('etl')).toMatch(/task-definition\/etl:1$/)
    world.addRun('now', { deployment: 'etl' })
    await world.clock.advance(2 * MINUTE)
    expect(world.state('now')).toBe('COMPLETED/Completed')
    expect(world.calls('RegisterTaskDefinition')).toBe(1)
    expect(world.run('now')?.status?.attempts?.[0]?.taskDefinitionArn).toBe(arnOf('etl'))
  })

  test('is registered anew when deployment or pool change it, and not when they change something else', async () => {
    await startWorld()
    const template = { image: 'busybox', family: 'etl' }
    world.addDeployment('etl', { ...LATER, template })
    await world.clock.advance(10 * SECOND)
    respecify('Deployment', 'etl', { ...LATER, template: { ...template, env: { A: '1' } } })
    await world.clock.advance(10 * SECOND)
    // The environment travels with RunTask.
    expect(world.calls('RegisterTaskDefinition')).toBe(1)
    respecify('WorkPool', 'default', { template: { taskRoleArn: 'arn:aws:iam::1:role/task' } })
    respecify('Deployment', 'etl', { ...LATER, template: { ...template, cpu: 512 } })
    await world.clock.advance(10 * SECOND)
    expect(world.calls('RegisterTaskDefinition')).toBe(2)
    expect(arnOf('etl')).toMatch(/etl:2$/)
  })

  const NOT_AHEAD: readonly (readonly [string, DeploymentSpec])[] = [
    ['the deployment is suspended', { ...LATER, suspend: true, template: { image: 'busybox' } }],
    ['the run decides', { template: { image: 'busybox', family: 'run-{{ run.uid }}' } }],
    ['the manifest is wrong', { template: { image: 'busybox', cpu: 256, memory: 8_192 } }],
    ['its pool is not there', { workPool: 'none', template: { image: 'busybox' } }],
    ['a definition is linked', { template: { taskDefinitionArn: 'other:1' } }],
    [
      'a parameter has no value yet',
      {
        template: { image: 'busybox', command: ['{{ parameters.day }}'] },
        parameterSchema: { type: 'object', required: ['day'] },
      },
    ],
  ]
  for (const [why, spec] of NOT_AHEAD) {
    test(`is left to its runs where ${why}`, async () => {
      await startWorld()
      world.addDeployment('etl', spec)
      await world.clock.advance(10 * SECOND)
      expect(world.calls('RegisterTaskDefinition')).toBe(0)
    })
  }

  test('survives the collection of revisions although no run uses it', async () => {
    await startWorld()
    respecify('WorkPool', 'default', { taskDefinitions: { keepRevisions: 0 } })
    world.addDeployment('etl', { ...LATER, template: { image: 'busybox', family: 'etl' } })
    await world.clock.advance(10 * SECOND)
    world.addRun('other', { template: { image: 'other', family: 'etl' } })
    await world.clock.advance(5 * MINUTE)
    expect(world.calls('DeregisterTaskDefinition')).toBe(1)
    world.addRun('now', { deployment: 'etl' })
    await world.clock.advance(2 * MINUTE)
    expect(world.run('now')?.status?.attempts?.[0]?.taskDefinitionArn).toMatch(/etl:1$/)
  })

  test('needs no call after a restart', async () => {
    await startWorld()
    world.addDeployment('etl', { ...LATER, template: { image: 'busybox', family: 'etl' } })
    await world.clock.advance(10 * SECOND)
    await world.restart()
    await world.clock.advance(MINUTE)
    expect(world.calls('RegisterTaskDefinition')).toBe(1)
    expect(arnOf('etl')).toMatch(/etl:1$/)
  })
})

function respecify(kind: 'Deployment' | 'WorkPool', name: string, spec: DeploymentSpec | object) {
  const { objects } = world.store
  const object = objects.get({ kind, namespace: 'default', name })
  if (!object) throw new Error(`no ${kind} ${name}`)
  world.store.transaction(() => objects.update({ ...object, spec: spec as typeof object.spec }))
}
