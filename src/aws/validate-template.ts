import type { TemplateSpec } from '../kinds/generated.ts'
import { heartbeatOfEnv } from '../kinds/heartbeat.ts'
import type { ResolvedTemplate } from '../kinds/resolve.ts'
import { checkRules } from '../kinds/template-rules.ts'
import { capacityProblems } from './capacity.ts'
import type { RunNames } from './default-names.ts'
import { renderOffline } from './offline-render.ts'
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
 * Everything about a resolved template that can be known without AWS: each rung of its ladder, and each
 * change that its retry rules may make, is built and checked. No error means that AWS can still refuse
 * only what it alone knows.
 */
export function validateTemplate(
  template: ResolvedTemplate,
  names: RunNames,
): readonly TemplateProblem[] {
  const rules = [...rulesOfKinds(template), ...heartbeatProblems(template)]
  const settled = new Set(rules.map(({ path }) => renderTemplatePath(path)))
  const built = variants(template).flatMap(({ variant, rung }) => {
    return renderOffline({ template: variant, rung, names }).problems
  })
  return distinct([
    ...rules,
    ...contradictions(template),
    ...capacityProblems(template),
    ...built.filter(({ path }) => !settled.has(renderTemplatePath(path))),
    ...secretsInPlainText(template),
  ])
}

/** Sentences about the whole template that its merge has checked, too. */
function rulesOfKinds(template: ResolvedTemplate): readonly TemplateProblem[] {
  return checkRules(template).map(({ field, message }) => templateError([field], message))
}

function heartbeatProblems(template: ResolvedTemplate): readonly TemplateProblem[] {
  if (template.heartbeat) return []
  const beat = heartbeatOfEnv(template.env)
  return beat.type === 'Invalid' ? [templateError(['env', beat.name], beat.message)] : []
}

function contradictions(template: TemplateSpec): readonly TemplateProblem[] {
  const network = template.networkConfiguration
  const hasBoth = (network?.subnets ?? []).length > 0 && network?.subnetTags !== undefined
  if (!hasBoth) return []
  const message = 'subnetTags choose among all subnets of the VPC: give either them or subnets'
  return [templateError(['networkConfiguration', 'subnetTags'], message)]
}

interface Variant {
  readonly variant: TemplateSpec
  readonly rung: number
}

/** Every form in which the run may be launched. */
function variants(template: TemplateSpec): readonly Variant[] {
  const rungs = Math.max(1, template.capacityLadder?.length ?? 0)
  const own = Array.from({ length: rungs }, (_, rung) => ({ variant: template, rung }))
  const changes = template.retry?.rules?.flatMap((rule): Variant[] => {
    const launchType = rule.change?.launchType
    if (launchType === undefined) return []
    const { capacityLadder: _, capacityProviderStrategy: __, ...rest } = template
    return [{ variant: { ...rest, launchType }, rung: 0 }]
  })
  return [...own, ...(changes ?? [])]
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
