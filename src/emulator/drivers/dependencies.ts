import type { DriverContainer } from './driver.ts'

/** How far a container of a starting task has come. */
export type ContainerPhase =
  | { readonly type: 'Waiting' }
  | { readonly type: 'Running'; readonly healthy: boolean }
  | { readonly type: 'Ended'; readonly exitCode: number | undefined }

export type Readiness =
  | { readonly type: 'Ready' }
  | { readonly type: 'Waiting' }
  /** The condition can never be met any more. */
  | { readonly type: 'Impossible'; readonly reason: string }

/** Whether a container may start, given how far the containers it depends on have come. */
export function readiness(
  container: DriverContainer,
  phaseOf: (name: string) => ContainerPhase,
): Readiness {
  for (const { containerName, condition } of container.dependsOn) {
    const met = conditionMet(condition, phaseOf(containerName))
    if (met === 'Waiting') return { type: 'Waiting' }
    if (met === 'Impossible') {
      return {
        type: 'Impossible',
        reason: `DependencyError: dependency graph: failed to resolve the container ordering dependency [${containerName} ${condition}] for target [${container.name}]: the dependency has exited`,
      }
    }
  }
  return { type: 'Ready' }
}

type Met = 'Met' | 'Waiting' | 'Impossible'

function conditionMet(
  condition: 'START' | 'COMPLETE' | 'SUCCESS' | 'HEALTHY',
  phase: ContainerPhase,
): Met {
  if (phase.type === 'Waiting') return 'Waiting'
  const ended = phase.type === 'Ended'
  switch (condition) {
    case 'START':
      return 'Met'
    case 'COMPLETE':
      return ended ? 'Met' : 'Waiting'
    case 'SUCCESS':
      if (!ended) return 'Waiting'
      return phase.exitCode === 0 ? 'Met' : 'Impossible'
    case 'HEALTHY':
      if (ended) return 'Impossible'
      return phase.healthy ? 'Met' : 'Waiting'
  }
}
