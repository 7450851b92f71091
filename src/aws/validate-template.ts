import type { TemplateSpec } from '../kinds/generated.ts'
import { capacityProblems } from './capacity.ts'
import type { RunNames } from './default-names.ts'
import { type OfflineBodies, renderOffline } from './offline-render.ts'
import {
  renderTemplatePath,
  type TemplateProblem,
  templateError,
  templateWarning,
} from './template-problem.ts'

/** Names whose values people do not want in plain text; Capstan's own are handed out by itself. */
const SECRET_NAME = /SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE_?KEY|CREDENTIAL/i
const OWN_NAME = /^CAPSTAN_/

/**
 * Everything about a resolved template that can be known without AWS and that its merge has not checked:
 * each rung of its ladder, and each change that its retry rules may make, is built and checked. No error
 * means that AWS can still refuse only what it alone knows.
 */
export function validateTemplate(
  template: TemplateSpec,
  names: RunNames,
): readonly TemplateProblem[] {
  const first = problemsOf({ variant: template, rung: 0 }, names)
  return distinct([...first, ...validateOtherForms(template, names)])
}

/** The same without the form that is launched first, for those who build that one anyway. */
export function validateOtherForms(
  template: TemplateSpec,
  names: RunNames,
): readonly TemplateProblem[] {
  return distinct([
    ...contradictions(template),
    ...capacityProblems(template),
    ...otherForms(template).flatMap((form) => problemsOf(form, names)),
    ...secretsInPlainText(template),
  ])
}

function problemsOf({ variant, rung }: Variant, names: RunNames): readonly TemplateProblem[] {
  const bodies = renderOffline({ template: variant, rung, names })
  return [...bodies.problems, ...networkWithoutUse(variant, bodies)]
}

function contradictions(template: TemplateSpec): readonly TemplateProblem[] {
  const network = template.networkConfiguration
  const hasBoth = (network?.subnets ?? []).length > 0 && network?.subnetTags !== undefined
  if (!hasBoth) return []
  const message = 'subnetTags choose among all subnets of the VPC: give either them or subnets'
  return [templateError(['networkConfiguration', 'subnetTags'], message)]
}

/** Only a warning: inherited from a pool that is for Fargate it may be as meant. ECS would refuse it if it were sent. */
function networkWithoutUse(
  template: TemplateSpec,
  { taskDefinition, runTask }: OfflineBodies,
): readonly TemplateProblem[] {
  if (!taskDefinition || runTask.networkConfiguration) return []
  const mode = taskDefinition.networkMode ?? 'bridge'
  const message = `network mode ${mode} takes no network configuration: this is not sent (awsvpc would take it)`
  return (['networkConfiguration', 'vpcId'] as const)
    .filter((field) => template[field] !== undefined)
    .map((field) => templateWarning([field], message))
}

interface Variant {
  readonly variant: TemplateSpec
  readonly rung: number
}

/** Every form in which the run may be launched after the first one. */
function otherForms(template: TemplateSpec): readonly Variant[] {
  const rungs = (template.capacityLadder ?? []).map((_, rung) => ({ variant: template, rung }))
  const changes = template.retry?.rules?.flatMap((rule): Variant[] => {
    const launchType = rule.change?.launchType
    if (launchType === undefined) return []
    const { capacityLadder: _, capacityProviderStrategy: __, ...rest } = template
    return [{ variant: { ...rest, launchType }, rung: 0 }]
  })
  return [...rungs.slice(1), ...(changes ?? [])]
}

function secretsInPlainText(template: TemplateSpec): readonly TemplateProblem[] {
  return Object.entries(template.env ?? {})
    .filter(([name, value]) => {
      return (
        SECRET_NAME.test(name) && !OWN_NAME.test(name) && typeof value === 'string' && value !== ''
      )
    })
    .map(([name]) => {
      const message = `${name} looks like a secret and is written in plain text: use secrets`
      return templateWarning(['env', name], message)
    })
}

function distinct(problems: readonly TemplateProblem[]): readonly TemplateProblem[] {
  const byText = new Map<string, TemplateProblem>()
  for (const problem of problems) {
    const text = `${renderTemplatePath(problem.path)}: ${problem.message}`
    if (!byText.has(text)) byText.set(text, problem)
  }
  return [...byText.values()]
}
