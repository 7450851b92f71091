import { checkOffline, type OfflineRun } from '../../src/cli/offline-runs.ts'
import type { DeploymentSpec } from '../../src/kinds/generated.ts'
import { API_VERSION } from '../../src/kinds/meta.ts'
import { loadManifest } from '../../src/manifest/load.ts'
import { renderProblem } from '../../src/manifest/problem.ts'
import { validator } from './validator.ts'

export interface RenderedFiles {
  /** Every Run of the files, and one of each Deployment that names no parameters of its own. */
  readonly runs: readonly OfflineRun[]
  /** As they are printed. */
  readonly problems: readonly string[]
}

export interface SourceFile {
  readonly source: string
  readonly text: string
}

/** Renders files as `capstan render` does, with a Run `<deployment>-once` added for each Deployment. */
export function renderFiles(files: readonly SourceFile[]): RenderedFiles {
  const objects = files.flatMap(
    ({ source, text }) =>
      loadManifest({ file: source, text, defaultNamespace: 'default', validator }).objects,
  )
  const started = objects
    .filter(({ kind }) => kind === 'Deployment')
    .map(({ metadata, spec }) => ({
      source: `${metadata.name}-once`,
      text: JSON.stringify({
        apiVersion: API_VERSION,
        kind: 'Run',
        metadata: { name: `${metadata.name}-once`, namespace: metadata.namespace },
        spec: { deployment: metadata.name, parameters: (spec as DeploymentSpec).parameters },
      }),
    }))
  const check = checkOffline([...files, ...started], 'default', validator)
  return {
    runs: check.runs.filter(({ run }) => run.object.kind === 'Run'),
    problems: check.problems.map((problem) => renderProblem(problem)),
  }
}
