import { afterEach, describe, expect, test } from 'vitest'
import { findCondition, isTrue } from '../../src/kinds/conditions.ts'
import type { AutomationSpec } from '../../src/kinds/generated.ts'
import type { WebhookResult } from '../../src/lib/webhook/send.ts'
import { FAILS, IMAGE, NEVER_ENDS, receiver } from '../world/automation-parts.ts'
import { HOUR, MINUTE, SECOND } from '../world/builders.ts'
import { World, type WorldOptions } from '../world/world.ts'

let world: World

async function startWorld(options: WorldOptions = {}): Promise<World> {
  world = new World(options)
  await world.start()
  return world
}

afterEach(async () => {
  await world.stop()
})

function events(name: string): readonly string[] {
  return world.store.events
    .list({ regardingName: name })
    .map(({ type, reason, message }) => `${type} ${reason}: ${message}`)
}

const ON_FAILURE: AutomationSpec = {
  trigger: { type: 'event', expect: ['capstan.run.Failed', 'capstan.run.Crashed'] },
  actions: [{ type: 'call-webhook', url: 'https://hooks.example.com/x' }],
}

describe('an automation on failures', () => {
  test('calls its webhook once for each failed run, and says so', async () => {
    const webhooks = receiver()
    await startWorld({ behave: FAILS, webhooks })
    world.addAutomation('tell', ON_FAILURE)
    await world.clock.advance(SECOND)
    world.addRun('bad-1', { template: IMAGE })
    world.addRun('bad-2', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('bad-1')).toBe('FAILED/Failed')
    expect(webhooks.received).toHaveLength(2)
    const [first] = webhooks.received
    expect(first?.method).toBe('POST')
    const bodies = webhooks.received.map(({ body = '' }) => JSON.parse(body))
    expect(bodies.map(({ event }) => event.event)).toEqual(Array(2).fill('capstan.run.Failed'))
    expect(bodies.find(({ run }) => run.name === 'bad-1')?.run).toMatchObject({
      exitCode: 3,
      state: { type: 'FAILED' },
    })
    expect(new Set(bodies.map(({ run }) => run.name))).toEqual(new Set(['bad-1', 'bad-2']))
    expect(new Set(webhooks.received.map(({ headers }) => headers['Idempotency-Key'])).size).toBe(2)
    expect(world.automation('tell')?.status).toMatchObject({ fired: 2 })
    expect(world.automation('tell')?.status?.lastFiredTime).toMatch(/^2026-01-15T12:0/)
    expect(isTrue(world.automation('tell')?.status?.conditions, 'Ready')).toBe(true)
    expect(events('tell')).toContain('Normal Triggered: Fired. Event: capstan.run.Failed of bad-1.')
  })

  test('does not see what was before it, nor what happens while it is switched off', async () => {
    const webhooks = receiver()
    await startWorld({ behave: FAILS, webhooks })
    world.addRun('before', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    world.addAutomation('tell', ON_FAILURE)
    await world.clock.advance(5 * MINUTE)
    expect(webhooks.received).toEqual([])
    world.change('Automation', 'tell', { enabled: false })
    world.addRun('meanwhile', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(isTrue(world.automation('tell')?.status?.conditions, 'Disabled')).toBe(true)
    world.change('Automation', 'tell', { enabled: true })
    await world.clock.advance(5 * MINUTE)
    expect(webhooks.received).toEqual([])
    world.addRun('after', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(webhooks.received).toHaveLength(1)
  })

  test('sees its own namespace alone', async () => {
    const webhooks = receiver()
    await startWorld({ behave: FAILS, webhooks })
    world.addAutomation('tell', ON_FAILURE)
    await world.clock.advance(SECOND)
    world.store.transaction(() =>
      world.store.eventLog.append([
        {
          occurredAtMs: 0,
          receivedAtMs: world.clock.nowMs(),
          event: 'capstan.run.Failed',
          namespace: 'elsewhere',
          resource: { 'capstan.resource.id': 'capstan.run.1' },
          related: [],
          payload: {},
        },
      ]),
    )
    await world.clock.advance(MINUTE)
    expect(webhooks.received).toEqual([])
  })

  test('keeps trying a webhook that is down, says what is wrong, and stops in the end', async () => {
    const down: WebhookResult = { type: 'Failed', why: 'hooks.example.com answered 503' }
    const webhooks = receiver(Array.from({ length: 100 }, () => down))
    await startWorld({ behave: FAILS, webhooks })
    world.addAutomation('tell', ON_FAILURE)
    await world.clock.advance(SECOND)
    world.addRun('bad', { template: IMAGE })
    await world.clock.advance(2 * MINUTE)
    expect(world.automation('tell')?.status?.lastError).toContain('answered 503; sent')
    await world.clock.advance(HOUR)
    expect(webhooks.received).toHaveLength(8)
    expect(new Set(webhooks.received.map(({ body }) => body)).size).toBe(1)
    const { status } = world.automation('tell') ?? {}
    expect(status?.lastError).toBe(
      'call-webhook: given up: sent 8 times, at last hooks.example.com answered 503.',
    )
    expect(findCondition(status?.conditions, 'Stalled')).toMatchObject({
      status: 'True',
      reason: 'ActionFailed',
    })
    expect(world.store.automations.queuedIds()).toEqual([])
  })

  test('names a secret that is not there, and never sends without it', async () => {
    const webhooks = receiver()
    await startWorld({ behave: FAILS, webhooks })
    world.addAutomation('tell', {
      ...ON_FAILURE,
      actions: [
        { type: 'call-webhook', url: 'https://a.example.com', signingSecret: 'unknown' },
        {
          type: 'call-webhook',
          url: 'https://b.example.com',
          headers: { Authorization: 'Bearer {{ secrets.known }}' },
        },
      ],
    })
    await world.clock.advance(SECOND)
    world.addRun('bad', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(webhooks.received.map(({ url }) => url)).toEqual(['https://b.example.com'])
    expect(webhooks.received[0]?.headers['Authorization']).toBe('Bearer hush')
    expect(world.automation('tell')?.status?.lastError).toContain('there is no secret unknown')
    expect(world.store.serialize().includes('hush')).toBe(false)
  })
})

describe('actions on runs', () => {
  const ON_START: AutomationSpec = {
    trigger: {
      type: 'event',
      expect: ['capstan.run.Running'],
      match: { 'capstan.resource.name': 'run' },
    },
  }

  test('a state that is asked for stops the task before it is true', async () => {
    await startWorld({ behave: NEVER_ENDS })
    world.addAutomation('end', {
      ...ON_START,
      actions: [
        { type: 'change-run-state', state: 'CRASHED', message: 'Seen {{ resource.state-name }}.' },
      ],
    })
    await world.clock.advance(SECOND)
    world.addRun('run', { template: { ...IMAGE, retry: { limit: 3 } } })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('run')).toBe('CRASHED/Crashed')
    expect(world.run('run')?.status?.state?.message).toBe('Seen Running.')
    expect(world.liveTasks()).toEqual([])
    expect(world.tasksOf('run')).toBe(1)
    expect(world.store.history.list({ name: 'run' })).toMatchObject([{ stateType: 'CRASHED' }])
  })

  test('the end that was asked for is forgotten by a rerun', async () => {
    let lives = 0
    await startWorld({
      behave: () => {
        lives += 1
        return lives === 1 ? {} : { runMs: SECOND }
      },
    })
    world.addAutomation('end', {
      trigger: { ...ON_START.trigger, threshold: 1, within: 86_400 },
      actions: [{ type: 'change-run-state', state: 'FAILED' }],
    })
    await world.clock.advance(SECOND)
    world.addRun('run', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('run')).toBe('FAILED/Failed')
    world.annotateRun('run', 'again')
    await world.clock.advance(5 * MINUTE)
    expect(world.state('run')).toBe('COMPLETED/Completed')
  })

  test.each([
    ['cancel-run', 'CANCELLED/Cancelled'],
    ['suspend-run', 'PAUSED/Suspended'],
  ] as const)('%s', async (type, state) => {
    await startWorld({ behave: NEVER_ENDS })
    world.addAutomation('do', { ...ON_START, actions: [{ type }] })
    await world.clock.advance(SECOND)
    world.addRun('run', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('run')).toBe(state)
    expect(world.liveTasks()).toEqual([])
  })

  test('a run that the action names is the one, whatever the event is about', async () => {
    await startWorld({ behave: NEVER_ENDS })
    world.addRun('named', { template: IMAGE })
    await world.clock.advance(MINUTE)
    world.addAutomation('do', { ...ON_START, actions: [{ type: 'cancel-run', run: 'named' }] })
    await world.clock.advance(SECOND)
    world.addRun('run', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('named')).toBe('CANCELLED/Cancelled')
    expect(world.state('run')).toBe('RUNNING/Running')
  })

  test('only force leaves a final state', async () => {
    await startWorld({ behave: FAILS })
    const on = (message: string, force: boolean): AutomationSpec => ({
      trigger: { type: 'event', expect: ['capstan.run.Failed'] },
      actions: [{ type: 'change-run-state', state: 'COMPLETED', message, force }],
    })
    world.addAutomation('gentle', on('no', false))
    await world.clock.advance(SECOND)
    world.addRun('run', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('run')).toBe('FAILED/Failed')
    expect(events('gentle').at(-1)).toContain('is over already: it is FAILED')
    world.addAutomation('firm', on('Known to be harmless', true))
    await world.clock.advance(SECOND)
    world.addRun('other', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('other')).toBe('COMPLETED/Completed')
    expect(world.store.history.list({ name: 'other' })).toMatchObject([{ stateType: 'COMPLETED' }])
  })

  test('a rerun that answers each failure ends by itself', async () => {
    await startWorld({ behave: FAILS })
    world.addAutomation('again', { ...ON_FAILURE, actions: [{ type: 'rerun' }] })
    await world.clock.advance(SECOND)
    world.addRun('run', { template: IMAGE })
    await world.clock.advance(30 * MINUTE)
    expect(world.tasksOf('run')).toBe(11)
    expect(world.state('run')).toBe('FAILED/Failed')
    expect(world.automation('again')?.status?.lastError).toContain('chain of automations')
  })
})

describe('actions on the rest', () => {
  test('a failure starts another deployment, with what is known of it', async () => {
    const commands: (readonly string[])[] = []
    await startWorld({
      behave: (task) => {
        const [, ...command] = task.containers[0]?.command ?? []
        if (command.length === 0) return { runMs: SECOND, exitCode: 1 }
        commands.push(command)
        return { runMs: SECOND }
      },
    })
    world.addDeployment('clean', {
      template: { ...IMAGE, command: ['clean', '{{ parameters.of }}', '{{ parameters.code }}'] },
      parameters: { code: 0 },
    })
    world.addAutomation('start', {
      ...ON_FAILURE,
      actions: [
        {
          type: 'run-deployment',
          deployment: 'clean',
          parameters: { of: '{{ run.name }}', code: 'exit {{ run.exitCode }}' },
          scheduleAfterSeconds: 60,
        },
      ],
    })
    await world.clock.advance(SECOND)
    world.addRun('bad', { template: { ...IMAGE, command: ['x'] } })
    await world.clock.advance(5 * MINUTE)
    expect(commands).toEqual([['bad', 'exit 1']])
    const name = world.runNames().find((one) => one.startsWith('clean-')) ?? ''
    expect(world.run(name)?.spec.parameters).toEqual({ of: 'bad', code: 'exit 1' })
    expect(world.run(name)?.spec.scheduledTime).toBeDefined()
    expect(world.deployment('clean')?.status?.lastSuccessfulTime).toBeDefined()
  })

  test('what an event is about is found by itself: deployment, pool, automation', async () => {
    await startWorld({ behave: FAILS })
    world.addWorkPool('batch', {})
    world.addDeployment('etl', { workPool: 'batch', template: IMAGE })
    world.addAutomation('stop-all', {
      ...ON_FAILURE,
      actions: [
        { type: 'suspend-deployment' },
        { type: 'suspend-work-pool' },
        { type: 'suspend-automation' },
      ],
    })
    await world.clock.advance(SECOND)
    world.addRun('bad', { deployment: 'etl' })
    await world.clock.advance(5 * MINUTE)
    expect(world.deployment('etl')?.spec.suspend).toBe(true)
    expect(world.workPool('batch')?.spec.suspend).toBe(true)
    expect(world.automation('stop-all')?.spec.enabled).toBe(false)
    expect(world.automation('stop-all')?.status).toMatchObject({ fired: 1 })
    expect(world.automation('stop-all')?.status?.lastError).toBeUndefined()
  })

  test('the trigger of a deployment starts it, unless it is suspended', async () => {
    await startWorld({ behave: () => ({ runMs: SECOND }) })
    world.addDeployment('first', { template: IMAGE })
    world.addDeployment('second', {
      template: IMAGE,
      triggers: [
        {
          name: 'after-first',
          trigger: {
            type: 'event',
            expect: ['prefect.flow-run.Completed'],
            matchRelated: {
              'prefect.resource.role': 'deployment',
              'prefect.resource.name': 'first',
            },
          },
          parameters: { because: '{{ run.name }}' },
        },
      ],
    })
    await world.clock.advance(SECOND)
    world.addRun('one', { deployment: 'first' })
    await world.clock.advance(3 * MINUTE)
    const started = world.runNames().filter((name) => name.startsWith('second-'))
    expect(started).toHaveLength(1)
    expect(world.run(started[0] ?? '')?.spec.parameters).toEqual({ because: 'one' })
    expect(events('second').at(-1)).toContain('was started.')
    world.change('Deployment', 'second', { suspend: true })
    await world.clock.advance(SECOND)
    world.addRun('two', { deployment: 'first' })
    await world.clock.advance(3 * MINUTE)
    expect(world.runNames().filter((name) => name.startsWith('second-'))).toHaveLength(1)
  })
})
