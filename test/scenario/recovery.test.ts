import { afterEach, describe, expect, test } from 'vitest'
import { createAccountBook } from '../../src/controllers/accounts.ts'
import { createRecovery } from '../../src/controllers/recovery/controller.ts'
import { beginRecovery, heldRuns } from '../../src/controllers/recovery/record.ts'
import type { Behaviour } from '../../src/emulator/drivers/none.ts'
import type { RunSpec, TemplateSpec } from '../../src/kinds/generated.ts'
import { WIRE } from '../../src/kinds/meta.ts'
import { systemRandom } from '../../src/lib/random.ts'
import { type Log, silentLog } from '../../src/runtime/logger.ts'
import type { LaunchProofs } from '../../src/store/launch-log-lines.ts'
import { MINUTE, SECOND } from '../world/builders.ts'
import { createEmulatorAccounts } from '../world/emulator-account.ts'
import { recordingLog } from '../world/recording-log.ts'
import { World } from '../world/world.ts'

const TEMPLATE = { image: 'busybox' }
let world: World

afterEach(async () => {
  await world.stop()
})

interface StartOver {
  readonly spec?: RunSpec
  readonly instance?: string
  readonly proofs?: LaunchProofs
  readonly log?: Log
  /** What pools and deployments make of each run's template by now. */
  readonly today?: TemplateSpec
}

async function recover({ proofs, log, today }: StartOver): Promise<void> {
  const recovery = createRecovery({
    store: world.store,
    clock: world.clock,
    random: systemRandom,
    accounts: createAccountBook(world.store, createEmulatorAccounts(world.emulator, world.clock)),
    controller: { name: 'default', epoch: 1, instance: world.store.identity.instanceId() },
    foldersRead: () => true,
    templateOf: ({ spec }) => today ?? (spec.template as TemplateSpec),
    log: log ?? silentLog,
    ...(proofs && { proofs }),
  })
  await recovery.start(new AbortController().signal, () => {})
  await world.clock.advance(0)
  await recovery.stop()
  await world.start()
}

/** The database is gone and a folder brings the same runs again; recovery runs before anything else. */
async function startOver(runs: readonly string[], options: StartOver = {}): Promise<void> {
  const { spec = { template: TEMPLATE }, instance = world.store.identity.instanceId() } = options
  await world.stop()
  world.loseDatabase()
  const { proofs } = options
  world.store.transaction(() => {
    world.store.identity.takeInstanceId(instance)
    beginRecovery(world.store, 'it was lost', { proofs })
  })
  for (const name of runs) world.addRun(name, spec, { [WIRE.annotationHeld]: 'it was lost' })
  await recover(options)
}

/** What a launch log says. */
function proofsOf(launched: readonly string[], ended: readonly string[] = []): LaunchProofs {
  return {
    instanceId: 'a',
    sequence: launched.length,
    whole: true,
    launched: new Map(launched.map((uid, place) => [uid, place + 1])),
    ended: new Map(
      ended.map((uid) => [
        uid,
        {
          uid,
          namespace: 'default',
          name: uid,
          stateType: 'COMPLETED',
          stateName: 'Completed',
          attempts: 1,
          createdAtMs: 1,
          finishedAtMs: 2,
        },
      ]),
    ),
    damagedLines: 0,
  }
}

describe('after the database was lost', () => {
  test('a task that runs is adopted and watched to its end', async () => {
    world = new World({ behave: () => ({ runMs: 10 * MINUTE, exitCode: 0 }) })
    await world.start()
    world.addRun('long', { template: TEMPLATE })
    await world.clock.advance(2 * MINUTE)
    await startOver(['long'])
    expect(heldRuns(world.store)).toEqual([])
    await world.clock.advance(15 * MINUTE)
    expect(world.state('long')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('long')).toBe(1)
  })

  test('a run that ECS has forgotten is held, and runs only when someone approves', async () => {
    world = new World({ behave: () => ({ runMs: SECOND, exitCode: 0 }) })
    await world.start()
    world.addRun('old', { template: TEMPLATE })
    await world.clock.advance(5 * MINUTE)
    await world.clock.advance(25 * 60 * MINUTE)
    await startOver(['old'])
    await world.clock.advance(60 * MINUTE)
    expect(world.state('old')).toBe('PAUSED/Held')
    expect(world.tasksOf('old')).toBe(1)
    world.annotate('old', { [WIRE.annotationApproved]: 'yes' })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('old')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('old')).toBe(2)
  })

  test('an approval that was given before lets nothing pass', async () => {
    world = new World()
    await world.start()
    world.addRun(
      'old',
      { template: TEMPLATE, suspend: true },
      { [WIRE.annotationHeld]: 'it was lost', [WIRE.annotationApproved]: 'then' },
    )
    await world.stop()
    world.store.transaction(() => beginRecovery(world.store, 'it is an older copy'))
    expect(heldRuns(world.store).map(({ metadata }) => metadata.name)).toEqual(['old'])
  })

  test("a run that came later is nobody's business and runs", async () => {
    world = new World()
    await world.start()
    await startOver([])
    world.addRun('new', { template: TEMPLATE })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('new')).toBe('COMPLETED/Completed')
  })
})

