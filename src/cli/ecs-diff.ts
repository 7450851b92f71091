import { diffDefinitions } from '../aws/diff-definitions.ts'
import type { Difference } from '../aws/diff-json.ts'
import { diffRunTasks } from '../aws/diff-run-task.ts'
import type { OfflineBodies } from '../aws/offline-render.ts'
import { API_VERSION } from '../kinds/meta.ts'
import { createValidator, type Validator } from '../manifest/validator.ts'
import { type ApiObject, textAt, valueAt } from './objects.ts'
import { checkOffline, type OfflineCheck } from './offline-runs.ts'

/** All objects that count, before and after an apply. */
export interface EcsWorlds {
  readonly before: readonly ApiObject[]
  readonly after: readonly ApiObject[]
  /** The objects of `after` to speak of; of a WorkPool it is its Deployments that are spoken of. */
  readonly changed: readonly ApiObject[]
}

/** Deployments of one WorkPool that are listed; the rest is counted. */
const MAX_LISTED = 20

/**
 * What an apply would change in ECS, as lines that start with `#`, so that the diff around them can still
 * be used as a patch: whether the next launch registers a new revision and why, and what its RunTask says otherwise.
 * Found by rendering both sides; AWS is not asked.
 */
export function renderEcsDiff(
  { before, after, changed }: EcsWorlds,
  validator = createValidator(),
): string {
  const targets = changed.flatMap((object) => targetsOf(object, after))
  const distinct = [...new Map(targets.map((target) => [keyOf(target), target])).values()]
  if (distinct.length === 0) return ''
  const sides = { before: checkWorld(before, validator), after: checkWorld(after, validator) }
  const listed = distinct
    .slice(0, MAX_LISTED)
    .flatMap((target) => [
      `ECS: ${target.kind.toLowerCase()}/${target.metadata.name}`,
      ...compare(sides, target).map((line) => `  ${line}`),
    ])
  const rest = distinct.length - MAX_LISTED
  const more = rest > 0 ? [`ECS: and ${rest} more`] : []
  return [...listed, ...more].map((line) => `# ${line}\n`).join('')
}

function targetsOf(object: ApiObject, world: readonly ApiObject[]): readonly ApiObject[] {
  if (object.kind === 'Run' || object.kind === 'Deployment') return [object]
  if (object.kind !== 'WorkPool') return []
  return world.filter(
    (candidate) =>
      candidate.kind === 'Deployment' &&
      candidate.metadata.namespace === object.metadata.namespace &&
      (textAt(candidate, 'spec', 'workPool') ?? 'default') === object.metadata.name,
  )
}

function keyOf({ kind, metadata }: ApiObject): string {
  return `${kind}/${metadata.namespace ?? ''}/${metadata.name}`
}

/** A Deployment is rendered as a Run of it that gives nothing of its own. */
const PROBE_SUFFIX = '.rendered'

function checkWorld(objects: readonly ApiObject[], validator: Validator): OfflineCheck {
  const texts = objects.flatMap((object) => {
    const { name, namespace } = object.metadata
    const { kind } = object
    const own = { apiVersion: API_VERSION, kind, metadata: { name, namespace } }
    const spec = valueAt(object, 'spec') ?? {}
    const written = [{ source: keyOf(object), text: JSON.stringify({ ...own, spec }) }]
    if (kind !== 'Deployment') return written
    const metadata = { name: `${name}${PROBE_SUFFIX}`, namespace }
    const probe = { ...own, kind: 'Run', metadata, spec: { deployment: name } }
    return [...written, { source: keyOf(object), text: JSON.stringify(probe) }]
  })
  return checkOffline(texts, 'default', validator)
}

interface Sides {
  readonly before: OfflineCheck
  readonly after: OfflineCheck
}

function compare({ before, after }: Sides, target: ApiObject): readonly string[] {
  const desired = bodiesOf(after, target)
  if (!desired) return [`cannot be told: ${problemOf(after, target)}`]
  const observed = bodiesOf(before, target)
  const refused = desired.problems
    .filter(({ severity }) => severity === 'Error')
    .map(({ message }) => `would be refused: ${message}`)
  if (refused.length > 0) return refused
  if (!observed) return firstLaunch(desired)
  return [...definitionLines(desired, observed), ...runTaskLines(desired, observed)]
}

function bodiesOf(check: OfflineCheck, { kind, metadata }: ApiObject): OfflineBodies | undefined {
  const name = kind === 'Deployment' ? `${metadata.name}${PROBE_SUFFIX}` : metadata.name
  return check.runs.find(({ run: { object } }) => {
    const isSame = object.metadata.namespace === (metadata.namespace ?? 'default')
    return object.kind === 'Run' && isSame && object.metadata.name === name
  })?.bodies
}

function problemOf(check: OfflineCheck, target: ApiObject): string {
  const problems = [...check.problems, ...check.warnings]
  const own = problems.find(({ file }) => file === keyOf(target)) ?? problems[0]
  return own ? `${own.path}: ${own.message}` : 'it cannot be rendered'
}

function firstLaunch({ taskDefinition, taskDefinitionArn }: OfflineBodies): readonly string[] {
  const family = taskDefinition?.family
  return family === undefined
    ? [`new: its tasks start from the task definition ${taskDefinitionArn}`]
    : [
        `new: its first launch registers a task definition in the family ${family}, unless an equal one is there`,
      ]
}

function definitionLines(desired: OfflineBodies, observed: OfflineBodies): readonly string[] {
  if (!desired.taskDefinition || !observed.taskDefinition) {
    if (desired.taskDefinitionArn === observed.taskDefinitionArn) {
      return ['task definition: linked, so what it becomes is seen at launch']
    }
    const from = observed.taskDefinitionArn ?? 'one of its own'
    const to = desired.taskDefinitionArn ?? 'one of its own'
    return ['task definition: another one', `  taskDefinition: ${from} -> ${to}`]
  }
  const differences = diffDefinitions(desired.taskDefinition, observed.taskDefinition)
  if (differences.length === 0) return ['task definition: the same revision']
  const { family } = desired.taskDefinition
  return [`task definition: a new revision of ${family}`, ...differences.map(renderDifference)]
}

function runTaskLines(desired: OfflineBodies, observed: OfflineBodies): readonly string[] {
  const differences = diffRunTasks(desired.runTask, observed.runTask)
  return differences.length === 0 ? [] : ['RunTask:', ...differences.map(renderDifference)]
}

function renderDifference({ path, desired, observed }: Difference): string {
  return `  ${path}: ${observed ?? '(none)'} -> ${desired ?? '(none)'}`
}
