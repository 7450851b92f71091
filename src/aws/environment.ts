import type { TemplateSpec } from '../kinds/generated.ts'
import type { Container, KeyValue } from './ecs-shapes.ts'
import { type TemplateProblem, templateWarning } from './template-problem.ts'

/** Names that the template unsets: null in env, or listed in unsetEnv. */
export function unsetNames(template: TemplateSpec): ReadonlySet<string> {
  const nulls = Object.entries(template.env ?? {}).filter(([, value]) => value === null)
  return new Set([...nulls.map(([name]) => name), ...(template.unsetEnv ?? [])])
}

/** The container without the names that the template unsets, among its plain values and its secrets. */
export function withoutUnset(container: Container, template: TemplateSpec): Container {
  const unset = unsetNames(template)
  return {
    ...container,
    environment: container.environment?.filter((entry) => {
      return !unset.has(entry.name ?? '') && isPresent(entry.value)
    }),
    secrets: container.secrets?.filter((secret) => !unset.has(secret.name ?? '')),
  }
}

function isPresent(value: string | null | undefined): boolean {
  return value !== undefined && value !== null
}

/** The container with the template's secrets: same names get the new source in place, others follow. */
export function withSecrets(container: Container, template: TemplateSpec): Container {
  const secrets = new Map(Object.entries(template.secrets ?? {}))
  if (secrets.size === 0) return container
  const kept = (container.secrets ?? []).map((secret) => {
    const valueFrom = secrets.get(secret.name ?? '')
    return valueFrom === undefined ? secret : { ...secret, valueFrom }
  })
  const known = new Set(kept.map((secret) => secret.name))
  const added = [...secrets].filter(([name]) => !known.has(name))
  return {
    ...container,
    // ECS refuses a name that is both; the secret wins.
    environment: container.environment?.filter((entry) => !secrets.has(entry.name ?? '')),
    secrets: [...kept, ...added.map(([name, valueFrom]) => ({ name, valueFrom }))],
  }
}

/**
 * The environment that RunTask puts over the definition's: the template's values as text, then `own`
 * over them. Names that are unset, or secrets of the container, are left out.
 */
export function overrideEnvironment(
  template: TemplateSpec,
  container: Container | undefined,
  own: Readonly<Record<string, string>>,
): readonly KeyValue[] {
  const unset = unsetNames(template)
  const secrets = secretNames(template, container)
  const values = new Map<string, string>()
  for (const [name, value] of Object.entries(template.env ?? {})) {
    if (value !== null && !unset.has(name)) values.set(name, String(value))
  }
  for (const [name, value] of Object.entries(own)) values.set(name, value)
  return [...values]
    .filter(([name]) => !secrets.has(name))
    .map(([name, value]) => ({ name, value }))
}

function secretNames(
  template: TemplateSpec,
  container: Container | undefined,
): ReadonlySet<string> {
  const ofContainer = (container?.secrets ?? []).map((secret) => secret.name ?? '')
  return new Set([...Object.keys(template.secrets ?? {}), ...ofContainer])
}

/** Warns of plain values that a secret of the same name replaces. */
export function shadowedEnvironment(
  template: TemplateSpec,
  container: Container | undefined,
): readonly TemplateProblem[] {
  const secrets = secretNames(template, container)
  return Object.entries(template.env ?? {})
    .filter(([name, value]) => value !== null && secrets.has(name))
    .map(([name]) => {
      return templateWarning(
        ['env', name],
        `${name} is also a secret; the secret counts, this value is not sent`,
      )
    })
}

/** Warns of values under names that are Capstan's own. */
export function overruledEnvironment(
  template: TemplateSpec,
  own: Readonly<Record<string, string>>,
): readonly TemplateProblem[] {
  return Object.entries(template.env ?? {})
    .filter(([name, value]) => value !== null && name in own)
    .map(([name]) =>
      templateWarning(['env', name], `${name} is set by Capstan itself; this value is not sent`),
    )
}