describe('heartbeats of adopted tasks', () => {
  const BEATING: TemplateSpec = { ...TEMPLATE, heartbeat: { frequencySeconds: 30 } }
  const beatsUntil = (untilMs: number): readonly number[] =>
    Array.from({ length: untilMs / (30 * SECOND) }, (_, index) => index * 30 * SECOND)
  const onStop = { afterMs: SECOND, exitCode: 143 }

  async function launch(behaviour: Behaviour, template = BEATING): Promise<void> {
    world = new World({ behave: () => behaviour, pace: { floorMs: 3_000, ceilingMs: 40_000 } })
    await world.start()
    world.addRun('long', { template })
    await world.clock.advance(2 * MINUTE)
  }

  test('go on to count: who beats is left alone', async () => {
    const beatsAtMs = beatsUntil(20 * MINUTE)
    await launch({ runMs: 20 * MINUTE, exitCode: 0, beatsAtMs })
    await startOver(['long'], { spec: { template: BEATING } })
    await world.clock.advance(2 * MINUTE)
    const heardMs = Date.parse(world.run('long')?.status?.heartbeat?.lastBeatAt ?? '')
    expect(world.clock.nowMs() - heardMs).toBeLessThan(MINUTE)
    await world.clock.advance(20 * MINUTE)
    expect(world.state('long')).toBe('COMPLETED/Completed')
    expect(world.calls('StopTask')).toBe(0)
  })

  test.each([
    ['hung before', MINUTE],
    ['hangs afterwards', 6 * MINUTE],
  ])('are missed: a task that %s is stopped, and its run CRASHED', async (_, untilMs) => {
    await launch({ beatsAtMs: beatsUntil(untilMs), onStop })
    await startOver(['long'], { spec: { template: BEATING } })
    await world.clock.advance(10 * MINUTE)
    expect(world.run('long')?.status).toMatchObject({
      state: { type: 'CRASHED' },
      attempts: [{ class: 'HeartbeatLost' }],
    })
  })

  test('are expected as often as the task was told, whatever the manifest says by now', async () => {
    const beatsAtMs = Array.from({ length: 5 }, (_, index) => index * 5 * MINUTE)
    const seldom = { ...TEMPLATE, heartbeat: { frequencySeconds: 300 } }
    await launch({ runMs: 20 * MINUTE, exitCode: 0, beatsAtMs }, seldom)
    await startOver(['long'], { spec: { template: seldom }, today: BEATING })
    await world.clock.advance(25 * MINUTE)
    expect(world.state('long')).toBe('COMPLETED/Completed')
    expect(world.calls('StopTask')).toBe(0)
  })

  test.each(['Http', 'ContainerHealth', 'Logs'] as const)(
    'are not expected of a task that was launched without: %s',
    async (source) => {
      await launch({ runMs: 20 * MINUTE, exitCode: 0 }, TEMPLATE)
      const heartbeat = { frequencySeconds: 30, source }
      await startOver(['long'], { today: { ...TEMPLATE, heartbeat } })
      await world.clock.advance(25 * MINUTE)
      expect(world.state('long')).toBe('COMPLETED/Completed')
      expect(world.calls('StopTask')).toBe(0)
    },
  )
})

