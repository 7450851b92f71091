import { chooseContainerName } from '../../aws/container-name.ts'
import { taskSizeOf } from '../../aws/definition-sizes.ts'
import { containerLogs } from '../../aws/log-location.ts'
import type { TaskDefinitionSnapshot, TaskSnapshot } from '../../aws/ports.ts'
import type { TemplateSpec } from '../../kinds/generated.ts'
import { type LeaseTerms, leaseTerms } from '../../kinds/heartbeat.ts'
import { DEFAULT_WORK_POOL, WIRE } from '../../kinds/meta.ts'
import { isFinalState, type Run } from '../../kinds/run.ts'
import type { AttemptRow, Store } from '../../store/types.ts'
import { isLive } from '../live-attempt.ts'
import { adoptedRow } from './decide.ts'
import type { Place } from './places.ts'

/** A task from before and what is known of it. */
export interface FoundTask {
  readonly place: Place
  readonly task: TaskSnapshot
  /** Undefined when ECS has forgotten it. */
  readonly definition: TaskDefinitionSnapshot | undefined
}

export interface AdoptDeps {
  readonly store: Store
  readonly controller: { readonly name: string; readonly epoch: number }
  readonly templateOf: (run: Run) => TemplateSpec
  readonly nowMs: number
}

/** The unfinished run of this database that a task says it is of. */
export function runOfTask(store: Store, task: TaskSnapshot): Run | undefined {
  const run = store.objects.getByUid(task.tags[WIRE.tagRunUid] ?? '') as Run | undefined
  return run && !isFinalState(run.status?.state?.type) ? run : undefined
}

/**
 * Writes the row of a task that is proven to be an attempt of a run. Returns the row that stands for the
 * task now, or undefined when the task is not the run's, or a later attempt is known already.
 */
export function adoptTask(
  deps: AdoptDeps,
  run: Run,
  { place, task, definition }: FoundTask,
): AttemptRow | undefined {
  const { store } = deps
  const { uid, namespace, name } = run.metadata
  const template = deps.templateOf(run)
  const workPool = task.tags[WIRE.tagWorkPool]?.split('/').at(-1) ?? DEFAULT_WORK_POOL
  const row = adoptedRow(
    task,
    { uid, namespace, name, array: run.spec.array },
    {
      account: place.account.id,
      cluster: place.cluster,
      workPool,
      containerName: mainContainer(task, template, definition),
      logs: logsOf(template, definition),
      epoch: deps.controller.epoch,
      nowMs: deps.nowMs,
    },
  )
  if (!row) return undefined
  if (definition) register(deps, { place, task, definition }, `${namespace}/${workPool}`)
  const known = store.attempts.ofRun(uid).filter(({ index }) => index === row.index)
  const same = known.find(({ clientToken }) => clientToken === row.clientToken)
  if (same) return answer(store, same, task)
  const live = known.find(isLive)
  if (live && !isBefore(live, row)) return undefined
  if (live) giveUp(store, live, deps.nowMs)
  const heartbeat = leaseOf(template, task, row, definition)
  const adopted = { ...row, ...taskSizeOf(template), ...(heartbeat && { heartbeat }) }
  store.attempts.insert(adopted)
  return adopted
}

/** This copy of the database has the launch, but not its answer. */
function answer(store: Store, row: AttemptRow, task: TaskSnapshot): AttemptRow {
  if (row.phase !== 'Intent') return row
  const changes = { phase: 'Launched', taskArn: task.taskArn, clusterArn: task.clusterArn } as const
  store.attempts.update(row.clientToken, changes)
  return { ...row, ...changes }
}

function isBefore(a: AttemptRow, b: AttemptRow): boolean {
  return a.number < b.number || (a.number === b.number && a.try < b.try)
}

/** An attempt begins only when the one before it has ended. */
function giveUp(store: Store, row: AttemptRow, nowMs: number): void {
  store.attempts.update(row.clientToken, {
    phase: 'Lost',
    outcomeClass: 'Unknown',
    outcomeMessage:
      'It ended before a later attempt began; how is not in this copy of the database.',
    endedAtMs: nowMs,
  })
}

/** By the same rule as launches choose it, as far as the definition is known. */
function mainContainer(
  { containers }: TaskSnapshot,
  template: TemplateSpec,
  definition: TaskDefinitionSnapshot | undefined,
): string {
  const defined = definition?.body.containerDefinitions ?? containers
  return chooseContainerName(defined, template.containerName)
}

function logsOf(
  template: TemplateSpec,
  definition: TaskDefinitionSnapshot | undefined,
): AttemptRow['logs'] {
  const containers = definition ? containerLogs(definition.body) : []
  const streamOutput = template.streamOutput === true
  return streamOutput || containers.length > 0 ? { streamOutput, containers } : undefined
}

/**
 * The signs of life that the task owes, where it is known to give any: ECS shows what its launch told it, and
 * its definition whether its health is looked at. Whether it has ever logged is known to nobody. The rest is
 * as the run says today.
 */
function leaseOf(
  { heartbeat }: TemplateSpec,
  { heartbeat: told }: TaskSnapshot,
  { containerName }: AttemptRow,
  definition: TaskDefinitionSnapshot | undefined,
): LeaseTerms | undefined {
  if (!heartbeat) return undefined
  switch (heartbeat.source ?? 'Http') {
    case 'Http': {
      if (!told) return undefined
      const { frequencySeconds, url } = told
      return leaseTerms({ ...heartbeat, frequencySeconds }, url)
    }
    case 'ContainerHealth': {
      const containers = definition?.body.containerDefinitions ?? []
      const isLookedAt = containers.some(
        ({ name, healthCheck }) => name === containerName && healthCheck !== undefined,
      )
      return isLookedAt ? leaseTerms(heartbeat, undefined) : undefined
    }
    case 'Logs':
      return undefined
  }
}

/** Fills the registry again, so that the family is swept and its revisions are collected as before. */
function register(
  { store, controller, nowMs }: AdoptDeps,
  { place, definition }: FoundTask & { readonly definition: TaskDefinitionSnapshot },
  workPool: string,
): void {
  const { taskDefinitionArn, family, revision, tags, status } = definition
  const hash = tags[WIRE.tagDefinitionHash]
  if (hash === undefined || store.definitions.byArn(taskDefinitionArn)) return
  store.definitions.put({
    account: place.account.id,
    family,
    hash,
    taskDefinitionArn,
    revision,
    registeredAtMs: nowMs,
    lastUsedAtMs: nowMs,
    status: status === 'ACTIVE' ? 'ACTIVE' : 'INACTIVE',
    autoDeregister: false,
    ...(tags[WIRE.tagController] === controller.name && { workPool }),
  })
}
