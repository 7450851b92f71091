import { type ManifestProblem, renderExcerpt } from '../manifest/problem.ts'
import type { SourceProblem } from './problem.ts'

/** `env:` and ECS's own `environment:`, also in quotes and within braces. */
const ENVIRONMENT_KEY = /(?:^|[\s{,"'])env(?:ironment)?["']?\s*:/

/** Problems of one file that show their line; of a file with more, everything is wrong. */
const MAX_EXCERPTS = 20

/**
 * Shows where the problems are. What is said of a folder goes to logs, so a line that may hold a value of
 * env is not shown; neither is one with control characters, which a terminal would obey.
 */
export function withExcerpts(
  problems: readonly ManifestProblem[],
  bytes: Uint8Array,
): readonly SourceProblem[] {
  if (problems.length === 0) return problems
  const text = new TextDecoder().decode(bytes)
  const lines = text.split('\n')
  return problems.map((problem, index) => {
    if (index >= MAX_EXCERPTS || isEnvironment(lines, problem.line - 1)) return problem
    const excerpt = renderExcerpt(text, problem)
    return excerpt === undefined || /[^\P{Cc}\n]/u.test(excerpt) ? problem : { ...problem, excerpt }
  })
}

/** Whether the line, or one that it is indented under, is the key of an environment. */
function isEnvironment(lines: readonly string[], index: number): boolean {
  let indent = Number.POSITIVE_INFINITY
  for (const line of lines.slice(0, index + 1).toReversed()) {
    const own = line.search(/\S/)
    if (own < 0 || own >= indent) continue
    if (ENVIRONMENT_KEY.test(line)) return true
    // The items of a list may stand right under their key, at its own indentation.
    indent = line.startsWith('- ', own) ? own + 1 : own
  }
  return false
}
