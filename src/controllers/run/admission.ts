import type { DeploymentSpec, WorkPoolSpec } from '../../kinds/generated.ts'
import type { CapstanObject } from '../../kinds/meta.ts'
import type { Run } from '../../kinds/run.ts'
import type { Store } from '../../store/types.ts'
import { closedWindow } from '../launch-windows.ts'
import type { RunLines } from '../run-lines.ts'
import { dependenciesOf } from './dependencies.ts'
import type { Admission } from './world.ts'

export interface AdmissionSources {
  readonly run: Run
  readonly workPool: CapstanObject<WorkPoolSpec> | undefined
  readonly workPoolName: string
  readonly deployment: CapstanObject<DeploymentSpec> | undefined
}

/**
 * What a run has to ask before it launches, each question answered when it is asked. Observing, deciding
 * and committing a launch happen without a pause in between, so two runs never take the same slot.
 */
export function admissionOf(
  deps: { readonly store: Store; readonly lines: RunLines },
  sources: AdmissionSources,
): Admission {
  const { store, lines } = deps
  const { run, workPool, workPoolName, deployment } = sources
  const { namespace, uid } = run.metadata
  const isLimited = hasLimits(sources)
  return {
    isIndependent:
      run.spec.dependsOn === undefined && deployment?.spec.concurrency?.policy !== 'Replace',
    dependencies: () => dependenciesOf(store, run),
    closed: (nowMs) => closedWindow(workPoolName, workPool?.spec.windows, nowMs),
    replacedBy: () =>
      deployment?.spec.concurrency?.policy === 'Replace'
        ? lines.replacedBy(namespace, workPoolName, uid)
        : undefined,
    turn(nowMs) {
      if (!isLimited) return GO
      const pool = { namespace, name: workPoolName, spec: workPool?.spec ?? {} }
      return lines.turn(pool, nowMs, run)
    },
  }
}

const GO = { type: 'Go', tasks: Number.POSITIVE_INFINITY } as const

/** Whether anything limits the run's launch: without limits no run waits in line, and no line is asked. */
export function hasLimits({
  run,
  workPool,
  deployment,
}: Omit<AdmissionSources, 'workPoolName'>): boolean {
  const { concurrencyLimit, quota, queues = [] } = workPool?.spec ?? {}
  const namesQueue = run.spec.queue !== undefined || deployment?.spec.queue !== undefined
  return (
    concurrencyLimit !== undefined ||
    quota !== undefined ||
    queues.some((queue) => queue.concurrencyLimit !== undefined) ||
    deployment?.spec.concurrency !== undefined ||
    namesQueue
  )
}
