import type { Container } from './ecs-shapes.ts'

/** The container that Prefect runs flows in. */
const PREFECT_NAME = 'prefect'
const DEFAULT_NAME = 'main'

/** The container that a template's settings are for: the configured one, else `prefect`, else the first, else `main`. */
export function chooseContainerName(
  containers: readonly Container[],
  configured: string | undefined,
): string {
  if (configured !== undefined) return configured
  if (containers.some((container) => container.name === PREFECT_NAME)) return PREFECT_NAME
  return containers[0]?.name ?? DEFAULT_NAME
}

/**
 * The containers with one of that name among them: the first without a name gets it, and where there is
 * no container at all it is made. Undefined when all containers have other names.
 */
export function withNamedContainer(
  containers: readonly Container[],
  name: string,
): readonly Container[] | undefined {
  if (containers.some((container) => container.name === name)) return containers
  if (containers.length === 0) return [{ name }]
  const nameless = containers.findIndex((container) => (container.name ?? '') === '')
  if (nameless < 0) return undefined
  return containers.map((container, index) =>
    index === nameless ? { ...container, name } : container,
  )
}
