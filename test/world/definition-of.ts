import type { RegisterTaskDefinitionBody } from '../../src/aws/ports.ts'
import { type BuiltTaskDefinition, buildTaskDefinition } from '../../src/aws/task-definition.ts'
import { renderTemplatePath, type TemplateProblem } from '../../src/aws/template-problem.ts'
import type { TemplateSpec } from '../../src/kinds/generated.ts'

export const ROLE = 'arn:aws:iam::1:role/execution'

export function build(
  template: TemplateSpec,
  base?: RegisterTaskDefinitionBody,
  rung = 0,
): BuiltTaskDefinition {
  return buildTaskDefinition({
    template,
    rung,
    base,
    region: 'eu-west-1',
    family: 'capstan-default-etl',
    logPrefix: 'default/etl',
  })
}

/** The errors of a body that was built, one line each. */
export function errors({
  problems,
}: {
  readonly problems: readonly TemplateProblem[]
}): readonly string[] {
  return problems
    .filter(({ severity }) => severity === 'Error')
    .map(({ path, message }) => `${renderTemplatePath(path)}: ${message}`)
}
