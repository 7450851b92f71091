import type { HealthPort } from '../apiserver/ports.ts'
import type { Clock } from '../lib/clock.ts'
import type { StoreUnusable } from '../store/errors.ts'
import { createHealth } from './health.ts'
import type { HeartbeatIntake } from './heartbeat-intake.ts'
import { createMetrics, type Metrics, type MetricsDeps } from './metrics.ts'
import { createPartAges } from './part-ages.ts'
import type { Sources } from './sources.ts'

export interface VitalsDeps extends Omit<MetricsDeps, 'agesMs'> {
  readonly clock: Clock
  readonly intake: HeartbeatIntake
  readonly sources: Sources
  /** Why the database cannot be relied on, or cannot be written for now. */
  readonly storeProblem: () => StoreUnusable | undefined
}

/** What the controller says about itself: `/livez`, `/readyz` and `/metrics`. */
export function createVitals(deps: VitalsDeps): Metrics & { readonly health: HealthPort } {
  const agesMs = createPartAges({ ...deps, observer: deps.assembly.observer })
  const { notReady: sourcesNotReady } = deps.sources
  return {
    ...createMetrics({ ...deps, agesMs: () => ({ ...agesMs() }) }),
    health: createHealth({ ...deps, agesMs, sourcesNotReady }),
  }
}
