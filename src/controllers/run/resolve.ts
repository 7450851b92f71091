import type { TemplateSpec } from '../../kinds/generated.ts'
import { type ResolveChecks, type ResolveProblem, resolveRun } from '../../kinds/resolve.ts'
import type { Store } from '../../store/types.ts'
import { type RunSources, readSources } from './observe.ts'
import type { Resolved, RunObject } from './world.ts'

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

/** The template of a run's first attempt; an empty one where it cannot be resolved. */
export function templateOf(store: Store, checks: ResolveChecks, run: RunObject): TemplateSpec {
  const resolved = resolveSources(checks, readSources(store, run), 1)
  return resolved.type === 'Valid' ? resolved.template : {}
}

/** `WorkPool spec.template.cpu: must be …`: whose manifest, where in it, and what is wrong. */
function problemText({ level, path, message }: ResolveProblem): string {
  const place = path.map((step) => (typeof step === 'number' ? `[${step}]` : `.${step}`)).join('')
  const sentence = message.endsWith('.') ? message : `${message}.`
  return `${level} spec${place}: ${sentence}`
}
