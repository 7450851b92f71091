import { afterEach, describe, expect, test } from 'vitest'
import { AwsError } from '../../src/aws/errors.ts'
import { findCondition } from '../../src/kinds/conditions.ts'
import type { TemplateSpec } from '../../src/kinds/generated.ts'
import { MINUTE } from '../world/builders.ts'
import type { Distortion } from '../world/life.ts'
import { World } from '../world/world.ts'

let world: World
/** What AWS answers to calls that make something; undefined: it does what it is asked. */
let failure: (() => AwsError) | undefined

const failing: Distortion = {
  ecs: (port) => ({
    registerTaskDefinition(body, signal) {
      return failure ? Promise.reject(failure()) : port.registerTaskDefinition(body, signal)
    },
    runTask(body, signal) {
      return failure ? Promise.reject(failure()) : port.runTask(body, signal)
    },
  }),
}

function noCredentials(): AwsError {
  return new AwsError({
    operation: 'RegisterTaskDefinition',
    code: 'CredentialsProviderError',
    message: 'Could not resolve credentials using profile: [nobody]',
    sent: false,
  })
}

afterEach(async () => {
  await world.stop()
})

async function start(): Promise<void> {
  world = new World({ distortions: [failing] })
  await world.start()
}

function add(): void {
  world.addRun('hello', { template: { image: 'busybox' } })
}

function reconciling() {
  return findCondition(world.run('hello')?.status?.conditions, 'Reconciling')
}

function warnings(): readonly string[] {
  return world.store.events
    .list({ regardingName: 'hello' })
    .filter(({ type }) => type === 'Warning')
    .map(({ reason, message }) => `${reason}: ${message}`)
}

function version(): string | undefined {
  return world.run('hello')?.metadata.resourceVersion
}

describe('a call that keeps failing', () => {
  test('is told by the run after the second failure, once, until it succeeds', async () => {
    failure = noCredentials
    await start()
    add()
    await world.clock.advance(100)
    expect(world.run('hello')?.status?.whyPending).toBeUndefined()
    await world.clock.advance(MINUTE)
    const told = world.run('hello')?.status?.whyPending
    expect(told).toMatch(/^No AWS credentials could be had: check `aws\.profile`.*\[nobody\]$/)
    expect(reconciling()).toMatchObject({ status: 'True', reason: 'CallFailed', message: told })
    expect(warnings()).toEqual([`CallFailed: ${told}`])

    const before = version()
    await world.clock.advance(60 * MINUTE)
    expect(version()).toBe(before)
    await world.restart()
    await world.clock.advance(60 * MINUTE)
    expect(version()).toBe(before)

    failure = undefined
    await world.clock.advance(6 * MINUTE)
    expect(world.state('hello')).toBe('COMPLETED/Completed')
    expect(world.run('hello')?.status?.whyPending).toBeUndefined()
    expect(reconciling()).toMatchObject({ status: 'False', message: '' })
    expect(warnings()).toHaveLength(1)
    const later = world.store.events.list({ regardingName: 'hello' }).slice(2)
    expect(later.map(({ message }) => message).join()).not.toContain('credentials')
  })

  test('that says something else each time is told by one event, and is not tried the more often', async () => {
    let count = 0
    failure = () => {
      count += 1
      const message = `failed (request ${count})`
      return new AwsError({ operation: 'RunTask', code: 'ServerException', message })
    }
    await start()
    add()
    await world.clock.advance(60 * MINUTE)
    expect(reconciling()?.message).toMatch(/request \d+/)
    expect(warnings()).toHaveLength(1)
    expect(count).toBeGreaterThan(20)
    expect(count).toBeLessThan(50)
  })

  test('is forgotten when the run is cancelled', async () => {
    failure = noCredentials
    await start()
    add()
    await world.clock.advance(MINUTE)
    world.changeRun('hello', { cancel: true })
    await world.clock.advance(MINUTE)
    expect(world.state('hello')).toBe('CANCELLED/Cancelled')
    expect(world.run('hello')?.status?.whyPending).toBeUndefined()
    expect(reconciling()?.message).toBe('')
  })

  test.each([
    ['ClientException', 'Log driver bogus is not supported.', 'correct the template'],
    ['InvalidParameterException', 'Unknown parameter.', 'correct the template'],
  ])(
    'because ECS does not take the definition (%s) ends the run at once',
    async (code, message, advice) => {
      let count = 0
      failure = () => {
        count += 1
        return new AwsError({ operation: 'RegisterTaskDefinition', code, message, httpStatus: 400 })
      }
      await start()
      add()
      await world.clock.advance(MINUTE)
      expect(world.state('hello')).toBe('FAILED/Failed')
      expect(world.run('hello')?.status?.state?.message).toContain(message)
      expect(world.run('hello')?.status?.state?.message).toContain(advice)
      expect(findCondition(world.run('hello')?.status?.conditions, 'Failed')).toMatchObject({
        reason: 'ConfigurationError',
      })
      expect(world.run('hello')?.status?.attempts).toEqual([])
      expect(count).toBe(1)
    },
  )

  test.each<[string, TemplateSpec]>([
    [
      'the family',
      {
        image: 'busybox',
        taskDefinitionCustomizations: [{ op: 'add', path: '/family', value: 'bad family!' }],
      },
    ],
    ['the name of the linked definition', { taskDefinitionArn: 'bad name!' }],
  ])('because ECS does not take %s ends the run at once', async (_what, template) => {
    await start()
    world.addRun('hello', { template })
    await world.clock.advance(MINUTE)
    expect(world.state('hello')).toBe('FAILED/Failed')
    expect(world.run('hello')?.status?.attempts).toEqual([])
  })

  test('for want of a permission to register is tried until it is there', async () => {
    failure = () =>
      new AwsError({
        operation: 'RegisterTaskDefinition',
        code: 'AccessDeniedException',
        message: 'not authorized to perform: ecs:RegisterTaskDefinition',
        httpStatus: 400,
      })
    await start()
    add()
    await world.clock.advance(60 * MINUTE)
    expect(world.state('hello')).toMatch(/^PENDING/)
    failure = undefined
    await world.clock.advance(6 * MINUTE)
    expect(world.state('hello')).toBe('COMPLETED/Completed')
  })

  test('once is nothing to tell', async () => {
    await start()
    let count = 0
    failure = () => {
      count += 1
      if (count === 1) failure = undefined
      return noCredentials()
    }
    add()
    await world.clock.advance(MINUTE)
    expect(world.state('hello')).toBe('COMPLETED/Completed')
    expect(warnings()).toEqual([])
  })
})