describe('a lost database, with what stands beside it', () => {
  test('a run that the launch log does not name was never launched: it runs', async () => {
    world = new World({ behave: () => ({ runMs: SECOND, exitCode: 0 }) })
    await world.start()
    await startOver(['never'], { proofs: proofsOf(['somebody-else']) })
    expect(heldRuns(world.store)).toEqual([])
    await world.clock.advance(5 * MINUTE)
    expect(world.state('never')).toBe('COMPLETED/Completed')
  })

  test('a run that it names is held when ECS has forgotten its task', async () => {
    world = new World({ behave: () => ({ runMs: SECOND, exitCode: 0 }) })
    await world.start()
    const { uid } = world.addRun('old', { template: TEMPLATE }).metadata
    await world.clock.advance(26 * 60 * MINUTE)
    await startOver(['old'], { proofs: proofsOf([uid]) })
    await world.clock.advance(5 * MINUTE)
    expect(world.state('old')).toBe('PAUSED/Held')
    expect(world.tasksOf('old')).toBe(1)
  })

  test('a damaged launch log proves nothing by silence', async () => {
    world = new World()
    await world.start()
    await startOver(['unknown'], { proofs: { ...proofsOf([]), whole: false } })
    expect(heldRuns(world.store)).toHaveLength(1)
  })

  test('what it names as ended is in the history again', async () => {
    world = new World()
    await world.start()
    await startOver([], { proofs: proofsOf(['u1'], ['u1']) })
    expect(world.store.history.get('u1')).toMatchObject({ stateType: 'COMPLETED' })
  })

  test('tasks are found in every cluster, those that nobody names included', async () => {
    world = new World({ behave: () => ({ runMs: 60 * MINUTE, exitCode: 0 }) })
    await world.start()
    for (const clusterName of ['of-run', 'unnamed']) {
      const input = { clusterName }
      expect(
        world.emulator.handle({ service: 'ecs', operation: 'CreateCluster', input }).type,
      ).toBe('Ok')
    }
    const spec = { template: { ...TEMPLATE, cluster: 'of-run' } }
    world.addRun('there', spec)
    await world.clock.advance(2 * MINUTE)
    await startOver(['there'], { spec })
    expect(heldRuns(world.store)).toEqual([])
    expect(world.attempts('there')).toMatchObject([{ phase: 'Launched', cluster: 'of-run' }])
    await startOver(['there'], { spec: { template: TEMPLATE } })
    expect(world.tasksOf('there')).toBe(1)
  })

  test('every index of an array is adopted, and the run goes on to its end', async () => {
    world = new World({ behave: () => ({ runMs: 10 * MINUTE, exitCode: 0 }) })
    await world.start()
    const spec = { template: TEMPLATE, array: 4 }
    world.addRun('fan', spec)
    await world.clock.advance(2 * MINUTE)
    expect(world.tasksOf('fan')).toBe(4)
    await startOver(['fan'], { spec })
    expect(heldRuns(world.store)).toEqual([])
    expect(world.attempts('fan').map(({ index }) => index)).toEqual([0, 1, 2, 3])
    await world.clock.advance(15 * MINUTE)
    expect(world.state('fan')).toBe('COMPLETED/Completed')
    expect(world.tasksOf('fan')).toBe(4)
  })

  test('an array of which ECS has forgotten a part stays held', async () => {
    let launched = 0
    world = new World({
      behave() {
        launched += 1
        return { runMs: launched === 1 ? SECOND : 60 * 60 * MINUTE, exitCode: 0 }
      },
      pace: { floorMs: 60_000, ceilingMs: 600_000 },
    })
    await world.start()
    const spec = { template: TEMPLATE, array: 3 }
    world.addRun('fan', spec)
    await world.clock.advance(25 * 60 * MINUTE)
    await startOver(['fan'], { spec })
    await world.clock.advance(5 * MINUTE)
    expect(heldRuns(world.store)).toHaveLength(1)
    expect(world.tasksOf('fan')).toBe(3)
  })

  test('adopted tasks know where their output goes, and the registry their revision', async () => {
    world = new World({ behave: () => ({ runMs: 60 * MINUTE, exitCode: 0 }) })
    await world.start()
    const spec: RunSpec = {
      template: {
        ...TEMPLATE,
        executionRoleArn: 'arn:aws:iam::123456789012:role/ecsTaskExecutionRole',
        configureCloudwatchLogs: true,
        streamOutput: true,
      },
    }
    world.addRun('talks', spec)
    await world.clock.advance(2 * MINUTE)
    const [before] = world.attempts('talks')
    await startOver(['talks'], { spec })
    expect(world.attempts('talks')[0]?.logs).toEqual(before?.logs)
    expect(before?.logs?.containers).toHaveLength(1)
    expect(world.store.definitions.byArn(before?.taskDefinitionArn ?? '')).toMatchObject({
      status: 'ACTIVE',
      workPool: 'default/default',
    })
  })

  test('tasks of another instance with our name are reported, and neither adopted nor stopped', async () => {
    const log = recordingLog()
    world = new World({ behave: () => ({ runMs: 60 * MINUTE, exitCode: 0 }), log })
    await world.start()
    world.addRun('theirs', { template: TEMPLATE })
    await world.clock.advance(2 * MINUTE)
    const other = world.store.identity.instanceId()
    await startOver(['theirs'], { instance: 'ours', log })
    expect(log.lines).toContainEqual(
      expect.objectContaining({
        message: expect.stringContaining('other controllers of this name'),
        instances: [other],
      }),
    )
    await world.clock.advance(30 * MINUTE)
    expect(world.state('theirs')).toBe('PAUSED/Held')
    expect(world.liveTasks()).toHaveLength(1)
    expect(world.calls('StopTask')).toBe(0)
  })
})
