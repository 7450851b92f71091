import { readFileSync } from 'node:fs'
import { parseFaultPlan } from '../emulator/fault-plan.ts'
import type { FaultPlan } from '../emulator/faults.ts'
import { errorMessage } from '../lib/errors.ts'
import { parseManifest } from '../manifest/parse.ts'
import { renderProblem } from '../manifest/problem.ts'
import { StartProblem } from './start-problem.ts'

/**
 * The plan that `--faults` names: the rules themselves, as JSON or YAML in flow style, or the path of a file
 * with them. Throws StartProblem for what is no plan.
 */
export function readFaultPlan(faults: string): FaultPlan {
  const isInline = /^\s*[[{]/.test(faults)
  const source = isInline ? '--faults' : faults
  const content = isInline ? faults : readPlanFile(faults)
  const { documents, problems } = parseManifest(source, content)
  const [problem] = problems
  if (problem) throw new StartProblem(renderProblem(problem, content))
  const parsed = parseFaultPlan(documents[0]?.value ?? [])
  if (!parsed.ok)
    throw new StartProblem(`${isInline ? source : `--faults ${source}`}: ${parsed.problem}`)
  return parsed.plan
}

function readPlanFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new StartProblem(`--faults ${path} cannot be read: ${errorMessage(error)}`, {
      cause: error,
    })
  }
}
