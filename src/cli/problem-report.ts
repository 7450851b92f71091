import type { ManifestProblem } from '../manifest/problem.ts'
import { renderProblem } from '../manifest/problem.ts'
import type { ManifestText } from './manifest-files.ts'
import { paint, type Terminal } from './terminal.ts'

/** Writes warnings, then problems, each with its line and a caret. */
export function reportProblems(
  terminal: Terminal,
  texts: readonly ManifestText[],
  found: {
    readonly problems: readonly ManifestProblem[]
    readonly warnings: readonly ManifestProblem[]
  },
): void {
  const textOf = new Map(texts.map(({ source, text }) => [source, text]))
  const render = (problem: ManifestProblem): string =>
    `${renderProblem(problem, textOf.get(problem.file))}\n`
  const label = paint('yellow', 'Warning:', terminal.colour)
  for (const warning of found.warnings) terminal.write(`${label} ${render(warning)}`)
  for (const problem of found.problems) terminal.write(render(problem))
}
