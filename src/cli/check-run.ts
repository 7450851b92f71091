import type { DeploymentSpec, RunSpec, WorkPoolSpec } from '../kinds/generated.ts'
import { DEFAULT_WORK_POOL } from '../kinds/meta.ts'
import { type ResolveProblem, resolveRun } from '../kinds/resolve.ts'
import type { Connection } from './context.ts'
import { CliError, isReason } from './errors.ts'
import { fetchObject } from './fetch.ts'
import { type ApiObject, valueAt } from './objects.ts'
import { WORK_POOLS } from './resources.ts'

/** Stands for the name and uid that the server will give. */
const GENERATED = 'generated'

/**
 * Refuses a run of a deployment that could only fail: parameters and variables are checked against what
 * deployment and pool ask for before anything is made. Throws CliError with a line for each problem.
 */
export async function requireRunnable(
  connection: Connection,
  deployment: ApiObject,
  run: ApiObject,
): Promise<void> {
  const spec = (valueAt(deployment, 'spec') ?? {}) as DeploymentSpec
  const poolName = spec.workPool ?? DEFAULT_WORK_POOL
  const pool = await fetchPool(connection, poolName)
  // A pool may come later: the run waits for it, and says so.
  if (!pool) return
  const { createValidator } = await import('../manifest/validator.ts')
  const { name, namespace } = deployment.metadata
  const result = resolveRun(
    {
      run: {
        metadata: { name: GENERATED, namespace: namespace ?? '', uid: GENERATED },
        spec: run['spec'] as RunSpec,
      },
      pool: { name: poolName, spec: (valueAt(pool, 'spec') ?? {}) as WorkPoolSpec },
      deployment: { name, spec },
      attempt: 1,
    },
    createValidator(),
  )
  if (result.ok) return
  const lines = result.problems.map((problem) => `  ${placeOf(problem)}: ${problem.message}`)
  throw new CliError(`deployment "${name}" cannot be run like this:\n${lines.join('\n')}`)
}

async function fetchPool(
  { client, namespace }: Connection,
  name: string,
): Promise<ApiObject | undefined> {
  try {
    return await fetchObject(client, { type: 'Object', resource: WORK_POOLS, namespace, name })
  } catch (error) {
    if (isReason(error, 'NotFound')) return undefined
    throw error
  }
}

/** `parameters.times` for what the command line gave, `WorkPool spec.template.cpu` for what others wrote. */
function placeOf({ level, path }: ResolveProblem): string {
  const text = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  return level === 'Run' ? text.replace(/^\./, '') : `${level} spec${text}`
}
