import type { MetadataInput, RunSpec } from '../../kinds/generated.ts'
import type { Issue } from '../problem.ts'
import { checkTemplate } from './template.ts'

export function checkRun(spec: RunSpec, { name }: MetadataInput): readonly Issue[] {
  const issues: Issue[] = [...checkTemplate(spec.template, ['spec', 'template'])]
  if (spec.deployment !== undefined && spec.workPool !== undefined) {
    issues.push({
      code: 'Exclusive',
      path: ['spec', 'workPool'],
      atKey: true,
      message: 'deployment and workPool exclude each other',
      hint: 'a run of a deployment runs in the work pool of the deployment',
    })
  }
  for (const [index, dependency] of (spec.dependsOn ?? []).entries()) {
    if (dependency.name !== name || dependency.kind === 'Deployment') continue
    const path = ['spec', 'dependsOn', index, 'name']
    issues.push({ code: 'NotAllowed', path, message: 'a run cannot wait for itself' })
  }
  return issues
}
