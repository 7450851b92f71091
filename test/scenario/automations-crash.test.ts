import { expect, test } from 'vitest'
import { textAt } from '../../src/cli/objects.ts'
import type { WebhookPort } from '../../src/controllers/automation/perform.ts'
import { BRISK_DELAYS, MINUTE, SECOND } from '../world/builders.ts'
import { pointsUpTo } from '../world/effort.ts'
import { settleMicrotasks } from '../world/fake-clock.ts'
import { World } from '../world/world.ts'

/** What must be the same wherever the process dies. */
interface End {
  readonly fired: number | undefined
  readonly started: number
  readonly tasks: number
  readonly poolSuspended: boolean
  /** Deliveries that a receiver can tell apart. */
  readonly deliveries: number
  readonly left: number
  /** Names of what the log says of the automation, and how many ids they have. */
  readonly told: readonly string[]
  readonly toldIds: number
}

/** A failure fires one automation with three effects: a run, a switch, a webhook. */
async function play(diesAt: readonly number[]): Promise<{ end: End; boundaries: number }> {
  let boundaries = 0
  const keys = new Set<string>()
  const webhooks: WebhookPort = {
    readSecret: () => Promise.resolve(undefined),
    sender: {
      send(request) {
        keys.add(request.headers['Idempotency-Key'] ?? '')
        return Promise.resolve({ type: 'Delivered', status: 200 })
      },
    },
  }
  const world = new World({
    pace: { floorMs: 10_000, ceilingMs: 120_000 },
    config: { delays: BRISK_DELAYS },
    settle: settleMicrotasks,
    webhooks,
    behave: ({ containers: [main] }) => ({ runMs: SECOND, exitCode: Number(main?.command[0]) }),
    diesAt: () => {
      boundaries += 1
      return diesAt.includes(boundaries)
    },
    onDeath: () => void world.clock.after(0, () => void world.boot()),
  })
  await world.start()
  world.addWorkPool('batch', {})
  world.addDeployment('clean', { template: { image: 'busybox', command: ['0'] } })
  world.addAutomation('answer', {
    trigger: { type: 'event', expect: ['capstan.run.Failed'] },
    actions: [
      { type: 'run-deployment', deployment: 'clean' },
      { type: 'suspend-work-pool', workPool: 'batch' },
      { type: 'call-webhook', url: 'https://hooks.example.com' },
    ],
  })
  world.addRun('bad', { template: { image: 'busybox', command: ['1'] } })
  await world.clock.advance(8 * MINUTE)
  const started = world.runNames().filter((name) => name.startsWith('clean-'))
  const told = world.store.eventLog.list({ eventPrefix: 'capstan.automation.', limit: 99 })
  const end: End = {
    fired: world.automation('answer')?.status?.fired,
    started: started.length,
    tasks: started.reduce((sum, name) => sum + world.tasksOf(name), 0),
    poolSuspended: world.workPool('batch')?.spec.suspend === true,
    deliveries: keys.size,
    left: world.store.automations.queuedIds().length,
    told: told
      .map(({ event, payload }) => `${event} ${textAt(payload, 'action_type') ?? ''}`)
      .toSorted(),
    toldIds: new Set(told.map(({ id }) => id)).size,
  }
  world.close()
  return { end, boundaries }
}

test('one failure is one firing with its three effects, each told once, wherever the process dies', async () => {
  const undisturbed = await play([])
  expect(undisturbed.end).toEqual({
    fired: 1,
    started: 1,
    tasks: 1,
    poolSuspended: true,
    deliveries: 1,
    left: 0,
    told: [
      'capstan.automation.action.executed call-webhook',
      'capstan.automation.action.executed run-deployment',
      'capstan.automation.action.executed suspend-work-pool',
      'capstan.automation.triggered ',
    ],
    toldIds: 4,
  })
  const wrong: object[] = []
  for (const index of pointsUpTo(undisturbed.boundaries)) {
    for (const diedAt of [[index], [index, index + 1]]) {
      const { end } = await play(diedAt)
      if (JSON.stringify(end) !== JSON.stringify(undisturbed.end)) wrong.push({ diedAt, end })
    }
  }
  expect(undisturbed.boundaries).toBeGreaterThan(20)
  expect(wrong).toEqual([])
})
