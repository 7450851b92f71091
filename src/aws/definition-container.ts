import type { TemplateSpec } from '../kinds/generated.ts'
import { withLogs } from './definition-logs.ts'
import { type Container, writable } from './ecs-shapes.ts'
import { withoutUnset, withSecrets } from './environment.ts'

/** The container of the run, with everything that the template says about it. */
export function buildMainContainer(
  container: Container,
  template: TemplateSpec,
  names: { readonly region: string; readonly logPrefix: string },
): Container {
  const withImage = { ...container, image: template.image ?? container.image }
  const withEnvironment = withSecrets(withoutUnset(withImage, template), template)
  return withLogs(withContainerSettings(withEnvironment, template), template, names)
}

/** Settings that ECS has at the container: lists are merged by their key, the rest replaces. */
function withContainerSettings(container: Container, template: TemplateSpec): Container {
  return {
    ...container,
    mountPoints: mergeBy(container.mountPoints, template.mountPoints, (item) => item.containerPath),
    ulimits: mergeBy(container.ulimits, template.ulimits, (item) => item.name),
    resourceRequirements: mergeBy(
      container.resourceRequirements,
      template.resourceRequirements,
      (item) => item.type,
    ),
    linuxParameters: template.linuxParameters
      ? { ...container.linuxParameters, ...writable(template.linuxParameters) }
      : container.linuxParameters,
    healthCheck: template.healthCheck ? writable(template.healthCheck) : container.healthCheck,
    stopTimeout: template.stopTimeoutSeconds ?? container.stopTimeout,
  }
}

/** `weak` with the items of `strong` in place of those of the same key; the other strong ones follow. */
export function mergeBy<Weak, Strong>(
  weak: readonly Weak[] | undefined,
  strong: readonly Strong[] | undefined,
  keyOf: (item: Weak | Strong) => string | undefined,
): (Weak | Strong)[] | undefined {
  if (strong === undefined) return weak && [...weak]
  const byKey = new Map(strong.map((item) => [keyOf(item), item]))
  const kept = (weak ?? []).map((item) => byKey.get(keyOf(item)) ?? item)
  const known = new Set((weak ?? []).map(keyOf))
  return [...kept, ...strong.filter((item) => !known.has(keyOf(item)))]
}
