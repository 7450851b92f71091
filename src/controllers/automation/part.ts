import { type ObjectKey, parseKey, renderKey } from '../../kinds/meta.ts'
import type { Part } from '../../runtime/manager.ts'
import { awaitChange, type Outcome } from '../../runtime/outcome.ts'
import type { Change } from '../../store/types.ts'
import { type AskChore, type ChoreDeps, createChore } from '../chore.ts'
import { createEvaluator } from './evaluate.ts'
import { performAction, type WebhookPort } from './perform.ts'
import { createRegistry } from './registry.ts'

export interface AutomationDeps extends ChoreDeps {
  /** Undefined: webhooks are refused. */
  readonly webhooks?: WebhookPort | undefined
  /** Queues an Automation whose status may show something new. */
  readonly wakeAutomation: (key: ObjectKey) => void
}

/** Webhooks that are under way at a time; everything else takes no time. */
const WORKERS = 16

/** Events come in bursts, and a burst is one look; people do not notice it. */
const LOOK_DELAY_MS = 50

const EVALUATE = 'evaluate'
const ACTION = 'action/'
const OWNER = 'owner/'

export interface Automations extends Part {
  /** Whether every event was read and every action at least tried: nothing more comes of what has happened. */
  isIdle(): boolean
}

/** Judges triggers and does what they lead to. Nothing else waits for it. */
export function createAutomations(deps: AutomationDeps): Automations {
  const { store, clock, wakeAutomation } = deps
  const registry = createRegistry(store)
  let askLater: AskChore = () => {}
  let unsubscribe = (): void => {}
  const wake = (owner: ObjectKey): void => {
    if (owner.kind === 'Automation') wakeAutomation(owner)
  }
  const evaluator = createEvaluator({
    store,
    clock,
    registry,
    onFired(source, actions) {
      for (const id of actions) askLater(`${ACTION}${id}`, 0)
      wake(source.owner)
    },
  })
  const performing = { store, clock, webhooks: deps.webhooks, onEnded: wake }
  const chore = createChore(deps, {
    name: 'automations',
    workers: WORKERS,
    begin(ask) {
      askLater = ask
      store.transaction(() => {
        evaluator.begin()
        registry.syncAll(clock.nowMs())
      })
      unsubscribe = store.eventLog.subscribe(() => {
        if (registry.byId.size > 0) ask(EVALUATE, LOOK_DELAY_MS)
      })
      for (const { id } of store.automations.queuedIds()) ask(`${ACTION}${id}`, 0)
      ask(EVALUATE, 0)
    },
    onChange(change, ask) {
      const owner = respecified(change)
      if (owner) ask(`${OWNER}${renderKey(owner)}`, 0)
    },
    reconcile(key, { signal }, ask): Promise<Outcome> {
      if (key.startsWith(ACTION)) {
        return performAction(performing, Number(key.slice(ACTION.length)), signal)
      }
      if (key === EVALUATE) return Promise.resolve(evaluator.evaluate())
      const owner = parseKey(key.slice(OWNER.length))
      registry.sync(owner, clock.nowMs())
      wake(owner)
      ask(EVALUATE, 0)
      return Promise.resolve(awaitChange())
    },
  })
  return {
    ...chore,
    isIdle: () => evaluator.isCaughtUp() && !store.automations.hasUntried(),
    async stop() {
      unsubscribe()
      await chore.stop()
      evaluator.end()
    },
  }
}

/** The object that a change is about, where its triggers may be others now. */
function respecified({
  kind,
  namespace,
  name,
  type,
  object,
  previous,
}: Change): ObjectKey | undefined {
  if (kind !== 'Automation' && kind !== 'Deployment') return undefined
  const isStatus =
    type === 'MODIFIED' &&
    previous?.metadata.generation === object?.metadata.generation &&
    previous?.metadata.deletionTimestamp === object?.metadata.deletionTimestamp
  return isStatus ? undefined : { kind, namespace, name }
}
