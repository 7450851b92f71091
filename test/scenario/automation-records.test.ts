import { afterEach, describe, expect, test } from 'vitest'
import { textAt } from '../../src/cli/objects.ts'
import type { EventRecord } from '../../src/kinds/event.ts'
import type { AutomationSpec } from '../../src/kinds/generated.ts'
import type { WebhookResult } from '../../src/lib/webhook/send.ts'
import { FAILS, IMAGE, receiver } from '../world/automation-parts.ts'
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

/** What the log says of automations, oldest first. */
function told(): readonly EventRecord[] {
  const eventPrefix = 'capstan.automation.'
  return world.store.eventLog.list({ eventPrefix, limit: 1_000 }).toReversed()
}

/** `triggered tell`, `action.executed tell`. */
function news(): readonly string[] {
  return told().map(
    ({ event, resource }) =>
      `${event.slice('capstan.automation.'.length)} ${resource['capstan.resource.name']}`,
  )
}

const ON_FAILURE: AutomationSpec = {
  trigger: { type: 'event', expect: ['capstan.run.Failed'] },
  actions: [{ type: 'do-nothing' }],
}

async function oneFails(): Promise<void> {
  await world.clock.advance(SECOND)
  world.addRun('bad', { template: IMAGE })
  await world.clock.advance(5 * MINUTE)
}

describe('a firing in the event log', () => {
  test('stands there with its cause, and each action with how it ended and what it was done to', async () => {
    await startWorld({ behave: FAILS })
    world.addDeployment('clean', { suspend: true, template: IMAGE })
    world.addWorkPool('batch', {})
    world.addAutomation('answer', {
      ...ON_FAILURE,
      actions: [
        { type: 'suspend-work-pool', workPool: 'batch' },
        { type: 'run-deployment', deployment: 'clean' },
        { type: 'resume-automation', automation: 'nobody' },
      ],
    })
    await oneFails()
    const uid = world.automation('answer')?.metadata.uid
    const [triggered, suspended, started, resumed] = told()
    const resource = {
      'capstan.resource.id': `capstan.automation.${uid}`,
      'capstan.resource.name': 'answer',
      'capstan.trigger-type': 'event',
      'capstan.posture': 'Reactive',
    }
    const failure = world.store.eventLog.list({ eventPrefix: 'capstan.run.Failed', limit: 1 })[0]
    expect(triggered).toMatchObject({
      event: 'capstan.automation.triggered',
      namespace: 'default',
      resource,
      related: [
        {
          'capstan.resource.id': `capstan.event.${failure?.id}`,
          'capstan.resource.role': 'triggering-event',
        },
        { 'capstan.resource.role': 'run', 'capstan.resource.name': 'bad' },
        { 'capstan.resource.role': 'work-pool', 'capstan.resource.name': 'default' },
      ],
      payload: {
        message: 'Fired. Event: capstan.run.Failed of bad.',
        triggering_event: { id: failure?.id, event: 'capstan.run.Failed' },
        actions: ['suspend-work-pool', 'run-deployment', 'resume-automation'],
      },
    })
    expect(suspended).toMatchObject({
      event: 'capstan.automation.action.executed',
      resource,
      follows: triggered?.id,
      payload: {
        action_index: 0,
        action_type: 'suspend-work-pool',
        invocation: `${triggered?.id}/0`,
        message: 'WorkPool batch was suspended.',
      },
    })
    expect(suspended?.related[0]).toEqual({
      'capstan.resource.id': `capstan.work-pool.${world.workPool('batch')?.metadata.uid}`,
      'capstan.resource.role': 'target',
      'capstan.resource.name': 'batch',
    })
    expect(started).toMatchObject({
      event: 'capstan.automation.action.skipped',
      payload: { message: 'No run was started: deployment clean is suspended.' },
    })
    expect(resumed).toMatchObject({
      event: 'capstan.automation.action.failed',
      payload: { reason: 'Nothing was changed: there is no Automation nobody.' },
    })
    expect(told()).toHaveLength(4)
  })

  test('a run that was started is named, and the trigger of a deployment by both their names', async () => {
    await startWorld({ behave: FAILS })
    const trigger = { type: 'event', expect: ['capstan.run.Completed'] } as const
    world.addDeployment('next', { template: IMAGE, triggers: [{ name: 'nightly', trigger }] })
    await world.clock.advance(SECOND)
    world.store.transaction(() =>
      world.store.eventLog.append([
        {
          occurredAtMs: world.clock.nowMs(),
          receivedAtMs: world.clock.nowMs(),
          event: 'capstan.run.Completed',
          namespace: 'default',
          resource: { 'capstan.resource.id': 'capstan.run.gone' },
          related: [],
          payload: {},
        },
      ]),
    )
    await world.clock.advance(MINUTE)
    expect(news()).toEqual(['triggered next/nightly', 'action.executed next/nightly'])
    const uid = world.deployment('next')?.metadata.uid
    const [name = ''] = world.runNames()
    const [triggered, executed] = told()
    expect(triggered?.resource['capstan.resource.id']).toBe(`capstan.automation.${uid}/nightly`)
    expect(executed?.related.slice(0, 2)).toEqual([
      {
        'capstan.resource.id': `capstan.deployment.${uid}`,
        'capstan.resource.role': 'target',
        'capstan.resource.name': 'next',
      },
      {
        'capstan.resource.id': `capstan.run.${world.run(name)?.metadata.uid}`,
        'capstan.resource.role': 'run',
        'capstan.resource.name': name,
      },
    ])
  })

  test('says when a trigger is satisfied again', async () => {
    await startWorld({ behave: () => ({ runMs: 3 * MINUTE }) })
    world.addAutomation('slow', {
      trigger: {
        type: 'event',
        posture: 'Proactive',
        after: ['capstan.run.Running'],
        expect: ['capstan.run.Completed'],
        forEach: ['capstan.resource.id'],
        within: 60,
      },
    })
    await world.clock.advance(SECOND)
    world.addRun('run', { template: IMAGE })
    await world.clock.advance(10 * MINUTE)
    expect(news()).toEqual(['triggered slow', 'resolved slow'])
  })

  test('tells the end of a webhook once, and neither its address nor its headers nor what it sent', async () => {
    const down: WebhookResult = { type: 'Failed', why: 'hooks.example.com answered 503' }
    await startWorld({ behave: FAILS, webhooks: receiver([down, down]) })
    world.addAutomation('tell', {
      ...ON_FAILURE,
      actions: [
        {
          type: 'call-webhook',
          url: 'https://hooks.example.com/services/T0-hidden-path',
          headers: { Authorization: 'Bearer {{ secrets.known }}', 'X-Key': 'hidden-header' },
          payload: { text: 'hidden-text' },
        },
      ],
    })
    await oneFails()
    expect(news()).toEqual(['triggered tell', 'action.executed tell'])
    expect(told()[1]?.payload['message']).toBe('delivered with status 200.')
    expect(JSON.stringify(told())).not.toMatch(/hidden|hush|hooks\.example/)
  })
})

