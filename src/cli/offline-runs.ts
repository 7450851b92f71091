import type { OfflineBodies } from '../aws/offline-render.ts'
import { renderOffline } from '../aws/offline-render.ts'
import type { TemplateProblem } from '../aws/template-problem.ts'
import { validateTemplate } from '../aws/validate-template.ts'
import type { TemplateSpec, WorkPoolSpec } from '../kinds/generated.ts'
import { DEFAULT_WORK_POOL } from '../kinds/meta.ts'
import type { ResolveProblem } from '../kinds/resolve.ts'
import type { LoadedObject } from '../manifest/load.ts'
import type { ManifestProblem } from '../manifest/problem.ts'
import { type ResolvedObject, validateFiles } from '../manifest/validate-files.ts'
import { createValidator } from '../manifest/validator.ts'
import type { ManifestText } from './manifest-files.ts'

/** All that can be known about a set of files without a controller and without AWS. */
export interface OfflineCheck {
  readonly objects: readonly LoadedObject[]
  readonly problems: readonly ManifestProblem[]
  /** What may be as meant. */
  readonly warnings: readonly ManifestProblem[]
  readonly runs: readonly OfflineRun[]
}

export interface OfflineRun {
  readonly run: ResolvedObject
  readonly bodies: OfflineBodies
}

/** Checks the files, builds of each Run what ECS would be sent, and checks all forms in which it may be sent. */
export function checkOffline(
  texts: readonly ManifestText[],
  defaultNamespace: string,
  validator = createValidator(),
): OfflineCheck {
  const files = texts.map(({ source, text }) => ({ file: source, text }))
  const result = validateFiles(files, { defaultNamespace, validator })
  const runs = result.runs.map((run) => ({ run, bodies: bodiesOf(run) }))
  const found = runs.flatMap(({ run, bodies }) =>
    bodies.problems.map((problem) => ({
      severity: problem.severity,
      problem: run.place(atLevel(run, problem)),
    })),
  )
  const only = (severity: TemplateProblem['severity']): readonly ManifestProblem[] =>
    found.filter((entry) => entry.severity === severity).map(({ problem }) => problem)
  return {
    objects: result.objects,
    problems: [...result.problems, ...distinct(only('Error'))],
    warnings: [...result.notes, ...distinct(only('Warning'))],
    runs,
  }
}

function bodiesOf({ object, pool, deployment, resolved }: ResolvedObject): OfflineBodies {
  const { aws } = (pool?.spec ?? {}) as WorkPoolSpec
  const names = {
    namespace: object.metadata.namespace,
    run: object.metadata.name,
    deployment: deployment?.metadata.name,
    workPool: pool?.metadata.name ?? DEFAULT_WORK_POOL,
  }
  // Merging and rendering only took members and values out.
  const template = resolved.template as TemplateSpec
  const bodies = renderOffline({ template, rung: 0, names, region: aws?.region })
  return { ...bodies, problems: validateTemplate(template, names) }
}

/** In the manifest that gave the value; the run's own where none did. */
function atLevel({ resolved }: ResolvedObject, { path, message }: TemplateProblem): ResolveProblem {
  const [field, key] = path
  const level =
    resolved.sources.get(`${field}.${key}`) ?? resolved.sources.get(String(field)) ?? 'Run'
  return { code: 'InvalidTemplate', level, path: ['template', ...path], message }
}

/** A fault in a pool or a deployment shows in each of its runs; once is enough. */
function distinct(problems: readonly ManifestProblem[]): readonly ManifestProblem[] {
  return [...new Map(problems.map((problem) => [JSON.stringify(problem), problem])).values()]
}
