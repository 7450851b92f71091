import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { heartbeatRecord } from '../../src/controllers/run-records.ts'
import { runSubject } from '../../src/controllers/run-subject.ts'
import type { WebhookResult } from '../../src/lib/webhook/send.ts'
import { loadManifest } from '../../src/manifest/load.ts'
import { FAILS, IMAGE, NEVER_ENDS, receiver } from '../world/automation-parts.ts'
import { HOUR, MINUTE, SECOND } from '../world/builders.ts'
import { validator } from '../world/validator.ts'
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

/** A sign of life of a run, as the intake writes it. */
function beat(name: string): void {
  const run = world.run(name)
  if (!run) throw new Error(`no run ${name}`)
  const place = { deployment: undefined, workPool: 'default', queue: 'default' }
  const { store, clock } = world
  store.transaction(() =>
    store.eventLog.append([heartbeatRecord(runSubject(store, run, place), {}, clock.nowMs())]),
  )
}

describe('the zombie automation of Prefect', () => {
  const FILE = resolve(import.meta.dirname, '../../manifests/examples/zombie-automation.yaml')

  function paste(): void {
    const text = readFileSync(FILE, 'utf8')
    const { objects, problems } = loadManifest({
      file: FILE,
      text,
      defaultNamespace: 'default',
      validator,
    })
    expect(problems).toEqual([])
    world.addAutomation('crash-zombie-flows', objects[0]?.spec as never)
  }

  async function beatFor(name: string, minutes: number): Promise<void> {
    for (let minute = 0; minute < minutes; minute += 3) {
      beat(name)
      await world.clock.advance(3 * MINUTE)
    }
  }

  test('ends a run that has beaten and beats no more, and stops its task', async () => {
    await startWorld({ behave: NEVER_ENDS })
    paste()
    await world.clock.advance(SECOND)
    world.addRun('zombie', { template: IMAGE })
    world.addRun('healthy', { template: IMAGE })
    world.addRun('silent-from-the-start', { template: IMAGE })
    await world.clock.advance(MINUTE)
    await beatFor('zombie', 6)
    await beatFor('healthy', 6)
    await world.clock.advance(MINUTE)
    expect(world.state('zombie')).toBe('CRASHED/Crashed')
    expect(world.run('zombie')?.status?.state?.message).toBe(
      'Flow run marked as crashed due to missing heartbeats.',
    )
    expect(world.state('healthy')).toBe('RUNNING/Running')
    expect(world.state('silent-from-the-start')).toBe('RUNNING/Running')
    expect(world.liveTasks().map(({ run }) => run)).not.toContain('zombie')
    await world.clock.advance(HOUR)
    expect(world.automation('crash-zombie-flows')?.status?.fired).toBe(2)
  })

  test('leaves a run alone that ended, or that is suspended', async () => {
    await startWorld({ behave: () => ({ runMs: 10 * MINUTE }) })
    paste()
    await world.clock.advance(SECOND)
    world.addRun('ends', { template: IMAGE })
    world.addRun('rests', { template: IMAGE })
    await world.clock.advance(MINUTE)
    beat('rests')
    world.changeRun('rests', { suspend: true })
    await beatFor('ends', 9)
    await world.clock.advance(HOUR)
    expect(world.state('ends')).toBe('COMPLETED/Completed')
    expect(world.state('rests')).toBe('PAUSED/Suspended')
    expect(world.automation('crash-zombie-flows')?.status?.fired).toBe(0)
  })

  test('does not judge what was silent while nobody listened', async () => {
    await startWorld({ behave: NEVER_ENDS })
    paste()
    await world.clock.advance(SECOND)
    world.addRun('run', { template: IMAGE })
    await world.clock.advance(MINUTE)
    beat('run')
    await world.clock.advance(3 * MINUTE)
    world.crash()
    await world.clock.advance(HOUR)
    await world.start()
    await world.clock.advance(4 * MINUTE)
    expect(world.state('run')).toBe('RUNNING/Running')
    await world.clock.advance(5 * MINUTE)
    expect(world.state('run')).toBe('CRASHED/Crashed')
  })

  test('does not mistake a clock that is set forward for silence', async () => {
    await startWorld({ behave: NEVER_ENDS })
    paste()
    await world.clock.advance(SECOND)
    world.addRun('run', { template: IMAGE })
    await world.clock.advance(MINUTE)
    beat('run')
    await world.clock.advance(MINUTE)
    world.clock.stepWall(HOUR)
    await world.clock.advance(3 * MINUTE)
    expect(world.state('run')).toBe('RUNNING/Running')
    beat('run')
    await world.clock.advance(10 * MINUTE)
    expect(world.state('run')).toBe('CRASHED/Crashed')
  })

  test('warns of a window that is shorter than the beat', async () => {
    await startWorld()
    world.addDeployment('slow', {
      template: { ...IMAGE, env: { PREFECT_RUNNER_HEARTBEAT_FREQUENCY: '180' } },
    })
    world.addAutomation('hasty', {
      trigger: {
        type: 'event',
        posture: 'Proactive',
        after: ['prefect.flow-run.heartbeat'],
        expect: ['prefect.flow-run.*'],
        forEach: ['prefect.resource.id'],
        within: 90,
      },
      actions: [{ type: 'do-nothing' }],
    })
    await world.clock.advance(MINUTE)
    expect(events('hasty')).toEqual([
      'Warning WindowTooShort: Deployment slow beats every 180 s, and the trigger waits 90 s for a beat: it takes healthy runs for dead. Set within to 540, or use heartbeat of the template instead.',
    ])
  })
})

describe('what a restart keeps', () => {
  test('actions that were queued and not done, and the count of a window', async () => {
    const down: WebhookResult = { type: 'Failed', why: 'nobody answers' }
    await startWorld({ behave: FAILS, webhooks: receiver(Array.from({ length: 9 }, () => down)) })
    world.addAutomation('twice', {
      trigger: { type: 'event', expect: ['capstan.run.Failed'], threshold: 2, within: 86_400 },
      actions: [{ type: 'call-webhook', url: 'https://hooks.example.com' }],
    })
    await world.clock.advance(SECOND)
    world.addRun('bad-1', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    await world.restart()
    world.addRun('bad-2', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    await world.restart()
    await world.clock.advance(MINUTE)
    expect(world.automation('twice')?.status?.fired).toBe(1)
    expect(world.store.automations.queuedIds()).toHaveLength(1)
  })

  test('editing the trigger begins its windows afresh, editing the actions does not', async () => {
    await startWorld({ behave: FAILS })
    const trigger = { type: 'event', expect: ['capstan.run.Failed'], threshold: 2 } as const
    world.addAutomation('twice', { trigger, actions: [] })
    await world.clock.advance(SECOND)
    world.addRun('bad-1', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    world.change('Automation', 'twice', { actions: [{ type: 'do-nothing' }] })
    world.addRun('bad-2', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    expect(world.automation('twice')?.status?.fired).toBe(1)
    world.addRun('bad-3', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    world.change('Automation', 'twice', { trigger: { ...trigger, within: 3_600 } })
    world.addRun('bad-4', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    expect(world.automation('twice')?.status?.fired).toBe(1)
    world.addRun('bad-5', { template: IMAGE })
    await world.clock.advance(3 * MINUTE)
    expect(world.automation('twice')?.status?.fired).toBe(2)
  })

  test('a world without automations writes nothing about them', async () => {
    await startWorld({ behave: FAILS })
    world.addRun('bad', { template: IMAGE })
    await world.clock.advance(5 * MINUTE)
    expect(world.store.automations.cursor()).toBeUndefined()
  })
})