describe('automations that watch automations', () => {
  test.each<[string, AutomationSpec['trigger']]>([
    ['anything', { type: 'event' }],
    ['everything of Capstan', { type: 'event', expect: ['capstan.*'] }],
    ['everything in Prefect’s words', { type: 'event', expect: ['prefect.*'] }],
  ])('one that waits for %s sees no firing', async (_, trigger) => {
    await startWorld({ behave: FAILS })
    world.addAutomation('first', ON_FAILURE)
    world.addAutomation('all', { trigger, actions: [] })
    await oneFails()
    expect(news().filter((one) => one === 'triggered first')).toHaveLength(1)
    const causes = told()
      .filter(({ resource }) => resource['capstan.resource.name'] === 'all')
      .map(({ payload: { triggering_event: cause } }) => textAt(cause, 'event') ?? '')
    expect(causes).toContain('capstan.run.Failed')
    expect(causes.filter((event) => event.startsWith('capstan.automation.'))).toEqual([])
  })

  test.each<[string, AutomationSpec['trigger']]>([
    ['by name', { type: 'event', expect: ['capstan.automation.action.failed'] }],
    ['by name in Prefect’s words', { type: 'event', expect: ['prefect.automation.action.failed'] }],
    [
      'by its id',
      {
        type: 'event',
        match: { 'prefect.resource.id': 'prefect.automation.*', 'prefect.posture': 'Reactive' },
        threshold: 2,
      },
    ],
  ])('one that asks for it %s does', async (_, trigger) => {
    await startWorld({ behave: FAILS })
    world.addAutomation('first', {
      ...ON_FAILURE,
      actions: [{ type: 'suspend-deployment', deployment: 'nobody' }],
    })
    world.addAutomation('watch', { trigger, actions: [{ type: 'rerun' }] })
    await oneFails()
    expect(news().slice(0, 3)).toEqual([
      'triggered first',
      'action.failed first',
      'triggered watch',
    ])
    // The run of the event that the failed action answered.
    expect(world.tasksOf('bad')).toBeGreaterThan(1)
  })

  test('two that answer each other stop after ten steps, and say so', async () => {
    await startWorld({ behave: FAILS })
    const answer: AutomationSpec = {
      trigger: { type: 'event', expect: ['capstan.automation.triggered'] },
      actions: [],
    }
    world.addAutomation('ping', answer)
    world.addAutomation('pong', answer)
    world.addAutomation('serve', { ...ON_FAILURE, actions: [] })
    await oneFails()
    // The first step is that of `serve`; each of the nine that follow is one firing of both.
    const counts = Map.groupBy(news(), (one) => one)
    expect([...counts].map(([one, all]) => `${one}: ${all.length}`).toSorted()).toEqual([
      'triggered ping: 9',
      'triggered pong: 9',
      'triggered serve: 1',
    ])
    const warning = world.store.events
      .list({ regardingName: 'ping' })
      .find(({ reason }) => reason === 'ChainTooLong')
    expect(warning?.message).toMatch(/^Not fired: it would be step 11 of a chain/)
    await world.clock.advance(2 * HOUR)
    expect(news()).toHaveLength(19)
  })
})
