import type { Deployment } from '../../kinds/deployment.ts'
import type { Schedule } from '../../kinds/generated.ts'
import { API_VERSION, WIRE } from '../../kinds/meta.ts'
import { scheduledRun, scheduledUid } from '../../kinds/scheduled-run.ts'
import { renderTime } from '../../lib/instant.ts'
import type { JsonObject } from '../../lib/json.ts'
import type { NewObject } from '../../store/types.ts'

/** The object for one time of one schedule. */
export function newScheduledRun(
  deployment: Deployment,
  schedule: { readonly name: string; readonly spec: Schedule },
  scheduledMs: number,
  nowMs: number,
): NewObject {
  const { metadata, spec } = scheduledRun(deployment.metadata, schedule, scheduledMs)
  return {
    apiVersion: API_VERSION,
    kind: 'Run',
    metadata: {
      ...metadata,
      uid: scheduledUid(deployment.metadata.uid, scheduledMs),
      creationTimestamp: renderTime(nowMs),
      finalizers: [WIRE.finalizerTask],
    },
    // JSON by its schema; only its type has no index signature.
    spec: spec as unknown as JsonObject,
  }
}
