import { DEFAULT_NAMESPACE } from '../kinds/meta.ts'
import { renderProblem } from '../manifest/problem.ts'
import { ApiError, ManyErrors, ProblemReport, withSource } from './errors.ts'
import type { ManifestObject } from './manifest-files.ts'

/** Answers that blame the object: a field that nobody knows, a value that is not allowed. */
const BLAMES_OBJECT: readonly number[] = [400, 422]

/** A refusal with the file in it and, where the manifest itself is wrong, the lines at fault with a caret. */
export async function explainRefusal(
  error: unknown,
  doing: string,
  manifest: ManifestObject,
): Promise<unknown> {
  const { source, origin } = manifest
  if (origin === undefined) return error
  const refusal = withSource(error, doing, source)
  if (!(error instanceof ApiError) || !BLAMES_OBJECT.includes(error.status.code)) return refusal
  const [{ loadManifest }, { createValidator }] = await Promise.all([
    import('../manifest/load.ts'),
    import('../manifest/validator.ts'),
  ])
  const { problems } = loadManifest({
    file: source,
    text: origin.text,
    defaultNamespace: DEFAULT_NAMESPACE,
    validator: createValidator(),
  })
  const lines = problems
    .filter(({ line }) => line >= origin.firstLine && line <= origin.lastLine)
    .map((problem) => renderProblem(problem, origin.text))
  return lines.length === 0
    ? refusal
    : new ManyErrors([refusal, new ProblemReport(lines.join('\n'))])
}
