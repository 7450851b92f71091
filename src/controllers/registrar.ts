import type { AwsAccount, TaskDefinitionSnapshot } from '../aws/ports.ts'
import { WIRE } from '../kinds/meta.ts'
import type { Clock } from '../lib/clock.ts'
import type { DefinitionRow } from '../store/definitions.ts'
import type { Store } from '../store/types.ts'
import { definitionRecord } from './definition-records.ts'
import type { WantedDefinition } from './registration.ts'

/** Makes sure that a revision with a certain content exists, whoever asks and however many ask at once. */
export interface DefinitionRegistrar {
  /** The registry knows the hash afterwards. Throws what the ECS port throws. */
  ensure(account: AwsAccount, wanted: WantedDefinition, signal: AbortSignal): Promise<DefinitionRow>
}

/**
 * One registration per family at a time (ECS refuses more), first come, first served. Each turn asks
 * the registry again, so 500 runs of one template register once.
 */
export function createRegistrar(deps: {
  readonly store: Store
  readonly clock: Clock
}): DefinitionRegistrar {
  const turns = new Map<string, Promise<unknown>>()
  return {
    async ensure(account, wanted, signal) {
      const family = `${account.id} ${wanted.family}`
      const before = turns.get(family) ?? Promise.resolve()
      const mine = before.then(
        () => find(deps, account, wanted, signal),
        () => find(deps, account, wanted, signal),
      )
      turns.set(family, mine)
      try {
        return await mine
      } finally {
        if (turns.get(family) === mine) turns.delete(family)
      }
    },
  }
}

async function find(
  deps: { readonly store: Store; readonly clock: Clock },
  account: AwsAccount,
  wanted: WantedDefinition,
  signal: AbortSignal,
): Promise<DefinitionRow> {
  const known = deps.store.definitions.byHash(account.id, wanted.family, wanted.hash)
  if (known?.status === 'ACTIVE') return known
  const latest = wanted.matchLatest
    ? await account.ecs.describeTaskDefinition(wanted.family, signal)
    : undefined
  // The tag is trusted because only a registration of this very content writes it.
  const equal = latest?.status === 'ACTIVE' && latest.tags[WIRE.tagDefinitionHash] === wanted.hash
  const definition = equal ? latest : await account.ecs.registerTaskDefinition(wanted.body, signal)
  const isOurs = !equal || isTaggedOurs(wanted, latest)
  const nowMs = deps.clock.nowMs()
  const row = definitionRow(account, wanted, { definition, isOurs }, nowMs)
  deps.store.transaction(() => {
    deps.store.definitions.put(row)
    if (equal) return
    deps.store.eventLog.append([definitionRecord('RegisterTaskDefinition', row, nowMs)])
  })
  return row
}

/** A revision that another controller registered is used like our own, but it is not ours to collect. */
function isTaggedOurs(wanted: WantedDefinition, found: TaskDefinitionSnapshot): boolean {
  const own = wanted.body.tags?.find(({ key }) => key === WIRE.tagController)?.value
  return own !== undefined && found.tags[WIRE.tagController] === own
}

function definitionRow(
  account: AwsAccount,
  wanted: WantedDefinition,
  found: { readonly definition: TaskDefinitionSnapshot; readonly isOurs: boolean },
  nowMs: number,
): DefinitionRow {
  return {
    account: account.id,
    family: wanted.family,
    hash: wanted.hash,
    taskDefinitionArn: found.definition.taskDefinitionArn,
    revision: found.definition.revision,
    registeredAtMs: nowMs,
    lastUsedAtMs: nowMs,
    status: 'ACTIVE',
    autoDeregister: wanted.autoDeregister,
    ...(found.isOurs && { workPool: wanted.workPool }),
  }
}
