import { createAccountBook } from '../../src/controllers/accounts.ts'
import { createRecovery, type RecoveryPart } from '../../src/controllers/recovery/controller.ts'
import { beginProbe } from '../../src/controllers/recovery/record.ts'
import type { RunSpec, TemplateSpec } from '../../src/kinds/generated.ts'
import { WIRE } from '../../src/kinds/meta.ts'
import { silentLog } from '../../src/runtime/logger.ts'
import { MINUTE, NOON } from './builders.ts'
import type { Scenario } from './crash-index.ts'
import { gatedLaunches, LISTING_DENIED } from './gated-launches.ts'
import type { Life } from './life.ts'
import { seededRandom } from './seeded-random.ts'
import type { World, WorldOptions } from './world.ts'

const HERE: RunSpec = { template: { image: 'busybox' } }
const THERE: RunSpec = { template: { image: 'busybox', cluster: 'blue' } }
const FROM_FOLDER = { [WIRE.annotationContentHash]: 'hash' }

/** A controller that does not know whether it has run before, while cluster `blue` does not answer at times. */
function firstStart(isSilent: (sinceNoonMs: number) => boolean, runMs: number): WorldOptions {
  let recovery: RecoveryPart | undefined
  let current: Life | undefined
  const silence = () =>
    current && isSilent(current.clock.nowMs() - NOON) ? LISTING_DENIED : undefined
  return {
    behave: () => ({ runMs }),
    distortions: [
      gatedLaunches(
        () => recovery,
        (cluster) => (cluster === 'blue' ? silence() : undefined),
      ),
    ],
    prelude({ store }) {
      if (store.identity.epoch() === 0) store.transaction(() => beginProbe(store))
    },
    companions(life) {
      current = life
      recovery = createRecovery({
        store: life.store,
        clock: life.clock,
        random: seededRandom(1),
        log: silentLog,
        accounts: createAccountBook(life.store, life.aws),
        controller: { name: 'default', epoch: 1, instance: life.store.identity.instanceId() },
        foldersRead: () => life.store.objects.keys('Run').length > 0,
        templateOf: ({ spec }) => (spec.template ?? {}) as TemplateSpec,
      })
      return [recovery]
    },
  }
}

function addCluster({ emulator }: World): void {
  emulator.handle({ service: 'ecs', operation: 'CreateCluster', input: { clusterName: 'blue' } })
}

export const FIRST_STARTS: readonly Scenario[] = [
  {
    name: 'a first start while a cluster does not answer',
    options: firstStart((sinceNoonMs) => sinceNoonMs < MINUTE, MINUTE),
    async play(world) {
      addCluster(world)
      world.addRun('here', HERE, FROM_FOLDER)
      world.addRun('there', THERE, FROM_FOLDER)
      await world.clock.advance(15 * MINUTE)
    },
  },
  {
    name: 'a lost data directory while the cluster that knows does not answer',
    options: firstStart(
      (sinceNoonMs) => sinceNoonMs > 2 * MINUTE && sinceNoonMs < 4 * MINUTE,
      10 * MINUTE,
    ),
    async play(world) {
      addCluster(world)
      world.addRun('there', THERE, FROM_FOLDER)
      await world.clock.advance(3 * MINUTE)
      world.crash()
      world.loseDatabase()
      await world.start()
      world.addRun('there', THERE, FROM_FOLDER)
      world.addRun('here', HERE)
      await world.clock.advance(30 * MINUTE)
    },
  },
]
