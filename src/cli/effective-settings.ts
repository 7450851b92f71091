import type { DeploymentSpec, RunSpec, WorkPoolSpec } from '../kinds/generated.ts'
import { DEFAULT_WORK_POOL } from '../kinds/meta.ts'
import { type ResolveChecks, type ResolvedRun, resolveRun } from '../kinds/resolve.ts'
import { isJsonObject, type JsonObject } from '../lib/json.ts'
import { CliError } from './errors.ts'
import { heartbeatSettings } from './heartbeat-settings.ts'
import { plainText } from './json-text.ts'
import { type ApiObject, textAt, valueAt } from './objects.ts'

/** One setting of a run, and whose manifest it comes from: Default, WorkPool, Deployment or Run. */
export interface EffectiveSetting {
  readonly name: string
  readonly value: string
  readonly source: string
}

/** The live objects that a run is made of. */
export interface RunParts {
  readonly run: ApiObject
  readonly deployment: ApiObject | undefined
  readonly workPool: ApiObject | undefined
}

/** Every setting that the run's task gets. Throws CliError where the templates do not fit together. */
export function effectiveSettings(
  { run, deployment, workPool }: RunParts,
  checks: ResolveChecks,
): readonly EffectiveSetting[] {
  const { name, namespace = '', uid = '' } = run.metadata
  const result = resolveRun(
    {
      // The server keeps only specs that have passed their schemas.
      run: { metadata: { name, namespace, uid }, spec: specOf(run) as RunSpec },
      pool: {
        name: workPool?.metadata.name ?? DEFAULT_WORK_POOL,
        spec: specOf(workPool) as WorkPoolSpec,
      },
      ...(deployment && {
        deployment: { name: deployment.metadata.name, spec: specOf(deployment) as DeploymentSpec },
      }),
      attempt: 1,
    },
    checks,
  )
  if (result.ok) return settingsOf(result.resolved)
  const problems = result.problems.map(({ level, message }) => `${level}: ${message}`)
  throw new CliError(`the settings of run ${name} do not fit together:\n${problems.join('\n')}`)
}

function specOf(object: ApiObject | undefined): JsonObject {
  const spec = valueAt(object, 'spec')
  return isJsonObject(spec) ? spec : {}
}

/** Maps that are merged key by key have a source per key. */
function settingsOf(resolved: ResolvedRun): readonly EffectiveSetting[] {
  const { template, sources } = resolved
  return Object.entries(template as JsonObject).flatMap(([field, value]) => {
    if (field === 'heartbeat') return heartbeatSettings(resolved)
    const keyed = isJsonObject(value)
      ? Object.keys(value).filter((key) => sources.has(`${field}.${key}`))
      : []
    if (keyed.length === 0) return setting(field, value, sources.get(field))
    return keyed.flatMap((key) =>
      setting(`${field}.${key}`, valueAt(value, key), sources.get(`${field}.${key}`)),
    )
  })
}

function setting(
  name: string,
  value: unknown,
  source: string | undefined,
): readonly EffectiveSetting[] {
  if (value === undefined) return []
  return [{ name, value: plainText(value), source: source ?? 'Default' }]
}

/** The names that a run refers to. A run of a deployment has the deployment's pool. */
export function workPoolName(run: ApiObject, deployment: ApiObject | undefined): string {
  return (
    textAt(deployment, 'spec', 'workPool') ?? textAt(run, 'spec', 'workPool') ?? DEFAULT_WORK_POOL
  )
}
