import type { TemplateSpec } from '../../kinds/generated.ts'
import { type ResolveChecks, type ResolveProblem, resolveRun } from '../../kinds/resolve.ts'
import type { Run } from '../../kinds/run.ts'
import type { Store } from '../../store/types.ts'
import { type RunSources, readSources } from './observe.ts'
import type { Resolved } from './world.ts'

/** The template of one attempt in the form that decisions read. Pure, given pure checks. */
export function resolveSources(
  checks: ResolveChecks,
  sources: RunSources,
  attempt: number,
): Resolved {
  const { run, workPool, workPoolName, deployment } = sources
  const result = resolveRun(
    {
      run: { metadata: run.metadata, spec: run.spec },
      pool: { name: workPoolName, spec: workPool?.spec ?? {} },
      ...(deployment && {
        deployment: { name: deployment.metadata.name, spec: deployment.spec },
      }),
      attempt,
    },
    checks,
  )
  if (!result.ok) return { type: 'Invalid', problems: result.problems.map(problemText) }
  return { type: 'Valid', template: result.resolved.template, warnings: [] }
}

/** What a template was made of: equal members give an equal template. */
interface Made {
  readonly uid: string
  readonly pool: object | undefined
  readonly workPoolName: string
  readonly deployment: object | undefined
  readonly attempt: number
  readonly resolved: Resolved
}

/**
 * As resolveSources, but remembers the last template of each run for as long as its spec is the same value: looks
 * at a run ask for one attempt, and change statuses alone.
 */
export function createResolver(
  checks: ResolveChecks,
): (sources: RunSources, attempt: number) => Resolved {
  const last = new WeakMap<object, Made>()
  return (sources, attempt) => {
    const { run, workPool, workPoolName, deployment } = sources
    const from = {
      uid: run.metadata.uid,
      pool: workPool?.spec,
      workPoolName,
      deployment: deployment?.spec,
      attempt,
    }
    const known = last.get(run.spec)
    if (known && isSame(known, from)) return known.resolved
    const resolved = resolveSources(checks, sources, attempt)
    last.set(run.spec, { ...from, resolved })
    return resolved
  }
}

function isSame(known: Made, from: Omit<Made, 'resolved'>): boolean {
  return (
    known.uid === from.uid &&
    known.attempt === from.attempt &&
    known.pool === from.pool &&
    known.workPoolName === from.workPoolName &&
    known.deployment === from.deployment
  )
}

/** The template of a run's first attempt; an empty one where it cannot be resolved. */
export function templateOf(store: Store, checks: ResolveChecks, run: Run): TemplateSpec {
  const resolved = resolveSources(checks, readSources(store, run), 1)
  return resolved.type === 'Valid' ? resolved.template : {}
}

/** `WorkPool spec.template.cpu: must be …`: whose manifest, where in it, and what is wrong. */
function problemText({ level, path, message }: ResolveProblem): string {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  const sentence = message.endsWith('.') ? message : `${message}.`
  return `${level} spec${place}: ${sentence}`
}
